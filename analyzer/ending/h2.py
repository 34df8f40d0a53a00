"""How a stream of HTTP/2 ended, and the words for it (RFC 9113, section 7; RFC 8441, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from analyzer.ending.facts import Facts, Goaway, Moment, SideFacts, StreamReset
from analyzer.http2.registry import error_name
from analyzer.printable import iso, printable
from analyzer.side import SIDES

LONGEST_DEBUG = 120
WORDS = tuple(str(side) for side in SIDES)


@dataclass(frozen=True, slots=True)
class Http2End:
    """How HTTP/2 ended the stream of a WebSocket, as far as it did.

    Attributes
    ----------
    client_end_stream, server_end_stream : Moment or None
        The last frame of each side on the stream.
    client_reset, server_reset : StreamReset or None
        RST_STREAM, with its error code.
    client_goaway, server_goaway : Goaway or None
        That came while the stream was in use: the first that tells of an error, else the last.
    shared : int or None
        How many other WebSockets the same end of the TCP connection took; None where the stream
        did not end with the connection.
    """

    client_end_stream: Moment | None = None
    server_end_stream: Moment | None = None
    client_reset: StreamReset | None = None
    server_reset: StreamReset | None = None
    client_goaway: Goaway | None = None
    server_goaway: Goaway | None = None
    shared: int | None = None

    @property
    def closed_with(self) -> str:
        """What an orderly end is made of."""
        ended = self.client_end_stream is not None or self.server_end_stream is not None
        return "END_STREAM" if ended else "TCP FIN"

    @property
    def reset_with(self) -> str:
        """What a reset is made of."""
        if self.client_reset is not None or self.server_reset is not None:
            return "RST_STREAM"
        away = (self.client_goaway, self.server_goaway)
        return "GOAWAY" if any(one is not None and one.code for one in away) else "TCP RST"


NO_HTTP2 = Http2End()


def http2_end(facts: Facts) -> Http2End:
    """Return how the stream ended; nothing but None where there is no HTTP/2."""
    client, server = facts.client.h2, facts.server.h2
    if client is None or server is None:
        return NO_HTTP2
    taken = ends_with_connection(facts)
    return Http2End(
        client.end_stream,
        server.end_stream,
        client.reset,
        server.reset,
        client.goaway,
        server.goaway,
        facts.shared if taken else None,
    )


def ends_with_connection(facts: Facts) -> bool:
    """Whether the end of the TCP connection, or of HTTP/2 on it, took the stream."""
    for side in facts.sides:
        own = side.h2
        if own is None or own.reset is not None:
            return False
        if own.tcp_fin is not None or own.tcp_rst is not None:
            return True
        if own.goaway is not None and own.goaway.code:
            return True
    return False


def http2_dict(end: Http2End) -> dict[str, Any]:
    """Return how a stream ended, ready for JSON: flat names, the same for every connection."""
    return dict(_nothing()) if end is NO_HTTP2 else _told(end)


@cache
def _nothing() -> dict[str, Any]:
    return _told(NO_HTTP2)


def _told(end: Http2End) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for side in WORDS:
        last: Moment | None = getattr(end, f"{side}_end_stream")
        found |= _named(f"{side}_end_stream", last, ())
        found |= _named(f"{side}_reset", getattr(end, f"{side}_reset"), ("code",))
        names = ("last_stream", "code", "debug")
        found |= _named(f"{side}_goaway", getattr(end, f"{side}_goaway"), names)
    return found | {"shared": end.shared}


def _named(name: str, event: Any, more: tuple[str, ...]) -> dict[str, Any]:
    found = {
        f"{name}_at": iso(event.at) if event is not None else None,
        f"{name}_packet": event.packet if event is not None else None,
    }
    for one in more:
        value = getattr(event, one, None)
        found[f"{name}_{one}"] = text_of(value) if isinstance(value, bytes) else value
    return found


def text_of(debug: bytes) -> str:
    """Return what a GOAWAY says as text; RFC 9113 leaves open what it is."""
    return debug.decode("utf-8", "replace")


def is_end_stream(side: SideFacts) -> bool:
    """Whether the FIN of a side is an END_STREAM."""
    return side.h2 is not None and side.h2.end_stream is not None


def closed_by(side: SideFacts) -> tuple[str, str]:
    """Return in words what the FIN of a side did, and its name."""
    return ("ended the stream", "END_STREAM") if is_end_stream(side) else ("closed TCP", "FIN")


def reset_by(side: SideFacts) -> tuple[str, str]:
    """Return in words what the RST of a side did, and its name."""
    own = side.h2
    if own is None or side.rst is None or side.rst is own.tcp_rst:
        return "reset TCP", "RST"
    if own.reset is not None:
        return "reset the stream", f"RST_STREAM {error_name(own.reset.code)}"
    return "ended HTTP/2", goaway_name(own.goaway) if own.goaway is not None else "GOAWAY"


def goaway_name(goaway: Goaway) -> str:
    """Return a GOAWAY in words.

    Examples
    --------
    >>> goaway_name(Goaway(0, 1, 5, 11, b"too many pings"))
    'GOAWAY ENHANCE_YOUR_CALM "too many pings"'
    """
    text = f"GOAWAY {error_name(goaway.code)}"
    if not goaway.debug:
        return text
    debug = printable(text_of(goaway.debug))
    return (
        f'{text} "{debug}"' if len(debug) <= LONGEST_DEBUG else f'{text} "{debug[:LONGEST_DEBUG]}…"'
    )
