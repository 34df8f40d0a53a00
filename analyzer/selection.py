"""Choose connections: by host, port, path, kind, who was first, code, and time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import NamedTuple

from analyzer.ending.rules import EndingKind
from analyzer.errors import UsageError
from analyzer.record import Connection

_PORT = re.compile(r":\d+$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION = re.compile(r"[.,](\d+)")
FIRST = ("client", "server", "both", "unknown")


class Selection(NamedTuple):
    """What a connection must be like; every condition that is given must hold.

    Attributes
    ----------
    host : str or None
        An address of either side, or the ``Host`` that was asked for, with or without its port;
        ``*`` and ``?`` as in file names.
    port : int or None
        A port of either side.
    path : str or None
        The request target, ``*`` and ``?`` as in file names.
    kinds : tuple of EndingKind
        Any of these; empty for all.
    first : str or None
        ``client``, ``server``, ``both`` or ``unknown``.
    code : int or None
        A close code that either side sent.
    since, until : int or None
        The connection lived within these, nanoseconds since the epoch.
    """

    host: str | None = None
    port: int | None = None
    path: str | None = None
    kinds: tuple[EndingKind, ...] = ()
    first: str | None = None
    code: int | None = None
    since: int | None = None
    until: int | None = None

    def __call__(self, connection: Connection) -> bool:
        """Whether a connection is chosen."""
        return (
            self._where(connection)
            and self._how(connection)
            and (self.since is None or connection.last_at >= self.since)
            and (self.until is None or connection.first_at <= self.until)
        )

    def _where(self, connection: Connection) -> bool:
        ends = (connection.client, connection.server)
        return (
            (self.host is None or self._is_host(connection))
            and (self.port is None or self.port in {end.port for end in ends})
            and (self.path is None or _matches(connection.handshake.target or "", self.path))
        )

    def _is_host(self, connection: Connection) -> bool:
        wanted = _as_written_here((self.host or "").lower())
        asked = (connection.handshake.host or "").lower()
        name = asked.rpartition(":")[0] if _PORT.search(asked) else asked
        names = (connection.client.ip, connection.server.ip, asked, name)
        return any(_matches(_as_written_here(one), wanted) for one in names if one)

    def _how(self, connection: Connection) -> bool:
        ending = connection.ending
        closes = (ending.client_close, ending.server_close)
        first = "unknown" if ending.first is None else str(ending.first)
        return (
            (not self.kinds or ending.kind in self.kinds)
            and (self.first is None or first == self.first)
            and (self.code is None or self.code in {close.code for close in closes if close})
        )


def _matches(text: str, pattern: str) -> bool:
    # A path or an IPv6 address may itself hold brackets, which mean something in patterns.
    return text == pattern or fnmatchcase(text, pattern)


def _as_written_here(host: str) -> str:
    """Return an address as `Endpoint` writes it; IPv6 has many spellings (RFC 5952)."""
    try:
        return str(ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        return host


def parse_kinds(words: Iterable[str]) -> tuple[EndingKind, ...]:
    """Return the kinds that words name, separated by commas or given one by one.

    Raises
    ------
    UsageError
        There is no such kind.
    """
    known = {str(kind): kind for kind in EndingKind}
    found = []
    for word in (part.strip() for text in words for part in text.split(",")):
        if word not in known:
            raise UsageError(f"no kind of ending is called {word!r}; there are {', '.join(known)}")
        found.append(known[word])
    return tuple(found)


def parse_time(text: str) -> int:
    """Return a time as nanoseconds since the epoch.

    Parameters
    ----------
    text : str
        ISO 8601, to the nanosecond; without an offset it is UTC, as everything else here.

    Raises
    ------
    UsageError
        It is not a time.

    Examples
    --------
    >>> parse_time("2023-11-14T22:13:20Z"), parse_time("2023-11-14T23:13:20.000000001+01:00")
    (1700000000000000000, 1700000000000000001)
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a time such as 2026-11-22T19:20:00Z") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    # Neither float seconds nor datetime hold nanoseconds, which our own output has.
    since = moment.replace(microsecond=0) - _EPOCH
    fraction = _FRACTION.search(text)
    nanoseconds = int(fraction[1][:9].ljust(9, "0")) if fraction else 0
    return (since.days * 86400 + since.seconds) * 1_000_000_000 + nanoseconds
