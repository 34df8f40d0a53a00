"""The rules: every combination of facts has exactly one ending, and the parts agree."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.ending.facts import Facts, Moment, SideFacts
from analyzer.ending.rules import (
    RULES,
    EndingKind,
    classify,
    first_close,
    first_fin,
    table,
    was_answered,
    was_clean,
    was_delivered,
    who_ended,
)
from analyzer.ending.sentence import describe
from analyzer.ending.timing import STEPS, measure
from analyzer.ending.views import view_of
from analyzer.side import Side
from analyzer.websocket.close import FRAMINGS_WITH_CODE, CloseFrame
from analyzer.websocket.registry import FAILURE_CODES, Framing

CLOSE_KINDS = {EndingKind.HIXIE_CLOSE, EndingKind.HYBI_CLOSE}


def close(
    at: int = 100, end: int = 10, acknowledged: int = 0, code: int | None = 1000
) -> CloseFrame:
    return CloseFrame(code, "", at, 7, b"", True, end, acknowledged)


moments = st.none() | st.builds(Moment, st.integers(1, 1000), st.integers(1, 50))
closes = st.none() | st.builds(
    CloseFrame,
    code=st.none() | st.sampled_from([1000, 1001, 1002, 1005, 1006, 4000]),
    reason=st.sampled_from(["", "bye", "\x1b[31m\n\u202e"]),
    at=st.integers(1, 1000),
    packet=st.integers(1, 50),
    body=st.sampled_from([b"", b"\x03"]),
    complete=st.booleans(),
    end_offset=st.integers(0, 50),
    acknowledged=st.integers(-1, 60),
)
side_facts = st.builds(
    SideFacts,
    close=closes,
    fin=moments,
    rst=moments,
    fin_offset=st.integers(-1, 50),
    fin_acknowledged=st.integers(-1, 60),
    acknowledged=st.integers(-1, 60),
    captured=st.booleans(),
    close_hidden=st.booleans(),
    unanswered=st.integers(0, 5),
    unanswered_since=st.integers(0, 1000),
    last_frame_at=st.integers(0, 1000),
)
all_facts = st.builds(
    Facts,
    framing=st.sampled_from(Framing),
    upgraded=st.booleans(),
    status=st.none() | st.sampled_from([101, 200, 403]),
    client=side_facts,
    server=side_facts,
    reused_by=st.none() | st.sampled_from(Side),
    answered_at=st.integers(0, 1000),
    first_at=st.just(1),
    last_at=st.integers(1000, 2000),
)


def test_every_combination_of_what_decides_has_exactly_one_kind() -> None:
    """Exhaustive over what the rules look at, side by side."""
    sides = [
        SideFacts(
            close=close() if has_close else None,
            fin=Moment(5, 1) if fin else None,
            rst=Moment(6, 2) if rst else None,
            close_hidden=hidden and not has_close,
            unanswered=unanswered,
        )
        for has_close, fin, rst, hidden, unanswered in product(*[(False, True)] * 4, (0, 2))
    ]
    for client, server in product(sides, sides):
        for framing in (Framing.HIXIE_75, Framing.HIXIE_76, Framing.HYBI_03, Framing.RFC_6455):
            for upgraded, status in ((True, 101), (True, None), (False, 403), (False, None)):
                facts = Facts(framing, upgraded, status, client, server)
                holding = [rule.kind for rule in RULES if rule.holds(facts)]
                assert classify(facts) is holding[0]


@given(all_facts)
@settings(max_examples=1500, deadline=None)
def test_everything_that_is_derived_agrees(facts: Facts) -> None:
    kind = classify(facts)
    answered = was_answered(facts, kind)
    clean = was_clean(facts, kind)
    first = who_ended(facts, kind)
    assert (kind in CLOSE_KINDS) or answered is None
    assert first in {None, "both", Side.CLIENT, Side.SERVER}
    if kind in CLOSE_KINDS:
        assert facts.has_close
    if clean:
        assert answered
        assert facts.tcp_down
    if kind in {EndingKind.RST, EndingKind.FIN, EndingKind.VANISHED, EndingKind.OPEN}:
        assert not facts.has_close
    timing = measure(facts)
    assert all(value is None or value >= 0 for value in map(timing.__getattribute__, STEPS))
    sentence = describe(facts, kind, timing)
    assert sentence.isprintable()
    for side in Side:
        view = view_of(facts, kind, side)
        assert view.certainty in {"certain", "likely", "unknown"}
        if view.was_clean:
            assert facts.of(side).close is not None
            assert facts.of(side.other).close is not None
            assert facts.tcp_down
        received, own = facts.of(side.other).close, facts.of(side).close
        arrived = received is not None and was_delivered(facts, side.other)
        if view.code == 1006 and arrived and facts.upgraded:
            # Only a side that fails the connection itself reports 1006 for a Close that came.
            assert own is not None
            assert own.code in FAILURE_CODES
        if view.code == 1005:
            assert received is not None
            assert received.code is None
        if facts.framing not in FRAMINGS_WITH_CODE:
            assert view.code is None


@pytest.mark.parametrize(
    ("client_ack", "server_ack", "expected"),
    [
        (0, 10, Side.CLIENT),  # the server's close acknowledges the client's: an answer
        (10, 0, Side.SERVER),
        (0, 0, "both"),  # neither knew of the other's
        (-1, 10, None),  # a packet without ACK says nothing
    ],
)
def test_acknowledgments_decide_who_closed_first(
    client_ack: int, server_ack: int, expected: object
) -> None:
    # The server's packet was captured first in all of these: the clock does not decide.
    facts = Facts(
        client=SideFacts(close=close(at=200, acknowledged=client_ack)),
        server=SideFacts(close=close(at=100, acknowledged=server_ack)),
    )
    assert first_close(facts) == expected


def test_who_was_first_is_unknown_when_the_other_side_is_hidden() -> None:
    assert first_close(Facts(client=SideFacts(close=close()))) is Side.CLIENT
    hidden = Facts(client=SideFacts(close=close()), server=SideFacts(captured=False))
    assert first_close(hidden) is None


def test_fins_that_crossed_were_sent_by_both() -> None:
    one = SideFacts(fin=Moment(1, 1), fin_offset=10, fin_acknowledged=20)
    other = SideFacts(fin=Moment(2, 2), fin_offset=20, fin_acknowledged=10)
    assert first_fin(Facts(client=one, server=other)) == "both"
    answer = SideFacts(fin=Moment(2, 2), fin_offset=20, fin_acknowledged=11)
    assert first_fin(Facts(client=one, server=answer)) is Side.CLIENT


def test_a_close_that_its_receiver_reset_was_not_delivered() -> None:
    facts = Facts(
        client=SideFacts(close=close(acknowledged=0), rst=Moment(300, 9)),
        server=SideFacts(close=close(acknowledged=10), acknowledged=0),
    )
    assert was_delivered(facts, Side.SERVER) is False
    assert was_delivered(facts, Side.CLIENT) is True
    assert was_clean(facts, EndingKind.HYBI_CLOSE) is False


def test_a_close_may_be_answered_by_a_packet_that_a_reset_answers() -> None:
    client = SideFacts(close=close(), rst=Moment(300, 9))
    assert was_answered(Facts(client=client), EndingKind.HYBI_CLOSE) is False
    hidden = Facts(client=client, server=SideFacts(segment_hidden=True))
    assert was_answered(hidden, EndingKind.HYBI_CLOSE) is None


def test_clean_needs_both_closes_and_the_end_of_tcp() -> None:
    def facts(**server: object) -> Facts:
        return Facts(
            client=SideFacts(close=close(), fin=Moment(300, 9), acknowledged=11),
            server=SideFacts(close=close(acknowledged=10), acknowledged=11, **server),  # type: ignore[arg-type]
        )

    assert was_clean(facts(fin=Moment(301, 10)), EndingKind.HYBI_CLOSE) is True
    assert was_clean(facts(), EndingKind.HYBI_CLOSE) is None  # the capture ended first


def test_an_unanswered_close_is_false_only_once_no_answer_can_come() -> None:
    waiting = Facts(client=SideFacts(close=close()))
    assert was_answered(waiting, EndingKind.HYBI_CLOSE) is None
    gone = Facts(client=SideFacts(close=close()), server=SideFacts(fin=Moment(9, 9)))
    assert was_answered(gone, EndingKind.HYBI_CLOSE) is False


def test_the_table_names_every_kind_once() -> None:
    assert [rule.kind for rule in RULES] == list(EndingKind)
    assert all(f"| `{kind}` | " in table() for kind in EndingKind)


def test_who_receives_close_notify_and_closes_tcp_first_has_only_answered() -> None:
    # Worked out by hand: the server's close_notify ends at byte 100 of its stream; the client's
    # FIN acknowledges that, and comes before the server's.
    server = SideFacts(
        fin=Moment(30, 3), fin_offset=100, fin_acknowledged=51, notified=Moment(10, 1),
        notify_offset=100, notify_acknowledged=40,
    )  # fmt: skip
    client = SideFacts(fin=Moment(20, 2), fin_offset=50, fin_acknowledged=100)
    facts = Facts(client=client, server=server)
    assert first_fin(facts) is Side.CLIENT
    assert who_ended(facts, EndingKind.FIN) is Side.SERVER
    assert who_ended(facts, EndingKind.RST) is Side.CLIENT
    told = describe(facts, EndingKind.FIN, measure(facts))
    assert told.startswith("server ended TLS (close_notify) without a close frame")
    assert "; client closed TCP (FIN) <0.1 ms later; server closed <0.1 ms later" in told


def test_close_notifies_that_cross_are_of_both() -> None:
    one = SideFacts(
        fin=Moment(20, 2), fin_offset=50, fin_acknowledged=40, notified=Moment(10, 1),
        notify_offset=50, notify_acknowledged=40,
    )  # fmt: skip
    other = SideFacts(
        fin=Moment(21, 3), fin_offset=50, fin_acknowledged=51, notified=Moment(10, 1),
        notify_offset=50, notify_acknowledged=40,
    )  # fmt: skip
    facts = Facts(client=one, server=other)
    assert first_fin(facts) is Side.CLIENT
    assert who_ended(facts, EndingKind.FIN) == "both"
    told = describe(facts, EndingKind.FIN, measure(facts))
    assert told.startswith("both sides ended TLS (close_notify) without a close frame")
