"""Where a frame of hixie-75 or 76 begins behind a gap."""

from __future__ import annotations

import pytest

from analyzer.websocket.hixie_finder import HixieFinder
from decoding import chunk
from wire import hixie_text


def found(finder: HixieFinder) -> bytes:
    return b"".join(one.buffer[one.start : one.end] for one in finder.take())


def feed(finder: HixieFinder, *pieces: bytes) -> bytes | None:
    """Give the bytes from the frame on, as soon as one is found; None if none ever is."""
    for packet, piece in enumerate(pieces, 1):
        if finder.data(chunk(piece, packet=packet)):
            return found(finder)
    return None


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([b"lo\xff\x00hi\xff"], b"\x00hi\xff"),
        ([b"lo\xff", b"\x00hi\xff"], b"\x00hi\xff"),
        ([b"lo\xff\xff\x00"], b"\xff\x00"),
        ([b"\xff\xff\x00"], b"\xff\x00"),
        ([b"\xff", b"\xff\x00"], b"\xff\x00"),
        ([b"\xff\x00", b"hi\xff"], b"\x00hi\xff"),
        ([hixie_text("whole")], hixie_text("whole")),
        ([b"text without end"], None),
        ([b"\xffx"], None),
        ([b"\x00"], None),
        ([b"\xff\x00"], None),
    ],
)
def test_hixie_frames_begin_behind_ff(pieces: list[bytes], expected: bytes | None) -> None:
    assert feed(HixieFinder(), *pieces) == expected


def test_ff_00_is_a_close_once_nothing_follows() -> None:
    finder = HixieFinder()
    assert not finder.data(chunk(b"\xff"))
    assert not finder.finish()
    assert not finder.data(chunk(b"\x00"))
    assert finder.finish()
    assert found(finder) == b"\xff\x00"
    assert not finder.gap(3)
