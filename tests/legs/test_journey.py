"""Who ended it across the hops, and what each hop made of it: by hand, and by real proxies' logs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.join import join
from analyzer.legs import join_captures
from analyzer.legs.conversation import Conversation, sign
from analyzer.legs.journey import Mark
from conversation import START_NS
from conversation import Conversation as Talk
from legs_paths import CLIENT, INNER, MS, PROXY, SERVER, closed, connections, key_of, lagging, leg
from wire import CLOSE, close_body, frame

RECORDINGS = Path(__file__).resolve().parents[2] / "captures" / "conditions"


def legs() -> tuple[Talk, Talk]:
    outer = leg(CLIENT, PROXY, key=key_of(1))
    return outer, leg(INNER, SERVER, key=key_of(1), start_ns=START_NS + 2 * MS)


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


LEGS = RECORDINGS.parent / "legs"
POINTS = ("client", "proxy", "server")


@pytest.mark.parametrize(
    ("name", "match", "changed"),
    [("passed-on", "key", ()), ("cut", "traffic", ("Close 1001 became FIN",))],
)
def test_three_captures_of_a_real_proxy_are_told_as_logged(
    name: str, match: str, changed: tuple[str, ...]
) -> None:
    truth = json.loads((LEGS / f"legs-{name}.truth.json").read_text(encoding="utf-8"))
    joined = join(*(LEGS / f"legs-{name}-{point}.pcap" for point in POINTS))
    (one,) = joined.conversations
    assert (str(one.match), one.first, one.changed) == (match, "server", changed)
    seen_at = [[sight.capture for sight in leg.sightings] for leg in one.legs]
    assert seen_at == [[0, 1], [1, 2]]
    ports = [leg.connection.client.port for leg in one.legs]
    assert ports == [connection["client_port"] for connection in truth["connections"]]
    # What the client's and the server's own logs say of close frames.
    client, server = truth["connections"][0]["client"], truth["connections"][1]["server"]
    assert one.steps[0].code == server["sent_close"]["code"]
    received = client["received_close"]
    assert one.steps[-1].code == (received["code"] if received else None)
    # One capture holds both legs: how long the proxy held it needs no second clock.
    assert one.steps[-1].held_error == 0


@pytest.mark.parametrize("name", ["passed-on", "cut"])
def test_clocks_that_were_set_apart_are_found_within_the_error(name: str) -> None:
    truth = json.loads((LEGS / f"legs-{name}.truth.json").read_text(encoding="utf-8"))
    ahead = [truth["clocks_ahead_s"][point] for point in POINTS]
    joined = join(*(LEGS / f"legs-{name}-{point}.pcap" for point in POINTS))
    for clock, expected in zip(joined.clocks, ahead, strict=True):
        assert clock.offset is not None
        assert clock.error is not None
        assert abs(clock.offset / 1e9 - (expected - ahead[0])) <= clock.error / 1e9
        # The way takes 20 ms, and no bound can be better than it; a few more are for the proxy.
        assert clock.error / 1e9 <= truth["delay_s"] + 0.01


def test_without_the_proxys_capture_the_key_still_joins_and_the_error_says_how_well() -> None:
    joined = join(*(LEGS / f"legs-passed-on-{point}.pcap" for point in ("client", "server")))
    (one,) = joined.conversations
    assert (one.first, len(one.legs)) == ("server", 2)
    held, error = one.steps[1].held, one.steps[1].held_error
    assert held is not None
    assert error is not None
    # From the server's machine to the client: 20 ms of way, and less than 5 ms in the proxy.
    assert abs(held / 1e9 - 0.0225) <= error / 1e9 + 0.0025


def test_without_the_proxys_capture_another_key_joins_nothing() -> None:
    joined = join(*(LEGS / f"legs-cut-{point}.pcap" for point in ("client", "server")))
    assert [len(one.legs) for one in joined.conversations] == [1, 1]
    assert joined.clocks[1].offset is None


def test_legs_of_http2_and_http1_are_told_as_their_ends_logged_it() -> None:
    # The log: which side closed, with what; haproxy passes it on, in the words of the other leg.
    conversations = join(RECORDINGS.parent / "http2" / "h2_through_haproxy.pcap").conversations
    told = {
        one.legs[0].connection.handshake.target: (
            str(one.match),
            one.first,
            [sign(step.what, step.code) for step in one.steps if step.what is not None],
        )
        for one in conversations
    }
    assert told == {
        "/server-closes": ("accept", "server", ["Close 1001", "Close 1001"]),
        "/client-closes": ("accept", "client", ["Close 4001", "Close 4001"]),
        "/client-resets": ("accept", "client", ["RST_STREAM CANCEL", "RST"]),
        "/refused": ("time", None, []),
        "/left": ("accept", "client", ["FIN", "FIN"]),
    }
    assert [one.changed for one in conversations] == [()] * 5
    reset = next(one for one in conversations if "RST" in one.sentence)
    assert reset.sentence.startswith(
        "client was first: RST_STREAM CANCEL; proxy passed it on as RST"
    )


def test_the_end_of_a_stream_is_to_http2_what_fin_and_rst_are_to_tcp() -> None:
    # RFC 8441, section 5.
    fin, rst = Mark("fin", None, "", 0, 1), Mark("rst", None, "", 0, 1)
    assert Mark("end_stream", None, "", 0, 1).sense == fin.sense
    assert Mark("rst_stream", 8, "", 0, 1).sense == rst.sense  # CANCEL
    assert Mark("rst_stream", 2, "", 0, 1).sense != rst.sense  # INTERNAL_ERROR
    assert Mark("goaway", 0xB, "", 0, 1).sense != rst.sense
