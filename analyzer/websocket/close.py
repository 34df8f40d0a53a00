"""What a close frame says (RFC 6455, section 5.5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.quick import maker
from analyzer.websocket.registry import Framing, close_code_title, is_legal_close_code

# The first draft with a status code, and all after it.
FRAMINGS_WITH_CODE = (Framing.RFC_6455, Framing.HYBI_06)


@dataclass(frozen=True, slots=True)
class CloseFrame:
    """The first close frame that one side sent.

    Attributes
    ----------
    code : int or None
        As sent; None where the frame has none, or the capture does not hold it.
    reason : str
        As sent; bytes that are not UTF-8 are shown as U+FFFD.
    at : int
        When its last byte passed, nanoseconds since the epoch.
    packet : int
        The packet that brought it.
    body : bytes
        Unmasked, as far as the capture holds it.
    complete : bool
        The capture holds the whole frame.
    end_offset : int
        Offset of the byte behind it in the sender's TCP byte stream.
    acknowledged : int
        What its packet acknowledged of the other side's byte stream; -1 unknown.
    """

    code: int | None
    reason: str
    at: int
    packet: int
    body: bytes = b""
    complete: bool = True
    end_offset: int = 0
    acknowledged: int = -1

    def __str__(self) -> str:
        if self.code is None:
            return "Close without a code" if self.complete else "Close (cut off)"
        title = close_code_title(self.code)
        named = f"Close {self.code} ({title})" if title else f"Close {self.code}"
        more = "" if self.complete else "…"
        return f'{named} "{self.reason}{more}"' if self.reason or more else named


make_close = maker(CloseFrame)


def parse_close_body(framing: Framing, body: bytes) -> tuple[int | None, str]:
    r"""Return code and reason.

    Examples
    --------
    >>> parse_close_body(Framing.RFC_6455, b"\x03\xe8bye")
    (1000, 'bye')
    >>> parse_close_body(Framing.RFC_6455, b"")
    (None, '')
    """
    if framing not in FRAMINGS_WITH_CODE or len(body) < 2:
        return None, ""
    return int.from_bytes(body[:2], "big"), body[2:].decode("utf-8", "replace")


def close_violations(framing: Framing, version: int, body: bytes) -> list[tuple[str, str]]:
    """Return the anomalies of a close frame's body: name and detail of each.

    Codes below 1000 and above 4999 were never defined; 1005 and 1006 are forbidden since hybi-08,
    1004 and what nobody registered since version 13, which also made invalid UTF-8 a reason to fail
    (RFC 6455, sections 5.5.1, 7.4 and 8.1).
    """
    if framing not in FRAMINGS_WITH_CODE or not body:
        return []
    if len(body) == 1:
        return [("close_body_one_byte", f"byte 0x{body[0]:02x}")]
    found = []
    code = int.from_bytes(body[:2], "big")
    if not _may_carry(version, code):
        found.append(("close_code_forbidden", f"code {code}"))
    bad = invalid_utf8_at(body[2:])
    if version == 13 and bad is not None:
        found.append(("close_reason_not_utf8", f"byte {bad + 2} of the body"))
    return found


def invalid_utf8_at(text: bytes) -> int | None:
    """Return where text stops being UTF-8; None where all of it is."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _may_carry(version: int, code: int) -> bool:
    if version == 13:
        return is_legal_close_code(code)
    return 1000 <= code <= 4999 and (code not in {1005, 1006} or version in {6, 7})
