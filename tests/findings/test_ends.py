"""What rules ask of one connection."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.ending.facts import Goaway, Moment, StreamReset
from analyzer.ending.h2 import Http2End
from analyzer.findings.ends import (
    began_at,
    close_of,
    down_moment,
    end_moment,
    ended_badly,
    ends_by,
    fin_of,
    first_close,
    first_side,
    idle_of,
    is_closing,
    is_over,
    open_at,
    rst_of,
    sent_by,
    tells_of_pings,
)
from analyzer.record import TcpEnd
from analyzer.side import Side
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.registry import Framing
from population import SECOND, at, connection, with_ending


def test_sides_are_told_apart() -> None:
    one = connection(0, "hybi_close", Side.CLIENT, idle=(1.0, 2.0), closes=(1001, 1000))
    codes = [close.code if (close := close_of(one, side)) else None for side in Side]
    assert codes == [1001, 1000]
    assert (idle_of(one, 0), idle_of(one, 1)) == (SECOND, 2 * SECOND)
    assert sent_by(one, 1) is one.server_sent
    assert first_side(one) is Side.CLIENT
    assert first_side(with_ending(one, first="both")) is None


def test_an_ending_begins_with_the_first_close_else_with_fin_or_rst_else_with_the_last_packet() -> (
    None
):
    tcp = TcpEnd(None, Moment(at(40), 9), Moment(at(39), 8), None, Moment(at(41), 10))
    closing = with_ending(connection(0, "hybi_close", Side.SERVER), tcp=tcp)
    assert end_moment(closing) == Moment(at(30), 92)
    assert down_moment(closing) == Moment(at(39), 8)
    assert (fin_of(closing, 0), rst_of(closing, 1)) == (tcp.client_fin, tcp.server_rst)
    assert end_moment(connection(1, "fin")).at == at(30)
    silent = connection(2, "open", None)
    assert end_moment(silent) == Moment(silent.last_at, silent.last_packet)
    assert down_moment(silent) is None


def test_crossing_closes_begin_with_the_earlier() -> None:
    one = connection(0, "hybi_close", "both", closes=(1000, 1001))
    assert first_close(one) is one.ending.client_close
    assert is_closing(one)


def test_what_never_opened_or_never_ended_is_not_over() -> None:
    kinds = ("refused", "unanswered", "open", "undetermined", "fin", "vanished", "hybi_close")
    over = [is_over(connection(0, kind, None)) for kind in kinds]
    assert over == [False, False, False, False, True, True, True]


def test_a_fin_is_the_good_end_of_hixie_75_only() -> None:
    assert ended_badly(connection(0, "fin"))
    assert not ended_badly(connection(0, "fin", framing=Framing.HIXIE_75))
    assert ended_badly(connection(0, "rst", framing=Framing.HIXIE_75))
    assert began_at(connection(0, begin=7)) == at(7)


def test_a_connection_is_open_till_its_end_and_without_one_till_the_capture_ends() -> None:
    cut, still = connection(0, begin=5.0, open_s=10.0), connection(1, "open", None, open_s=10.0)
    assert [open_at(cut, at(time)) for time in (4, 6, 15, 16)] == [False, True, True, False]
    assert [open_at(still, at(time)) for time in (6, 99)] == [True, True]
    assert not open_at(connection(2, "refused", None, open_s=10.0), at(6))


def test_what_a_side_did_to_end_a_connection_is_in_order() -> None:
    h2 = Http2End(
        client_end_stream=Moment(at(40), 95),
        server_goaway=Goaway(at(2), 4, 1, 0),
        server_reset=StreamReset(at(3), 5, 8),
    )
    tcp = TcpEnd(client_fin=Moment(at(30), 91), server_fin=Moment(at(31), 92))
    one = with_ending(connection(0, "fin"), tcp=tcp, h2=h2)
    assert [end.name for end in ends_by(one, 0)] == ["FIN"]  # it is not on HTTP/2
    one = replace(one, h2_stream=1)
    assert ends_by(one, 0) == [
        ("FIN", Moment(at(30), 91), None),
        ("END_STREAM", Moment(at(40), 95), None),
    ]
    # A GOAWAY without an error ends nothing.
    assert [(end.name, end.code) for end in ends_by(one, 1)] == [("RST_STREAM", 8), ("FIN", None)]


@pytest.mark.parametrize(
    ("reason", "tells"),
    [
        ("keepalive ping timeout", True),  # the library websockets
        ("Ping timeout", True),
        ("Keep-Alive", True),
        ("no heartBEAT", True),
        ("idle timeout", False),
        ("", False),
    ],
)
def test_a_reason_that_names_pings_is_known(reason: str, tells: bool) -> None:
    assert tells_of_pings(CloseFrame(1011, reason, 0, 1)) == tells
