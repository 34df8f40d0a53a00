"""The rules: from facts to the kind of ending, read from the top; the first that holds decides.

``python -m analyzer.ending.rules`` prints the table as it stands in the README.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from analyzer.ending.facts import Facts, Moment, SideFacts
from analyzer.side import Side
from analyzer.websocket.registry import Framing

# Repeating itself this often without an answer tells a side that the other is gone.
VANISHED_AFTER = 2


class EndingKind(Enum):
    """How a connection ended; the value is the word in records and tables."""

    REFUSED = "refused"
    UNANSWERED = "unanswered"
    HIXIE_CLOSE = "hixie_close"
    HYBI_CLOSE = "hybi_close"
    UNDETERMINED = "undetermined"
    RST = "rst"
    FIN = "fin"
    VANISHED = "vanished"
    OPEN = "open"

    # Members are one of a kind. Enum's own hash, and `value`, take a call of Python each.
    __hash__ = object.__hash__

    def __str__(self) -> str:
        return self._value_


CLOSE_KINDS = (EndingKind.HYBI_CLOSE, EndingKind.HIXIE_CLOSE)


class Rule(NamedTuple):
    """One line of the table."""

    kind: EndingKind
    when: str
    holds: Callable[[Facts], bool]


def _vanished(facts: Facts) -> bool:
    return facts.reused_by is not None or vanished_side(facts) is not None


RULES = (
    Rule(
        EndingKind.REFUSED,
        "the upgrade was answered, but not with 101 (or 2xx on HTTP/2)",
        lambda facts: facts.refused,
    ),
    Rule(
        EndingKind.UNANSWERED,
        "the upgrade was asked and never answered",
        lambda facts: not facts.upgraded,
    ),
    Rule(
        EndingKind.HIXIE_CLOSE,
        "`0xFF 0x00` from at least one side, on a framing that has it",
        lambda facts: facts.has_close and facts.framing.is_hixie,
    ),
    Rule(
        EndingKind.HYBI_CLOSE,
        "a Close frame from at least one side (opcode 8, `0x88`; opcode 1 in hybi-01 … 06)",
        lambda facts: facts.has_close,
    ),
    Rule(
        EndingKind.UNDETERMINED,
        "no close frame was seen, and bytes before the end are missing from the capture",
        lambda facts: facts.close_hidden,
    ),
    Rule(
        EndingKind.RST,
        "RST (on HTTP/2 also RST_STREAM, or GOAWAY with an error), and no close frame from either"
        " side",
        lambda facts: facts.has_rst,
    ),
    Rule(
        EndingKind.FIN,
        "FIN (on HTTP/2 also END_STREAM), and no close frame from either side",
        lambda facts: facts.has_fin,
    ),
    Rule(
        EndingKind.VANISHED,
        "no close frame, FIN or RST; one side stopped answering, or the port pair was used again",
        _vanished,
    ),
    Rule(EndingKind.OPEN, "the capture ended first", lambda _: True),
)


def classify(facts: Facts) -> EndingKind:
    """Return the kind of ending.

    Examples
    --------
    >>> from analyzer.ending.facts import Facts
    >>> classify(Facts())
    <EndingKind.OPEN: 'open'>
    """
    for rule in RULES:
        if rule.holds(facts):
            return rule.kind
    return EndingKind.OPEN  # never: the last rule always holds


def vanished_side(facts: Facts) -> Side | None:
    """Return the side that did not answer any more; None when both were heard to the end."""
    if facts.client.unanswered >= VANISHED_AFTER:
        return Side.SERVER
    return Side.CLIENT if facts.server.unanswered >= VANISHED_AFTER else None


class CloseOrder:
    """Where an event stands in its sender's bytes, and what its packet acknowledged.

    An endpoint answers only what it has received, so an answer's packet acknowledges the end of
    what it answers, wherever the capture was taken and whatever the clocks say.
    """

    def __init__(self, end: int, acknowledged: int) -> None:
        self.end = end
        self.acknowledged = acknowledged

    def answers(self, other: CloseOrder) -> bool:
        """Whether this was sent in the knowledge of `other`."""
        return self.acknowledged >= other.end


def who_was_first(
    client: CloseOrder | None, server: CloseOrder | None, client_seen: bool, server_seen: bool
) -> Side | str | None:
    """Return who was first: a side, ``both`` when they crossed, None when it cannot be told.

    Parameters
    ----------
    client, server : CloseOrder or None
        The event of each side.
    client_seen, server_seen : bool
        False where the event may be hidden from the capture.
    """
    if client is None and server is None:
        return None
    if client is None:
        return Side.SERVER if client_seen else None
    if server is None:
        return Side.CLIENT if server_seen else None
    if client.acknowledged < 0 or server.acknowledged < 0:
        return None
    if client.answers(server) == server.answers(client):
        return "both"
    return Side.SERVER if client.answers(server) else Side.CLIENT


def _close_order(side: SideFacts) -> CloseOrder | None:
    if side.close is None:
        return None
    return CloseOrder(side.close.end_offset, side.close.acknowledged)


def _fin_order(side: SideFacts) -> CloseOrder | None:
    if side.fin is None:
        return None
    return CloseOrder(side.fin_offset + 1, side.fin_acknowledged)


def first_close(facts: Facts) -> Side | str | None:
    """Return who sent its close frame first."""
    client, server = facts.client, facts.server
    return who_was_first(
        _close_order(client),
        _close_order(server),
        client.captured and not client.close_hidden,
        server.captured and not server.close_hidden,
    )


def first_fin(facts: Facts) -> Side | str | None:
    """Return who sent its FIN first (RFC 9293, section 3.6)."""
    client, server = facts.client, facts.server
    return who_was_first(
        _fin_order(client),
        _fin_order(server),
        client.captured and not client.fin_hidden,
        server.captured and not server.fin_hidden,
    )


def first_tcp_event(facts: Facts) -> Side | str | None:
    """Return who took TCP down first, by FIN or RST."""
    if facts.has_rst:
        resets = _moments(facts.client.rst, facts.server.rst)
        fins = _moments(facts.client.fin, facts.server.fin)
        if not fins or min(resets)[0] < min(fins)[0]:
            return min(resets)[1]
    return first_fin(facts)


def _leave_order(side: SideFacts) -> CloseOrder | None:
    if side.notified is None:
        return _fin_order(side)
    return CloseOrder(side.notify_offset, side.notify_acknowledged)


def first_to_leave(facts: Facts) -> Side | str | None:
    """Return who was first to say that nothing follows: by close_notify of TLS, or by FIN or RST.

    Who receives close_notify often sends the first FIN, and has only answered.
    """
    client, server = facts.client, facts.server
    if facts.has_rst or (client.notified is None and server.notified is None):
        return first_tcp_event(facts)
    first = who_was_first(_leave_order(client), _leave_order(server), True, True)
    return first_tcp_event(facts) if first is None else first


def _moments(client: Moment | None, server: Moment | None) -> list[tuple[int, Side]]:
    """Return when both sides did something, as far as they did."""
    both = ((client, Side.CLIENT), (server, Side.SERVER))
    return [(moment.at, side) for moment, side in both if moment is not None]


def who_ended(facts: Facts, kind: EndingKind) -> Side | str | None:
    """Return `first` of the record."""
    if kind in CLOSE_KINDS:
        return first_close(facts)
    if kind is EndingKind.RST:
        return first_tcp_event(facts)
    if kind is EndingKind.FIN:
        return first_to_leave(facts)
    if kind is EndingKind.VANISHED:
        return facts.reused_by if facts.reused_by is not None else vanished_side(facts)
    return None


def was_answered(facts: Facts, kind: EndingKind) -> bool | None:
    """Return whether both sides sent a close frame; None where the capture cannot tell."""
    if kind not in CLOSE_KINDS:
        return None
    silent = facts.client if facts.client.close is None else facts.server
    if silent.close is not None:
        return True
    if silent.close_hidden or silent.segment_hidden or not silent.captured:
        return None
    # A side that has sent its FIN or RST, or got one, will not answer any more.
    return False if silent.fin is not None or facts.has_rst or facts.reused_by is not None else None


def was_delivered(facts: Facts, side: int) -> bool | None:
    """Tell whether the close frame of `side` reached the other end, None if the capture cannot."""
    sender, other = facts.of(side), facts.of(1 - side)
    close = sender.close
    if close is None:
        return False
    if sender.acknowledged >= close.end_offset:
        return True
    if other.close is not None and other.close.acknowledged >= close.end_offset:
        return True
    # A receiver that resets instead of acknowledging has thrown the bytes away.
    return False if other.rst is not None else None


def was_clean(facts: Facts, kind: EndingKind) -> bool | None:
    """Return whether TCP was closed after the closing handshake completed (RFC 6455, 7.1.4)."""
    if kind is EndingKind.UNDETERMINED or kind is EndingKind.OPEN:
        return None
    answered = was_answered(facts, kind)
    if answered is None and kind in CLOSE_KINDS:
        return None
    if facts.framing is Framing.HIXIE_75 and facts.upgraded:
        return None
    if not answered:
        return False
    one, other = was_delivered(facts, 0), was_delivered(facts, 1)
    if one is False or other is False:
        return False
    return True if facts.tcp_down and one and other else None


def table() -> str:
    """Return the rules as a Markdown table."""
    lines = ["| `kind` | when |", "|---|---|"]
    lines += [f"| `{rule.kind}` | {rule.when} |" for rule in RULES]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201 - printing is what the command is for
