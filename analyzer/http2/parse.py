"""One whole frame in, what it says out, read by hyperframe."""

from __future__ import annotations

from binascii import a2b_base64
from typing import TYPE_CHECKING

from analyzer.http2.registry import SETTINGS

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


def upgrade_settings(field: str) -> dict[int, int]:
    """Return the settings in an ``HTTP2-Settings`` field (RFC 7540, section 3.2.1).

    It is the payload of a SETTINGS frame in base64url without padding; nothing where it is not.

    Examples
    --------
    >>> upgrade_settings("AAMAAABkAAQAAP__")
    {3: 100, 4: 65535}
    """
    try:
        plain = field.replace("-", "+").replace("_", "/")
        body = a2b_base64(plain + "=" * (-len(field) % 4), strict_mode=True)
    except ValueError:
        return {}
    frame = parse(SETTINGS, 0, 0, body)
    return {} if frame is None else dict(frame.settings)  # type: ignore[attr-defined]
