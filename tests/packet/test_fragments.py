"""IP reassembly; expected values are worked out by hand."""

from __future__ import annotations

import itertools

import pytest

from analyzer.packet import fragments
from analyzer.packet.decoder import PacketDecoder
from analyzer.packet.segment import Segment
from headers import CLIENT, UDP, decode, fragment_header, ipv4, ipv6, names, payload_of, tcp, udp

RAW = 101
SECOND = 1_000_000_000
WHOLE = tcp(bytes(range(100)))  # 120 bytes


def piece(
    start: int, end: int, *, more: bool | None = None, whole: bytes = WHOLE, **ip: int
) -> bytes:
    """Give an IPv4 fragment with bytes `start` to `end` of a datagram; offsets count in eights."""
    more = end < len(whole) if more is None else more
    return ipv4(whole[start:end], fragment=(0x2000 if more else 0) | start // 8, **ip)


def piece6(start: int, end: int, *, identification: int = 9, protocol: int = 6) -> bytes:
    header = fragment_header(protocol, start, identification, more=end < len(WHOLE))
    return ipv6(header + WHOLE[start:end], 44)


def feed(decoder: PacketDecoder, *packets: bytes, time_ns: int = 0) -> list[Segment | None]:
    return [
        decode(packet, RAW, decoder=decoder, packet=number, time_ns=time_ns + number)
        for number, packet in enumerate(packets, 1)
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_fragments_in_any_order_make_the_segment(order: tuple[int, ...]) -> None:
    pieces = [piece(0, 40), piece(40, 80), piece(80, 120)]
    decoder = PacketDecoder()
    *early, segment = feed(decoder, *(pieces[i] for i in order))
    assert early == [None, None]
    assert payload_of(segment) == bytes(range(100))
    assert segment is not None
    assert (segment.packet, segment.time_ns, segment.missing) == (3, 3, 0)
    assert (segment.source_low, segment.ip_id) == (int.from_bytes(CLIENT), 0x0102)
    assert names(decoder) == []
    assert decoder.counts == {"tcp": 1, "not_tcp": 0, "undecodable": 0, "fragments": 2}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_ipv6_fragments_make_the_segment(order: tuple[int, ...]) -> None:
    pieces = [piece6(0, 40), piece6(40, 80), piece6(80, 120)]
    assert payload_of(feed(PacketDecoder(), *(pieces[i] for i in order))[-1]) == bytes(range(100))


def test_extension_headers_within_the_fragmented_part_are_skipped() -> None:
    whole = bytes([6, 0]) + bytes(6) + WHOLE  # destination options
    pieces = [
        ipv6(fragment_header(60, 0, 9, more=True) + whole[:64], 44),
        ipv6(fragment_header(60, 64, 9, more=False) + whole[64:], 44),
    ]
    assert payload_of(feed(PacketDecoder(), *pieces)[-1]) == bytes(range(100))


def test_padding_of_a_fragment_is_no_data() -> None:
    segment = feed(PacketDecoder(), piece(0, 40) + b"\xff\xff", piece(40, 120) + b"\xff")[-1]
    assert payload_of(segment) == bytes(range(100))


def test_a_fragment_captured_twice_is_nothing_odd() -> None:
    decoder = PacketDecoder()
    assert payload_of(feed(decoder, piece(0, 40), piece(0, 40), piece(40, 120))[-1])
    assert names(decoder) == []


@pytest.mark.parametrize(("start", "end"), [(32, 80), (40, 64), (40, 72), (48, 64), (32, 64)])
def test_the_first_bytes_of_an_overlap_count(start: int, end: int) -> None:
    other = bytes(255 - byte for byte in WHOLE)
    decoder = PacketDecoder()
    late = piece(start, end, more=True, whole=other)
    segment = feed(decoder, piece(0, 40), piece(40, 72), late, piece(72, 120))[-1]
    if end <= 72:
        assert payload_of(segment) == bytes(range(100))
    else:
        # Bytes 72 to 79 of the datagram stand 20 earlier in the payload.
        assert payload_of(segment) == bytes(range(52)) + other[72:80] + bytes(range(60, 100))
    assert set(names(decoder)) == {"ip_fragment_overlap"}
    assert "different bytes" in decoder.anomalies[0].detail


def test_an_overlap_fills_several_holes() -> None:
    decoder = PacketDecoder()
    segment = feed(decoder, piece(16, 32), piece(48, 64), piece(112, 120), piece(0, 112))[-1]
    assert payload_of(segment) == bytes(range(100))
    assert [anomaly.detail for anomaly in decoder.anomalies] == ["offset 0: same bytes"]


def test_datagrams_are_told_apart_by_identification_and_network() -> None:
    first, second = tcp(b"a" * 40), tcp(b"b" * 40)
    decoder = PacketDecoder()
    segments = feed(
        decoder,
        piece(0, 40, whole=first, identification=1),
        piece(0, 40, whole=second, identification=2),
        piece(40, 60, whole=second, identification=2),
    )
    assert payload_of(segments[-1]) == b"b" * 40
    tag = bytes(12) + b"\x81\x00\x00\x05\x08\x00"
    assert decode(tag + piece(40, 60, whole=first, identification=1), decoder=decoder) is None
    last = decode(piece(40, 60, whole=first, identification=1), RAW, decoder=decoder)
    assert payload_of(last) == b"a" * 40


def test_what_is_older_than_30_seconds_is_dropped_and_told() -> None:
    decoder = PacketDecoder()
    feed(decoder, piece(0, 40))
    assert feed(decoder, piece(40, 120), time_ns=30 * SECOND) != [None]
    feed(decoder, piece(0, 40))
    assert feed(decoder, piece(40, 120), time_ns=30 * SECOND + 1) == [None]
    (anomaly,) = decoder.anomalies
    assert (anomaly.name, anomaly.packet, anomaly.time_ns) == ("ip_fragment_missing", 1, 1)
    assert anomaly.detail == "40 of an unknown number of bytes were there when 30 s have passed"


def test_what_is_incomplete_at_the_end_is_told() -> None:
    decoder = PacketDecoder()
    feed(decoder, piece(0, 40), piece(80, 120))
    decoder.finish()
    decoder.finish()
    assert names(decoder) == ["ip_fragment_missing"]


def test_a_fragment_that_the_snap_length_cuts_leaves_a_hole() -> None:
    decoder = PacketDecoder()
    assert feed(decoder, piece(0, 80)) == [None]
    cut = piece(80, 120)
    assert decode(cut[:-1], RAW, len(cut), decoder=decoder) is None
    decoder.finish()
    assert names(decoder) == ["ip_fragment_missing"]


@pytest.mark.parametrize(
    "wrong",
    [
        piece(40, 47, more=True),  # not a multiple of eight
        piece(40, 40, more=True),  # nothing
        ipv4(bytes(64), fragment=0x1FFF),  # ends behind 65535
        piece(8, 24, more=False),  # the last one, but more was there
    ],
)
def test_fragments_that_cannot_be_are_told_and_left_out(wrong: bytes) -> None:
    decoder = PacketDecoder()
    segment = feed(decoder, piece(0, 40), wrong, piece(40, 120))[-1]
    assert payload_of(segment) == bytes(range(100))
    assert names(decoder) == ["ip_fragment_malformed"]


def test_a_fragment_behind_the_end_is_told() -> None:
    decoder = PacketDecoder()
    segment = feed(decoder, piece(40, 120), ipv4(bytes(8), fragment=0x2000 | 15), piece(0, 40))[-1]
    assert payload_of(segment) == bytes(range(100))
    assert names(decoder) == ["ip_fragment_malformed"]


def test_a_fragment_within_a_fragment_is_malformed() -> None:
    options = bytes([44, 0]) + bytes(6)
    pieces = [
        ipv6(fragment_header(60, 0, 9, more=True) + options, 44),
        ipv6(fragment_header(60, 8, 9, more=False) + fragment_header(6, 0, 1, more=True), 44),
    ]
    decoder = PacketDecoder()
    assert feed(decoder, *pieces) == [None, None]
    assert names(decoder) == ["malformed_header"]


@pytest.mark.parametrize("protocol", [UDP, 1, 50])
def test_fragments_that_cannot_hold_tcp_are_not_kept(protocol: int) -> None:
    decoder = PacketDecoder()
    whole = udp(bytes(200), 443)
    feed(decoder, *(piece(at, at + 40, whole=whole, protocol=protocol) for at in (0, 40, 80)))
    decoder.finish()
    assert names(decoder) == []


def test_datagrams_in_progress_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "MAX_DATAGRAMS", 3)
    decoder = PacketDecoder()
    feed(decoder, *(piece(0, 40, identification=number) for number in range(5)))
    assert names(decoder) == ["ip_fragment_missing"] * 2
    assert [anomaly.packet for anomaly in decoder.anomalies] == [1, 2]


def test_bytes_in_progress_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "MAX_BYTES", 1000)
    decoder = PacketDecoder()
    pieces = (ipv4(bytes(400), fragment=0x2000, identification=number) for number in range(3))
    feed(decoder, *pieces)  # each costs 528
    assert names(decoder) == ["ip_fragment_missing"] * 2
