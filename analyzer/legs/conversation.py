"""The words of this room: one connection seen at points, on legs, over a whole path."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from analyzer.http2.registry import error_name
from analyzer.record import Connection


class Match(Enum):
    """What says that connections are legs of one conversation; the value is the word in records.

    From certain to not: ``SINGLE`` (there is but one leg), ``KEY``, ``ACCEPT``, ``TRAFFIC``,
    ``TIME``.
    """

    SINGLE = "single"
    KEY = "key"
    ACCEPT = "accept"
    TRAFFIC = "traffic"
    TIME = "time"

    @property
    def meaning(self) -> str:
        """What it rests on, and how sure that is."""
        return _MEANINGS[self]

    def __str__(self) -> str:
        return self._value_


_MEANINGS = {
    Match.SINGLE: "one leg only",
    Match.KEY: "certain: both legs carry the same Sec-WebSocket-Key",
    Match.ACCEPT: "certain: the Sec-WebSocket-Accept of one leg answers the key of the other",
    Match.TRAFFIC: "likely: another key, but the same path, the same messages one by one, and times"
    " that fit",
    Match.TIME: "possible: another key; the path and the times fit, and nothing else does",
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """One connection in one capture.

    Attributes
    ----------
    capture : int
        Which capture, from 0.
    connection : Connection
        As that capture holds it, its times by that capture's clock.
    """

    capture: int
    connection: Connection


@dataclass(frozen=True, slots=True)
class Leg:
    """One TCP connection, seen at one or more points.

    Attributes
    ----------
    sightings : tuple of Sighting
        In the order of the captures; never empty.
    """

    sightings: tuple[Sighting, ...]

    @property
    def connection(self) -> Connection:
        """The connection, as the first of the captures holds it."""
        return self.sightings[0].connection

    def at(self, capture: int) -> Sighting | None:
        """Return how one capture holds it."""
        return next((one for one in self.sightings if one.capture == capture), None)


@dataclass(frozen=True, slots=True)
class Step:
    """One hop of the ending's way.

    Attributes
    ----------
    leg : int
        Which leg of the conversation, from 0 at the client.
    sender, receiver : str
        ``client``, ``server``, ``proxy``, or ``proxy 1`` and so on where there are several.
    what : str or None
        ``close``, ``fin`` or ``rst``, on HTTP/2 also ``end_stream``, ``rst_stream`` or ``goaway``;
        None where this side sent none of them.
    code : int or None
        Of the close frame; of HTTP/2's RST_STREAM or GOAWAY the error code.
    reason : str
        Of the close frame, as sent by strangers.
    at : int or None
        When, nanoseconds since the epoch, by the clock of the first capture.
    capture, packet : int or None
        Where it stands.
    held : int or None
        How long the sender held it since it came in on the leg before, nanoseconds; None for the
        first step, or where that is not known.
    held_error : int or None
        The true value lies within `held` plus or minus this; 0 for one clock, None for unknown.
    changed : str or None
        What became of it, such as ``Close 1001 became FIN``. END_STREAM and RST_STREAM CANCEL are
        to HTTP/2 what FIN and RST are to TCP.
    """

    leg: int
    sender: str
    receiver: str
    what: str | None
    code: int | None = None
    reason: str = ""
    at: int | None = None
    capture: int | None = None
    packet: int | None = None
    held: int | None = None
    held_error: int | None = None
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What client and server said to each other, over all hops.

    Attributes
    ----------
    id : int
        From 0, in order of time.
    legs : tuple of Leg
        From the client to the server.
    match : Match
        What joins the legs, the weakest of them.
    order : str
        What says which leg is nearer to the client: ``times``, ``addresses`` or ``captures`` (only
        the order in which the captures were given); empty for one leg.
    first : str or None
        Who ended it: ``client``, ``server`` or a proxy; None where that cannot be told, or nobody
        did.
    steps : tuple of Step
        How the ending travelled, in order of its way; away from a proxy it travels both ways.
    sentence : str
        All of it in one line.
    """

    id: int
    legs: tuple[Leg, ...]
    match: Match
    order: str = ""
    first: str | None = None
    steps: tuple[Step, ...] = field(default=())
    sentence: str = ""

    @property
    def changed(self) -> tuple[str, ...]:
        """What became something else on the way."""
        return tuple(step.changed for step in self.steps if step.changed is not None)

    def __str__(self) -> str:
        return f"#{self.id} {self.sentence}"


def sign(what: str, code: int | None) -> str:
    """Return in words what ends a connection.

    Examples
    --------
    >>> sign("close", 1001), sign("close", None), sign("fin", None), sign("rst_stream", 8)
    ('Close 1001', 'Close without a code', 'FIN', 'RST_STREAM CANCEL')
    """
    if what == "close":
        return "Close without a code" if code is None else f"Close {code}"
    return what.upper() if code is None else f"{what.upper()} {error_name(code)}"


def places(legs: int) -> list[str]:
    """Return who stands at the ends of the legs, from the client on.

    Examples
    --------
    >>> places(2), places(3)
    (['client', 'proxy', 'server'], ['client', 'proxy 1', 'proxy 2', 'server'])
    """
    between = legs - 1
    proxies = ["proxy"] if between == 1 else [f"proxy {one + 1}" for one in range(between)]
    return ["client", *proxies, "server"]
