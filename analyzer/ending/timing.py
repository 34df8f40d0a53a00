"""How long every step took, in nanoseconds; None where the capture cannot tell."""

from __future__ import annotations

from dataclasses import dataclass, fields

from analyzer.ending.facts import Facts, Moment
from analyzer.quick import maker
from analyzer.websocket.close import CloseFrame


@dataclass(frozen=True, slots=True)
class Timing:
    """The steps of a connection's life.

    In the record and in tables the names end in ``_s`` and the values are seconds.

    Attributes
    ----------
    tcp_connect : int or None
        SYN to the ACK that completes the TCP handshake.
    upgrade : int or None
        Request to answer.
    open : int or None
        Answer to the first event of the ending: first close frame, else first FIN or RST, else the
        last packet. 0 where that event overtook the answer on the way to the tap.
    idle_before_end : int or None
        Last frame of either side to that event.
    client_idle, server_idle : int or None
        The same for each side alone.
    last_ping_rtt : int or None
        The last ping that was answered, to its pong.
    close_answer : int or None
        First close frame to the other side's.
    close_to_tcp_end : int or None
        Last close frame to the first FIN or RST; None where that came before it.
    fin_to_fin : int or None
        One side's FIN to the other's.
    end : int or None
        First event of the ending to the last packet of the TCP teardown.
    """

    tcp_connect: int | None = None
    upgrade: int | None = None
    open: int | None = None
    idle_before_end: int | None = None
    client_idle: int | None = None
    server_idle: int | None = None
    last_ping_rtt: int | None = None
    close_answer: int | None = None
    close_to_tcp_end: int | None = None
    fin_to_fin: int | None = None
    end: int | None = None


STEPS = tuple(field.name for field in fields(Timing))
# Of a connection that is still open, these tell how long the capture saw it, not how it ended.
UNTIL_THE_END = frozenset({"open", "idle_before_end", "client_idle", "server_idle", "end"})


def measure(
    facts: Facts,
    *,
    tcp_connect: int | None = None,
    upgrade: int | None = None,
    last_ping_rtt: int | None = None,
    answered_packet: int = 0,
) -> Timing:
    """Return all steps; the three that are over before the ending begins are given.

    Parameters
    ----------
    facts : Facts
        What the wire showed.
    tcp_connect, upgrade, last_ping_rtt : int or None
        As in `Timing`.
    answered_packet : int
        The packet that made the answer to the upgrade whole; 0 where the capture has none.
    """
    return steps(facts, tcp_connect, upgrade, last_ping_rtt, answered_packet)


def steps(
    facts: Facts,
    tcp_connect: int | None,
    upgrade: int | None,
    last_ping_rtt: int | None,
    answered_packet: int,
) -> Timing:
    """Return the same as `measure`, for whoever asks for every connection."""
    begin = _end_begins(facts)
    event = facts.last_at if begin is None else begin.at
    client, server = facts.client, facts.server
    one, other = client.close, server.close
    fin, other_fin = client.fin_counts_at, server.fin_counts_at
    down = _first_down(facts, fin, other_fin)
    closed = 0 if one is None else one.at
    if other is not None and other.at > closed:
        closed = other.at
    both = one is not None and other is not None
    return make_timing(
        tcp_connect=tcp_connect,
        upgrade=upgrade,
        open=_open(facts, event, 0 if begin is None else begin.packet, answered_packet),
        idle_before_end=_idle(max(client.last_frame_at, server.last_frame_at), event),
        client_idle=_idle(client.last_frame_at, event),
        server_idle=_idle(server.last_frame_at, event),
        last_ping_rtt=last_ping_rtt,
        close_answer=closed - event if both else None,
        close_to_tcp_end=_since(closed, down) if facts.has_close and down is not None else None,
        fin_to_fin=abs(other_fin - fin) if fin is not None and other_fin is not None else None,
        end=_since(event, facts.last_at) if down is not None else None,
    )


make_timing = maker(Timing)


def end_begins_at(facts: Facts) -> int:
    """Return when the ending began: first close frame, else first FIN or RST, else last packet."""
    begin = _end_begins(facts)
    return facts.last_at if begin is None else begin.at


def _end_begins(facts: Facts) -> CloseFrame | Moment | None:
    """Return the same as what began it; None where that is only the last packet."""
    client, server = facts.client, facts.server
    if facts.has_close:
        return _earlier(client.close, server.close)
    return _earlier(_earlier(client.fin, client.rst), _earlier(server.fin, server.rst))


def _earlier(
    one: CloseFrame | Moment | None, other: CloseFrame | Moment | None
) -> CloseFrame | Moment | None:
    if one is None:
        return other
    return one if other is None or one.at <= other.at else other


def _first_down(facts: Facts, fin: int | None, other_fin: int | None) -> int | None:
    """Return when the first FIN or RST counts."""
    down = fin
    if other_fin is not None and (down is None or other_fin < down):
        down = other_fin
    if facts.has_rst:
        for rst in (facts.client.rst, facts.server.rst):
            if rst is not None and (down is None or rst.at < down):
                down = rst.at
    return down


def _open(facts: Facts, event: int, packet: int, answered_packet: int) -> int | None:
    if not facts.upgraded or not facts.answered_at:
        return None
    if event < facts.answered_at and 0 < packet < answered_packet:
        # It was captured before the answer that stands in front of it: on the way to the tap,
        # packets may overtake each other. A clock that was set back leaves their order alone.
        return 0
    return _since(facts.answered_at, event)


def _since(start: int, event: int) -> int | None:
    return event - start if 0 < start <= event else None


def _idle(last_frame_at: int, event: int) -> int | None:
    # A frame in front of a close frame may have been overtaken by it on the way to the tap.
    return max(event - last_frame_at, 0) if last_frame_at else None
