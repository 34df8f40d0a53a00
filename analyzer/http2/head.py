"""Fields of a header block in; the head that the rooms above know out (RFC 9113, section 8.3)."""

from __future__ import annotations

from analyzer.http.message import Head, values_of
from analyzer.http2.headers import Fields

FORBIDDEN = (b"\0", b"\r", b"\n")


def well_formed(fields: Fields) -> bool:
    """Whether names and values are such as RFC 9113, section 8.2.1, allows."""
    for name, value in fields:
        if not name or b":" in name[1:] or name != name.lower() or name.strip() != name:
            return False
        for byte in FORBIDDEN:
            if byte in name or byte in value:
                return False
    return True


def pseudo(fields: Fields, name: bytes) -> bytes | None:
    """Return the value of a pseudo-header field."""
    for key, value in fields:
        if key == name:
            return value
    return None


def asks_for_websocket(fields: Fields) -> bool:
    """Whether a request is an Extended CONNECT for a WebSocket (RFC 8441, section 4)."""
    if pseudo(fields, b":method") != b"CONNECT":
        return False
    return (pseudo(fields, b":protocol") or b"").lower() == b"websocket"


def status_of(fields: Fields) -> int | None:
    """Return the status code of a response; None where it has none."""
    status = pseudo(fields, b":status") or b""
    return int(status) if len(status) == 3 and status.isdigit() else None


def request_head(fields: Fields) -> Head:
    """Return the head of a request: its target is ``:path``, its host ``:authority``."""
    path = _text(pseudo(fields, b":path") or b"")
    lines = _lines(fields)
    authority = pseudo(fields, b":authority")
    if authority is not None and not any(name == b"host" for name, _ in fields):
        lines.insert(0, f"host: {_text(authority)}")
    return Head(f"CONNECT {'%20'.join(path.split(' '))} HTTP/2", _values(lines))


def response_head(fields: Fields) -> Head:
    """Return the head of a response."""
    return Head(f"HTTP/2 {status_of(fields) or ''}", _values(_lines(fields)))


def _values(lines: list[str]) -> dict[str, str]:
    return values_of("".join(f"{line}\r\n" for line in lines))


def _lines(fields: Fields) -> list[str]:
    found = [(name, value) for name, value in fields if name[:1] != b":"]
    return [f"{_text(name)}: {_text(value)}" for name, value in found]


def _text(value: bytes) -> str:
    """Return bytes as the text of a head; what would begin another line does not come through."""
    for byte in FORBIDDEN:
        value = value.replace(byte, b" ")
    return value.decode("latin-1")
