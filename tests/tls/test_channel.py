from __future__ import annotations

from analyzer.stream.layer import Chunk
from analyzer.tls.channel import (
    HELD_BYTES,
    HELD_OVERHEAD,
    Channel,
    HeldRecord,
    Lost,
    stamp_of,
)
from analyzer.tls.ciphers import protection_13
from analyzer.tls.opener import INITIAL, TRAFFIC, Opener
from analyzer.tls.protection import Protection, Scratch
from analyzer.tls.session import TlsSide
from analyzer.tls.suites import suite_of
from tls import rfc8448

HEADER = b"\x17\x03\x03\x00\x00"


class Echo(Protection):
    """The body is the plaintext; sixteen bytes are added to it."""

    def open(self, header: bytes, body: bytes, sequence: int) -> bytes | None:  # noqa: ARG002
        return body or None

    def plain_length(self, length: int) -> int:
        return length - 16


def channel(protection: Protection | None = None) -> Channel:
    opener = Opener()
    opener.know(TRAFFIC, protection or Echo())
    return Channel(1, opener, TlsSide())


def unsealed(one: Channel, header: bytes, body: bytes, *, is_13: bool) -> tuple[int, bytes]:
    """Kind and content of a record that opens."""
    plain = one.unseal(header, body, is_13)
    assert plain is not None
    return one.kind, plain[: one.length]


def test_record_of_rfc_8448_is_unsealed() -> None:
    suite = suite_of(0x1301)
    assert suite is not None
    one = channel(protection_13(suite, rfc8448.SERVER_TRAFFIC, Scratch()))
    one.opener.pass_over()
    record = rfc8448.SERVER_DATA_RECORD
    assert unsealed(one, record[:5], record[5:], is_13=True) == (23, rfc8448.PAYLOAD)
    assert one.opener.opened == 1


def test_padding_is_taken_off() -> None:
    one = channel()
    assert unsealed(one, HEADER, b"data\x17" + bytes(40), is_13=True) == (23, b"data")
    assert unsealed(one, HEADER, b"\x00\x00\x17\x00", is_13=True) == (23, b"\x00\x00")
    assert unsealed(one, HEADER, bytes(5), is_13=True) == (0, b"")


def test_before_tls_13_the_header_tells_the_kind() -> None:
    header = b"\x15\x03\x03\x00\x02"
    assert unsealed(channel(), header, b"\x01\x00", is_13=False) == (21, b"\x01\x00")


def test_record_that_does_not_open_is_none() -> None:
    assert channel().unseal(HEADER, b"", True) is None


def test_lost_record_is_counted_by_what_its_cipher_adds() -> None:
    one = channel()
    assert one.lost_record(HEADER, 116) == Lost(100, exact=True)
    assert one.opener.sequence == 1
    assert one.unread
    assert one.lost_record(b"\x16\x03\x03\x00\x00", 116) is None


def test_where_records_are_padded_the_loss_is_not_certain() -> None:
    one = channel()
    one.unseal(HEADER, b"x\x17\x00", True)
    assert one.lost_record(HEADER, 116) == Lost(100, exact=False)


def test_where_the_cipher_pads_the_loss_is_not_certain() -> None:
    assert channel(Protection()).lost_record(HEADER, 116) == Lost(116, exact=False)


def test_lost_record_of_the_handshake_is_no_data() -> None:
    one = channel()
    one.opener.stage = INITIAL
    assert one.lost_record(HEADER, 116) is None
    assert one.messages.broken


def test_hole_is_accounted_for_when_a_record_behind_it_opens() -> None:
    one = channel()
    one.unseal(HEADER, b"x", False)
    one.lose_place(300)
    one.opener.jumped = 3
    # Three records of five bytes and sixteen each.
    assert one.lost_in_hole() == Lost(300 - 63, exact=True)
    assert one.facts.missing == 3
    assert one.hole == 0


def test_hole_with_a_change_of_keys_cannot_be_counted() -> None:
    one = channel()
    one.lose_place(300)
    one.opener.jumped = -1
    assert one.lost_in_hole() == Lost(300, exact=False)


def test_hole_without_records_hides_nothing() -> None:
    one = channel()
    one.lose_place(10)
    one.opener.jumped = 0
    assert one.lost_in_hole() is None


def test_held_records_come_back_in_order_and_are_bounded() -> None:
    one = channel()
    at = stamp_of(Chunk())
    records = [HeldRecord(HEADER, bytes([n]), 1, at) for n in range(5)]
    assert all(one.hold(record) for record in records)
    assert one.release() == records
    assert one.held == []
    many = HELD_BYTES // (HELD_OVERHEAD + 1)
    assert all(one.hold(records[0]) for _ in range(many))
    assert not one.hold(records[0])


def test_stamp_lasts() -> None:
    chunk = Chunk()
    chunk.time_ns, chunk.packet, chunk.offset, chunk.acknowledged = 1, 2, 3, 4
    stamp = stamp_of(chunk)
    chunk.time_ns = chunk.packet = chunk.offset = chunk.acknowledged = 9
    assert (stamp.time_ns, stamp.packet, stamp.offset, stamp.acknowledged) == (1, 2, 3, 4)
