"""The sentence: worked out by hand from the facts, whole."""

from __future__ import annotations

import pytest

from analyzer.ending.facts import Facts, Moment, Reset, SideFacts
from analyzer.ending.rules import classify
from analyzer.ending.sentence import describe
from analyzer.ending.timing import measure
from analyzer.side import Side
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import Framing

MS = 1_000_000
S = 1000 * MS
START = 1_700_000_000 * S


def close(at: int, code: int | None, reason: str = "", *, end: int, ack: int) -> CloseFrame:
    return CloseFrame(code, reason, START + at, 1, b"", True, end, ack)


def side(last_frame: int = 0, **given: object) -> SideFacts:
    given.setdefault("last_frame_at", START + last_frame if last_frame else 0)
    return SideFacts(**given)  # type: ignore[arg-type]


def fin(at: int) -> Moment:
    return Moment(START + at, 2)


def sentence(facts: Facts) -> str:
    return describe(facts, classify(facts), measure(facts))


def facts(client: SideFacts, server: SideFacts, **given: object) -> Facts:
    given.setdefault("answered_at", START)
    given.setdefault("last_at", START + 100 * S)
    return Facts(client=client, server=server, **given)  # type: ignore[arg-type]


END = 61_200 * MS
ANSWERED = facts(
    side(1200 * MS, close=close(END + 300_000, 1001, "restart", end=20, ack=10), acknowledged=20),
    side(
        1000 * MS,
        close=close(END, 1001, "restart", end=10, ack=12),
        acknowledged=10,
        fin=fin(END + 400_000),
        fin_offset=10,
        fin_acknowledged=20,
    ),
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            ANSWERED,
            'server sent Close 1001 (Going Away) "restart" after 61.2 s, 60.0 s idle; client'
            " answered after 0.3 ms; server closed TCP 0.1 ms later",
        ),
        (
            facts(
                side(
                    close=close(2 * S, 1000, end=10, ack=0),
                    fin=fin(12 * S),
                    fin_offset=10,
                    fin_acknowledged=5,
                ),
                side(fin=fin(12 * S + MS), fin_offset=5, fin_acknowledged=11),
            ),
            "client sent Close 1000 (Normal Closure) after 2.0 s, no frames; server never answered;"
            " client closed TCP 10.0 s later",
        ),
        (
            facts(
                side(S, close=close(2 * S, 1000, end=10, ack=0)),
                side(S, close=close(2 * S + MS, 1012, end=10, ack=0)),
            ),
            "client sent Close 1000 (Normal Closure) and server sent Close 1012 (Service Restart),"
            " crossing on the way after 2.0 s, 1.0 s idle; TCP still open when the capture ends",
        ),
        (
            facts(
                side(S),
                side(S, fin=fin(61 * S), fin_offset=5, fin_acknowledged=5),
            ),
            "server closed TCP (FIN) without a close frame after 61.0 s, 60.0 s idle; client had"
            " not closed when the capture ends",
        ),
        (
            facts(side(S, rst=fin(2 * S)), side(S)),
            "client reset TCP (RST) without a close frame after 2.0 s, 1.0 s idle",
        ),
        (
            facts(side(S, rst=Reset(START + 2 * S, 2, ttl=255, usual_ttl=64)), side(S)),
            "client reset TCP (RST, perhaps not its own) without a close frame after 2.0 s,"
            " 1.0 s idle",
        ),
        (
            facts(side(S), side(S, unanswered=3, unanswered_since=START + 90 * S)),
            "client stopped answering after 90.0 s at the latest; server repeated itself 3 times over"
            " 10.0 s without an answer",
        ),
        (
            facts(side(S), side(S, unanswered=3, unanswered_since=START + 90 * S), answered_at=0),
            "client stopped answering; server repeated itself 3 times over 10.0 s without an answer",
        ),
        (
            facts(side(S), side(S), reused_by=Side.CLIENT),
            "no ending on the wire after 100.0 s, 99.0 s idle; then the client opened a new"
            " connection on the same ports",
        ),
        (
            # Acknowledgments, not the tap's clock, say whose FIN was first.
            facts(
                side(S, fin=fin(2 * S), fin_offset=10, fin_acknowledged=6),
                side(S, fin=fin(2 * S + MS), fin_offset=5, fin_acknowledged=10),
            ),
            "server closed TCP (FIN) without a close frame after 2.0 s, 1.0 s idle; client closed"
            " 1.0 ms before that",
        ),
        (
            facts(
                side(S, fin=fin(2 * S), fin_offset=10, fin_acknowledged=5),
                side(S, fin=fin(2 * S + MS), fin_offset=5, fin_acknowledged=10, rst=fin(3 * S)),
            ),
            "both sides closed TCP (FIN) at once without a close frame after 2.0 s, 1.0 s idle;"
            " server reset TCP 1.0 s later",
        ),
        (
            facts(side(S, fin=fin(2 * S)), side(S, rst=fin(2 * S + MS))),
            "client closed TCP (FIN) without a close frame after 2.0 s, 1.0 s idle; server reset TCP"
            " 1.0 ms later",
        ),
        (
            facts(side(S, fin=fin(2 * S)), side(captured=False)),
            "client closed TCP (FIN) without a close frame after 2.0 s, 1.0 s idle",
        ),
        (
            # Neither packet tells what it acknowledged: who was first is not known.
            facts(
                side(S, close=close(2 * S, 1000, end=10, ack=-1)),
                side(S, close=close(2 * S + MS, 1000, end=10, ack=-1)),
            ),
            "client sent Close 1000 (Normal Closure) after 2.0 s, 1.0 s idle; server sent Close 1000"
            " (Normal Closure) 1.0 ms later; TCP still open when the capture ends",
        ),
        (
            # "No frames" is said only of what was captured.
            facts(side(fin=fin(2 * S)), side(captured=False), answered_at=START),
            "client closed TCP (FIN) without a close frame after 2.0 s",
        ),
        (
            facts(
                side(S, close=close(2 * S, 4000, "x" * 2000, end=2010, ack=0)),
                side(S),
            ),
            f'client sent Close 4000 (private use) "{"x" * 214}…" after 2.0 s, 1.0 s idle; no answer'
            " in the capture; TCP still open when the capture ends",
        ),
        (
            facts(
                side(close=close(2 * S, 1000, end=10, ack=0)),
                side(S, fin=fin(S + MS), fin_offset=5, fin_acknowledged=0),
            ),
            "client sent Close 1000 (Normal Closure) after 2.0 s, 1.0 s idle; server never answered;"
            " server had closed TCP 999.0 ms before that",
        ),
        (
            facts(side(S), side(S)),
            "still open when the capture ends after 100.0 s, 99.0 s idle",
        ),
        (
            facts(side(S, close_hidden=True, fin=fin(2 * S)), side(S)),
            "the capture lacks bytes that may have held a close frame; client closed TCP",
        ),
        (
            facts(side(), side(), upgraded=False, status=403, answered_at=0),
            "upgrade refused with status 403",
        ),
        (
            facts(side(fin=fin(2 * S)), side(), upgraded=False, status=None, answered_at=0),
            "upgrade never answered; client closed TCP",
        ),
        (
            facts(side(), side(), upgraded=False, status=None, answered_at=0),
            "upgrade not answered when the capture ends",
        ),
        (
            facts(
                side(), side(), upgraded=False, status=None, answered_at=0, reused_by=Side.CLIENT
            ),
            "upgrade never answered",
        ),
        (
            facts(side(), side(), upgraded=False, status=None, answered_at=0, answer_hidden=True),
            "upgrade refused, as the client shows: it asked for something else behind it",
        ),
        (
            facts(
                side(S, close=close(2 * S, None, end=10, ack=0)),
                side(S, close=close(2 * S + MS, None, end=10, ack=10)),
                framing=Framing.HIXIE_76,
            ),
            "client sent 0xFF 0x00 after 2.0 s, 1.0 s idle; server answered after 1.0 ms; TCP"
            " still open when the capture ends",
        ),
    ],
)
def test_sentence_says_what_happened(given: Facts, expected: str) -> None:
    assert sentence(given) == expected


def test_a_reason_cannot_move_the_cursor_or_turn_the_text() -> None:
    hostile = close(S, 4000, "\x1b[2J\r\n\u202ereversed", end=10, ack=0)
    text = sentence(facts(side(close=hostile), side()))
    assert '"\\x1b[2J\\x0d\\x0a\\u202ereversed"' in text
    assert text.isprintable()
