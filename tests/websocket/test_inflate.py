"""Inflating what one side compressed: the window, its loss, and what is no DEFLATE."""

from __future__ import annotations

import tracemalloc
import zlib
from random import Random

import pytest

from analyzer.http.handshake import OpeningHandshake
from analyzer.http.message import parse_head
from analyzer.websocket.inflate import (
    PIECE,
    Compression,
    Inflater,
    Unit,
    compression_of,
    extension_parameters,
)
from decoding import opening
from upgrade import upgrade

# RFC 7692, section 7.2.3: payload of messages that all say "Hello", in the order of the examples.
ONE_BLOCK = "f248cdc9c90700"
SHARED_WINDOW = "f200110000"
NOT_COMPRESSED = "000500faff48656c6c6f00"
LAST_BLOCK_SET = "f348cdc9c9070000"
TWO_BLOCKS = "f24805000000ffffcac9c90700"


def inflated(inflater: Inflater, data: bytes, size: int = 0) -> bytes:
    """Give what one unit says, handed on in pieces."""
    inflater.begin()
    said = b""
    for start in range(0, len(data), size or max(len(data), 1)):
        said += b"".join(inflater.pieces(data[start : start + size] if size else data))
    inflater.end()
    return said


def fresh(*, takeover: bool = True, bits: int = 15, seen: bool = True) -> Inflater:
    return Inflater(Compression(Unit.MESSAGE, bits, takeover, seen))


class Packer:
    """Compresses as RFC 7692, section 7.2.1 says, with zlib."""

    def __init__(self, bits: int = 15) -> None:
        self._packer = zlib.compressobj(wbits=-bits)

    def pack(self, data: bytes) -> bytes:
        packed = self._packer.compress(data) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        return packed.removesuffix(b"\0\0\xff\xff")


@pytest.mark.parametrize("size", [0, 1, 3])
@pytest.mark.parametrize("example", [ONE_BLOCK, NOT_COMPRESSED, LAST_BLOCK_SET, TWO_BLOCKS])
def test_examples_of_the_rfc_say_hello(example: str, size: int) -> None:
    inflater = fresh()
    assert inflated(inflater, bytes.fromhex(example), size) == b"Hello"
    # Section 7.2.3.2: the next message refers to the one before.
    assert inflated(inflater, bytes.fromhex(SHARED_WINDOW), size) == b"Hello"
    assert inflater.certain


def test_empty_message_is_one_byte_or_against_the_rule_none() -> None:
    inflater = fresh()
    assert inflated(inflater, bytes.fromhex("00")) == b""  # section 7.2.3.6
    assert inflated(inflater, b"") == b""
    assert inflated(inflater, bytes.fromhex(ONE_BLOCK)) == b"Hello"


def test_window_is_not_kept_where_that_was_agreed() -> None:
    inflater = fresh(takeover=False)
    assert inflated(inflater, bytes.fromhex(ONE_BLOCK)) == b"Hello"
    with pytest.raises(zlib.error, match="too far back"):
        inflated(inflater, bytes.fromhex(SHARED_WINDOW))


@pytest.mark.parametrize("bits", range(9, 16))
def test_every_window_reaches_as_far_as_was_agreed(bits: int) -> None:
    noise = Random(bits).randbytes((1 << bits) - 400)
    packer, inflater = Packer(bits), fresh(bits=bits)
    for said in (noise, noise[:200], b"", b"x" * 70_000, noise):
        assert inflated(inflater, packer.pack(said), 100) == said
    # What reaches further back than was agreed, its receiver cannot read, either.
    packer, inflater = Packer(15), fresh(bits=9)
    assert inflated(inflater, packer.pack(noise + bytes(800))) == noise + bytes(800)
    if 10 < bits < 15:
        with pytest.raises(zlib.error, match="too far back"):
            inflated(inflater, packer.pack(noise[:200]))


def test_without_its_window_a_message_is_not_mistaken() -> None:
    inflater = fresh()
    inflater.forget()
    with pytest.raises(zlib.error, match="too far back"):
        inflated(inflater, bytes.fromhex(SHARED_WINDOW))
    assert not inflater.certain


def test_what_needs_no_window_is_read_behind_a_loss() -> None:
    inflater = fresh()
    inflater.forget()
    assert inflated(inflater, bytes.fromhex(ONE_BLOCK)) == b"Hello"
    assert inflated(inflater, bytes.fromhex(SHARED_WINDOW)) == b"Hello"
    assert not inflater.certain


def test_loss_is_over_when_the_window_is_full_again_or_not_kept() -> None:
    for takeover, needed in ((True, 512), (False, 0)):
        inflater = fresh(takeover=takeover, bits=9)
        inflater.forget()
        if needed:
            inflated(inflater, Packer(9).pack(b"x" * (needed - 1)))
            inflater.begin()
            assert not inflater.certain
            inflated(inflater, Packer(9).pack(b"x"))
        inflater.begin()
        assert inflater.certain


