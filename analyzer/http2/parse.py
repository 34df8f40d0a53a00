"""One whole frame in, what it says out, read by hyperframe."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyperframe.frame import Frame


def parse(kind: int, flags: int, stream: int, body: bytes) -> Frame | None:
    """Return a frame of a kind that RFC 9113 defines; None where it breaks its own layout."""
    # Few captures hold HTTP/2 with something to read in it.
    from hyperframe.exceptions import HyperframeError  # noqa: PLC0415
    from hyperframe.frame import FRAMES  # noqa: PLC0415

    try:
        frame = FRAMES[kind](stream)
        frame.parse_flags(flags)
        frame.parse_body(memoryview(body))
    except HyperframeError:
        return None
    return frame
