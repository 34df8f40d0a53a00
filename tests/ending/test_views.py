"""What each end would report: RULES R14 and W1 to W7, case by case."""

from __future__ import annotations

import pytest

from analyzer.ending.facts import Facts, Moment, Reset, SideFacts
from analyzer.ending.rules import classify
from analyzer.ending.views import View, view_of
from analyzer.side import Side
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import Framing

FIN = Moment(900, 9)
ABNORMAL = View(1006, "", False, "certain")
UNKNOWN = View()


def close(
    code: int | None, reason: str = "", *, acknowledged: int = 0, body: bytes = b"", **more: bool
) -> CloseFrame:
    return CloseFrame(code, reason, 100, 1, body, end_offset=10, acknowledged=acknowledged, **more)


def views(facts: Facts) -> tuple[View, View]:
    kind = classify(facts)
    return view_of(facts, kind, Side.CLIENT), view_of(facts, kind, Side.SERVER)


def closing(
    first: CloseFrame, answer: CloseFrame | None, *, down: bool = True, **more: object
) -> Facts:
    """The server closes first; the client answers, or not."""
    fin = {"fin": FIN} if down else {}
    return Facts(
        client=SideFacts(close=answer, acknowledged=11, **fin),  # type: ignore[arg-type]
        server=SideFacts(close=first, acknowledged=11, **fin),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def test_each_end_reports_what_it_received() -> None:
    facts = closing(close(1001, "restart"), close(1000, "bye", acknowledged=10))
    assert views(facts) == (
        View(1001, "restart", True, "certain"),
        View(1000, "bye", True, "certain"),
    )


def test_close_without_a_code_is_1005() -> None:
    facts = closing(close(None), close(None, acknowledged=10))
    assert views(facts) == (View(1005, "", True, "certain"),) * 2


def test_close_that_was_not_answered_is_not_clean() -> None:
    assert views(closing(close(1001), None)) == (View(1001, "", False, "certain"), ABNORMAL)


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1009, 1010])
def test_whoever_fails_the_connection_reports_1006(code: int) -> None:
    client, server = views(closing(close(code), close(code, acknowledged=10)))
    assert (client.code, client.certainty) == (code, "certain")
    assert server == View(1006, "", False, "likely")


@pytest.mark.parametrize(
    "illegal",
    [
        close(1005, body=b"\x03\xed"),
        close(999, body=b"\x03\xe7"),
        close(5000, body=b"\x13\x88"),
        close(None, body=b"\x03"),
        close(1000, "\ufffd", body=b"\x03\xe8\xff"),
    ],
)
def test_illegal_close_is_taken_differently_by_different_programs(illegal: CloseFrame) -> None:
    client, _ = views(closing(illegal, close(1002, acknowledged=10)))
    assert client == UNKNOWN


def test_close_that_never_arrived_leaves_1006() -> None:
    facts = Facts(
        client=SideFacts(close=close(1000), rst=FIN, acknowledged=11),
        server=SideFacts(close=close(1001), acknowledged=3),
    )
    assert views(facts)[0] == View(1006, "", False, "likely")


def test_end_of_tcp_without_a_close_is_1006_for_both() -> None:
    assert views(Facts(client=SideFacts(fin=FIN), server=SideFacts(fin=FIN))) == (
        ABNORMAL,
        ABNORMAL,
    )
    assert views(Facts(server=SideFacts(rst=FIN))) == (ABNORMAL, ABNORMAL)


def test_a_reset_of_a_box_on_the_way_need_not_have_reached_the_side_that_it_names() -> None:
    rst = Reset(1, 1, ttl=64, usual_ttl=63)
    assert views(Facts(server=SideFacts(rst=rst))) == (ABNORMAL, UNKNOWN)
    # But that side was told by a FIN.
    told = Facts(client=SideFacts(fin=FIN), server=SideFacts(rst=rst))
    assert views(told) == (ABNORMAL, ABNORMAL)


def test_what_a_side_answered_with_a_reset_did_not_reach_it() -> None:
    server = SideFacts(segment_hidden=True, fin=FIN)
    assert views(Facts(client=SideFacts(rst=FIN), server=server))[0] == View(
        1006, "", False, "likely"
    )


def test_open_connection_reports_nothing_yet() -> None:
    assert views(Facts()) == (UNKNOWN, UNKNOWN)
    assert views(closing(close(1000), None, down=False))[0] == View(1000, "", None, "certain")


def test_what_is_hidden_is_unknown() -> None:
    hidden = Facts(client=SideFacts(fin=FIN), server=SideFacts(fin=FIN, close_hidden=True))
    assert views(hidden) == (UNKNOWN, ABNORMAL)
    one_sided = Facts(client=SideFacts(fin=FIN), server=SideFacts(captured=False))
    assert views(one_sided)[0] == UNKNOWN


def test_side_that_is_still_there_gives_up() -> None:
    gone = Facts(client=SideFacts(unanswered=3))
    assert views(gone) == (View(1006, "", False, "likely"), UNKNOWN)
    reused = Facts(reused_by=Side.CLIENT)
    assert views(reused) == (UNKNOWN, View(1006, "", False, "likely"))


def test_refused_upgrade_is_1006_for_the_client_alone() -> None:
    assert views(Facts(upgraded=False, status=403)) == (ABNORMAL, UNKNOWN)
    assert views(Facts(upgraded=False, status=None)) == (UNKNOWN, UNKNOWN)
    assert views(Facts(upgraded=False, status=None, client=SideFacts(fin=FIN)))[0] == ABNORMAL


@pytest.mark.parametrize("framing", [Framing.HIXIE_75, Framing.HIXIE_76, Framing.HYBI_03])
def test_version_without_codes_reports_none(framing: Framing) -> None:
    bare = Facts(framing, client=SideFacts(fin=FIN), server=SideFacts(fin=FIN))
    assert {view.code for view in views(bare)} == {None}
    closed = closing(close(None), close(None, acknowledged=10), framing=framing)
    assert views(closed) == (View(None, "", True, "likely"),) * 2


def test_code_of_a_close_that_is_cut_off_is_likely() -> None:
    cut = closing(close(4009, "too lo", complete=False), close(4009, acknowledged=10))
    assert views(cut)[0] == View(4009, "too lo", True, "likely")
    lost = closing(close(None, complete=False), close(1000, acknowledged=10))
    assert views(lost)[0].certainty == "unknown"


def test_own_close_that_may_be_hidden_leaves_clean_open() -> None:
    facts = Facts(
        client=SideFacts(close_hidden=True, fin=FIN, acknowledged=11),
        server=SideFacts(close=close(1000), fin=FIN, acknowledged=11),
    )
    client = view_of(facts, classify(facts), Side.CLIENT)
    assert (client.code, client.was_clean) == (1000, None)