def test_nothing_is_certain_where_the_handshake_was_not_seen() -> None:
    for takeover in (True, False):
        inflater = fresh(takeover=takeover, bits=9, seen=False)
        inflated(inflater, Packer(9).pack(b"x" * 1000))
        inflater.begin()
        assert not inflater.certain


@pytest.mark.parametrize("size", [0, 1, 2])
def test_what_stands_before_an_error_is_the_same_however_it_is_cut(size: int) -> None:
    data = Packer().pack(b"good text " * 50 + Random(1).randbytes(100)) + b"\xff" * 9
    inflater = fresh()
    inflater.begin()
    said = bytearray()

    def read_on() -> None:
        for start in range(0, len(data), size or len(data)):
            for piece in inflater.pieces(data[start : start + (size or len(data))]):
                said.extend(piece)

    with pytest.raises(zlib.error, match="invalid"):
        read_on()
    assert said == b"good text " * 50 + Random(1).randbytes(100)


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_message_that_ends_inside_a_block_is_told(cut: int) -> None:
    with pytest.raises(zlib.error):
        inflated(fresh(), bytes.fromhex(ONE_BLOCK)[:-cut])


def test_last_block_without_more_is_an_end_too() -> None:
    # Section 7.2.3.4 asks for one more byte; who forgets it has ended the stream all the same.
    inflater = fresh()
    assert inflated(inflater, bytes.fromhex(LAST_BLOCK_SET)[:-1]) == b"Hello"
    assert inflated(inflater, bytes.fromhex(SHARED_WINDOW)) == b"Hello"


def test_bomb_comes_in_bounded_pieces() -> None:
    bomb = Packer().pack(bytes(50_000_000))
    tracemalloc.start()
    inflater = fresh()
    inflater.begin()
    sizes = [len(piece) for piece in inflater.pieces(bomb)]
    inflater.end()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (sum(sizes), max(sizes)) == (50_000_000, PIECE)
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("extensions", "client", "server"),
    [
        # RFC 7692, section 7.1: each parameter names the side that compresses.
        (None, Compression(Unit.NONE), Compression(Unit.NONE)),
        ("permessage-deflate", Compression(Unit.MESSAGE), Compression(Unit.MESSAGE)),
        (
            "permessage-deflate; client_no_context_takeover; server_max_window_bits=10",
            Compression(Unit.MESSAGE, 15, takeover=False),
            Compression(Unit.MESSAGE, 10),
        ),
        (
            'Permessage-Deflate ; SERVER_no_context_takeover; client_max_window_bits="8"',
            Compression(Unit.MESSAGE, 8),
            Compression(Unit.MESSAGE, 15, takeover=False),
        ),
        (
            "permessage-deflate; client_max_window_bits=7; server_max_window_bits",
            Compression(Unit.MESSAGE),
            Compression(Unit.MESSAGE),
        ),
        # draft-ietf-hybi-permessage-compression, before version 9.
        (
            "permessage-deflate; c2s_no_context_takeover; s2c_max_window_bits=9",
            Compression(Unit.MESSAGE, 15, takeover=False),
            Compression(Unit.MESSAGE, 9),
        ),
        ("permessage-deflate, other", Compression(Unit.UNKNOWN), Compression(Unit.UNKNOWN)),
        ("permessage-bzip2", Compression(Unit.UNKNOWN), Compression(Unit.UNKNOWN)),
        ("deflate-stream", Compression(Unit.NONE), Compression(Unit.NONE)),
    ],
)
def test_handshake_tells_how_each_side_compresses(
    extensions: str | None, client: Compression, server: Compression
) -> None:
    handshake = opening("rfc6455", extensions=extensions)
    assert (compression_of(handshake, 0), compression_of(handshake, 1)) == (client, server)


def test_per_frame_extension_asks_the_other_side() -> None:
    """draft-tyoshino-hybi-websocket-perframe-deflate: a peer's parameter binds who reads it."""
    asked = [("Sec-WebSocket-Extensions", "x, x-webkit-deflate-frame; max_window_bits=9")]
    told = [("Sec-WebSocket-Extensions", "x-webkit-deflate-frame; no_context_takeover")]
    agreed = upgrade(request_headers=asked, response_headers=told)
    handshake = OpeningHandshake(parse_head(agreed.request), parse_head(agreed.response))
    assert compression_of(handshake, 0) == Compression(Unit.FRAME, 15, takeover=False)
    assert compression_of(handshake, 1) == Compression(Unit.FRAME, 9)


def test_without_a_whole_handshake_it_is_a_guess() -> None:
    guess = Compression(Unit.MESSAGE, seen=False)
    asked = OpeningHandshake(parse_head(upgrade().request), None)
    assert compression_of(None, 0) == compression_of(asked, 1) == guess


def test_parameters_may_have_no_value() -> None:
    assert extension_parameters('A; b; C = d ;e="f"') == ("a", {"b": "", "c": "d", "e": "f"})
