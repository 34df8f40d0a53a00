"""Who ended it across the hops, and what each hop made of it: by hand, and by real proxies' logs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.join import join
from analyzer.legs import join_captures
from analyzer.legs.conversation import Conversation
from conversation import START_NS
from conversation import Conversation as Talk
from legs_paths import CLIENT, INNER, MS, PROXY, SERVER, closed, connections, key_of, leg, seen
from packets import Packet
from wire import CLOSE, close_body, frame

RECORDINGS = Path(__file__).resolve().parents[2] / "captures" / "conditions"


def legs() -> tuple[Talk, Talk]:
    outer = leg(CLIENT, PROXY, key=key_of(1), step_ns=10 * MS)
    return outer, leg(INNER, SERVER, key=key_of(1), start_ns=START_NS + 2 * MS, step_ns=10 * MS)


def lagging(outer: Talk, ahead: int = 0) -> list[Packet]:
    """Let the proxy take 2 ms to the server, and 2 ms back: 4 ms after the client's packets."""
    return seen(outer.packets, CLIENT, ahead=ahead, back=-4 * MS)


def joined(outer: Talk, inner: Talk, ahead: int = 0) -> Conversation:
    (one,) = join_captures(
        [connections(lagging(outer, ahead)), connections(inner.packets)]
    ).conversations
    return one


def as_one(outer: Talk, inner: Talk) -> Conversation:
    packets = sorted([*lagging(outer), *inner.packets], key=lambda p: p.time_ns)
    (one,) = join_captures([connections(packets)]).conversations
    return one


def test_a_close_that_became_a_fin_is_said() -> None:
    outer, inner = legs()
    one = as_one(outer.close_tcp("server"), closed(inner))
    assert (one.first, one.changed) == ("server", ("Close 1001 became FIN",))
    assert [step.what for step in one.steps] == ["close", "fin"]
    # The inner leg runs 2 ms behind the outer one, of which the server's side comes 4 ms late.
    assert one.steps[1].held == 2 * MS


def test_another_code_is_said() -> None:
    outer, inner = legs()
    one = as_one(closed(outer, 1011), closed(inner, 1001))
    assert one.changed == ("Close 1001 became Close 1011",)


def test_what_never_came_through_is_said() -> None:
    outer, inner = legs()
    outer.wait(60).client(b"\x81\x80abcd")
    one = as_one(outer, closed(inner))
    assert one.changed == ("Close 1001 was not passed on",)
    assert one.sentence.endswith("proxy sent nothing on to the client")


def test_a_proxy_that_cuts_both_legs_was_first() -> None:
    outer, inner = legs()
    one = as_one(outer.close_tcp("server"), inner.rst("client"))
    assert one.first == "proxy"
    assert one.sentence == "proxy was first: RST to the server and FIN to the client"


def test_a_proxy_that_cut_before_the_server_closed_was_first() -> None:
    outer, inner = legs()
    one = as_one(outer.close_tcp("server"), closed(inner.wait(5)))
    assert one.first == "proxy"


def test_two_clocks_with_their_error_still_tell_by_the_senders() -> None:
    outer, inner = legs()
    one = joined(closed(outer), closed(inner), ahead=-777 * MS)
    assert one.first == "server"
    held, error = one.steps[1].held, one.steps[1].held_error
    assert held is not None
    assert error is not None
    assert abs(held - 2 * MS) <= error


def test_both_ends_closing_at_once_is_not_told_from_bad_clocks() -> None:
    outer, inner = legs()
    one = joined(closed(outer, by="client"), closed(inner, by="server"))
    assert (one.first, one.steps) == (None, ())
    assert one.sentence.startswith("leg 1: client sent Close 1001")


def test_both_ends_closing_are_told_apart_by_one_clock() -> None:
    outer, inner = legs()
    one = as_one(closed(outer, by="client"), closed(inner, by="server"))
    assert one.first == "client"  # 2 ms before


def test_a_conversation_that_still_goes_on_has_no_steps() -> None:
    one = as_one(*legs())
    assert (one.first, one.steps) == (None, ())


def test_hostile_reasons_are_harmless_in_the_sentence() -> None:
    outer, inner = legs()
    inner.server(frame(CLOSE, close_body(1001, "\x1b[31m\u202e")))
    one = as_one(outer.close_tcp("server"), inner)
    assert one.sentence.isprintable()
    assert one.steps[0].reason == "\x1b[31m\u202e"


@pytest.mark.parametrize(
    "name",
    ["nginx-close", "haproxy-close", "nginx-idle", "haproxy-idle", "nginx-backend-killed"],
)
def test_real_proxies_are_told_as_their_endpoints_logged(name: str) -> None:
    truth = json.loads((RECORDINGS / f"{name}.truth.json").read_text(encoding="utf-8"))
    client_leg, server_leg = truth["connections"]
    (one,) = join(RECORDINGS / f"{name}.pcap").conversations
    ports = [leg.connection.server.port for leg in one.legs]
    assert ports == [client_leg["server_port"], server_leg["server_port"]]
    # Who began on each leg, as staged: server and client of the same proxy make it the proxy.
    began = {("server", "server"): "server", ("client", "client"): "client"}
    began["server", "client"] = "proxy"
    assert one.first == began[client_leg["first"], server_leg["first"]]
    sent = {"close_frame": "close"}
    by_leg = {step.leg: step.what for step in one.steps}
    assert by_leg == {
        0: sent.get(client_leg["how"], client_leg["how"]),
        1: sent.get(server_leg["how"], server_leg["how"]),
    }
    if client_leg["how"] == "close_frame":
        logged = client_leg["client"]["sent_close"]["code"]
        assert {step.code for step in one.steps} == {logged}
        assert one.changed == ()


def test_legs_recorded_apart_give_what_one_recording_gave() -> None:
    parts = [RECORDINGS / f"nginx-idle-{one}-leg.pcap" for one in ("client", "backend")]
    for sources in (parts, parts[::-1], [parts[0], RECORDINGS / "nginx-idle.pcap", parts[1]]):
        both = join(*sources)
        (one,) = both.conversations
        assert (one.first, len(one.legs)) == ("proxy", 2)
        # One machine, one clock: the true offset is 0.
        for clock in both.clocks:
            assert abs(clock.offset or 0) <= (clock.error or 0)
