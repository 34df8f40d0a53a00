"""What TLS showed of an ending: the session in; its part of the record, and its caveats, out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from analyzer.ending.facts import Facts, Moment
from analyzer.printable import iso
from analyzer.side import SIDES, Side
from analyzer.tls.session import CLOSE_NOTIFY, TlsAlert, TlsSession

LEVELS = {1: "warning", 2: "fatal"}


@dataclass(frozen=True, slots=True)
class AlertSent:
    """An alert, as it stands in the record.

    Attributes
    ----------
    name : str
        Its name in the registry "TLS Alerts", ``alert N`` where it has none, or ``encrypted
        alert``.
    level : str or None
        ``warning`` or ``fatal``, as sent; it means nothing in TLS 1.3 (RFC 8446, section 6).
    side : Side
        Who sent it.
    at, packet : int
        When, in nanoseconds since the epoch, and in which packet.
    """

    name: str
    level: str | None
    side: Side
    at: int
    packet: int


@dataclass(frozen=True, slots=True)
class TlsEnd:
    """The TLS connection below a WebSocket, and how it ended; text in it is a stranger's.

    Attributes
    ----------
    version, cipher_suite : str or None
        As negotiated: ``TLS 1.3``, and the suite's name in the registry.
    server_name : str or None
        What the client asked for (SNI).
    alpn : str or None
        The application protocol that the server chose.
    resumed : bool or None
        An earlier session was resumed; None where the answer of the server was not seen.
    client_close_notify, server_close_notify : Moment or None
        When each said that it would send no more (RFC 8446, section 6.1).
    client_truncated, server_truncated : bool or None
        TCP ended without it: what that side sent last may have been cut off. None where it cannot
        be told, or TCP has not ended. Many stacks never send it, so by itself it proves nothing.
    alerts : tuple of AlertSent
        All others, in order of time.
    """

    version: str | None = None
    cipher_suite: str | None = None
    server_name: str | None = None
    alpn: str | None = None
    resumed: bool | None = None
    client_close_notify: Moment | None = None
    server_close_notify: Moment | None = None
    client_truncated: bool | None = None
    server_truncated: bool | None = None
    alerts: tuple[AlertSent, ...] = ()


def tls_end(session: TlsSession, turned: int = 0) -> TlsEnd:
    """Return what the record says of a TLS session.

    Parameters
    ----------
    session : TlsSession
        What is known of it.
    turned : int
        1 where the client of TLS is the server of what stands on it.
    """
    client, server = session.of(turned), session.of(1 - turned)
    return TlsEnd(
        version=session.version_name,
        cipher_suite=session.suite_name,
        server_name=session.server_name,
        alpn=session.alpn,
        resumed=None if session.version is None else session.resumed,
        client_close_notify=_moment(client.close_notify),
        server_close_notify=_moment(server.close_notify),
        client_truncated=client.truncated,
        server_truncated=server.truncated,
        alerts=_alerts(client.alerts, server.alerts),
    )


def _moment(alert: TlsAlert | None) -> Moment | None:
    return None if alert is None else Moment(alert.at, alert.packet)


def _alerts(*sides: list[TlsAlert]) -> tuple[AlertSent, ...]:
    found = chain.from_iterable(
        (
            AlertSent(one.name, LEVELS.get(one.level or 0), side, one.at, one.packet)
            for one in alerts
            if one.description != CLOSE_NOTIFY
        )
        for side, alerts in zip(SIDES, sides, strict=True)
    )
    return tuple(sorted(found, key=lambda one: (one.at, one.packet)))


def tls_caveats(tls: TlsEnd | None, facts: Facts) -> Iterator[str]:
    """Yield what cannot be told since TLS was not closed.

    Behind a close frame nothing follows, so nothing can be cut off there.
    """
    if tls is None:
        return
    for side, name, truncated in zip(
        facts.sides, SIDES, (tls.client_truncated, tls.server_truncated), strict=True
    ):
        if truncated and side.close is None:
            yield (
                f"TCP of the {name} ended without close_notify of TLS: what it sent last may have"
                " been cut off (RFC 8446, section 6.1), though many stacks just leave it out"
            )


def tls_dict(tls: TlsEnd | None) -> dict[str, Any] | None:
    """Return what is known of a TLS connection, ready for JSON."""
    if tls is None:
        return None
    plain = ("version", "cipher_suite", "server_name", "alpn", "resumed")
    found: dict[str, Any] = {name: getattr(tls, name) for name in plain}
    for side in SIDES:
        sent = getattr(tls, f"{side}_close_notify")
        found[f"{side}_close_notify_at"] = iso(sent.at) if sent else None
        found[f"{side}_close_notify_packet"] = sent.packet if sent else None
        found[f"{side}_truncated"] = getattr(tls, f"{side}_truncated")
    found["alerts"] = [alert_dict(alert) for alert in tls.alerts]
    return found


def alert_dict(alert: AlertSent) -> dict[str, Any]:
    """Return an alert, ready for JSON."""
    return {
        "name": alert.name,
        "level": alert.level,
        "side": str(alert.side),
        "at": iso(alert.at),
        "packet": alert.packet,
    }
