"""The recordings in ``captures/``, against what the endpoints themselves logged.

The truth files hold the programs' own words; where a program's word and the wire differ for a known
reason, the reason stands here beside the name.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.ending.rules import EndingKind
from analyzer.read import read
from analyzer.record import Connection
from analyzer.websocket.close import FRAMINGS_WITH_CODE

CAPTURES = Path(__file__).resolve().parents[1] / "captures"
TRUTHS = sorted(CAPTURES.glob("*/*.truth.json"))

CLOSE_KINDS = {EndingKind.HIXIE_CLOSE, EndingKind.HYBI_CLOSE}
KINDS = {
    "close_frame": CLOSE_KINDS,
    "fin": {EndingKind.FIN},
    "rst": {EndingKind.RST},
    "vanished": {EndingKind.VANISHED},
    "open": {EndingKind.OPEN},
    "refused": {EndingKind.REFUSED},
    "unanswered": {EndingKind.UNANSWERED},
}


def load(path: Path) -> tuple[list[Connection], list[dict[str, Any]]]:
    truth = json.loads(path.read_text(encoding="utf-8"))
    names = truth.get("captures") or [path.name.replace(".truth.json", ".pcap")]
    keys = path.parent / truth["keylog"] if "keylog" in truth else None
    found = read([path.parent / name for name in names], keylog=keys).connections
    # Streams of one TCP connection end in another order than they began.
    return sorted(found, key=lambda one: one.id), truth["connections"]


@pytest.fixture(params=TRUTHS, ids=lambda path: path.name.removesuffix(".truth.json"))
def recording(
    request: pytest.FixtureRequest,
) -> tuple[str, list[tuple[Connection, dict[str, Any]]]]:
    path: Path = request.param
    found, expected = load(path)
    name = path.name.removesuffix(".truth.json")
    assert len(found) == len(expected), name
    return name, list(zip(found, expected, strict=True))


def test_there_are_recordings_of_every_family() -> None:
    families = {path.parent.name for path in TRUTHS}
    assert families == {
        "browsers",
        "conditions",
        "http2",
        "incidents",
        "legs",
        "old_framing",
        "proxies",
        "servers",
        "tls",
        "tunnels",
    }
    assert len(TRUTHS) >= 150


def test_handshake_is_the_one_that_the_endpoints_made(recording: Any) -> None:
    name, pairs = recording
    for one, truth in pairs:
        assert str(one.framing) == truth["framing"]
        if name.startswith(NO_REQUEST):
            assert one.handshake.target is None
        else:
            assert one.handshake.target == truth["path"]
        if not name.startswith(NO_HEADS):
            assert one.version == truth.get("version")
        if not name.startswith(NO_ANSWER):
            assert one.handshake.status == truth["status"]
        if truth.get("client_port"):
            assert one.client.port == truth["client_port"]
        if truth.get("server_port"):
            assert one.server.port == truth["server_port"]


def test_what_stood_in_front_is_what_was_staged(recording: Any) -> None:
    _, pairs = recording
    for one, truth in pairs:
        assert [str(hop) for hop in one.via] == truth.get("via", [])
        told = [one.proxied_for.ip, one.proxied_for.port] if one.proxied_for else None
        assert told == truth.get("proxied_for")


def test_a_tunnel_that_was_refused_first_tells_both_answers() -> None:
    # squid's log: TCP_DENIED/407, then TCP_TUNNEL/200.
    (one,), _ = load(CAPTURES / "proxies" / "connect-squid-407.truth.json")
    (hop,) = one.via
    assert (hop.refusals, hop.status) == ((407,), 200)


def test_kind_and_first_are_what_was_staged(recording: Any) -> None:
    name, pairs = recording
    for number, (one, truth) in enumerate(pairs):
        if (name, number) in STAGED_OTHERWISE:
            kind, first = STAGED_OTHERWISE[name, number]
            assert (str(one.ending.kind), str(one.ending.first)) == (kind, first)
            continue
        assert one.ending.kind in KINDS[truth["how"]]
        if one.ending.kind in {EndingKind.REFUSED, EndingKind.UNANSWERED, EndingKind.OPEN}:
            assert one.ending.first is None  # nobody ended what never began
        else:
            assert str(one.ending.first) == str(truth["first"])


def test_close_frames_are_those_that_the_endpoints_logged(recording: Any) -> None:
    name, pairs = recording
    for number, (one, truth) in enumerate(pairs):
        closes = {"client": one.ending.client_close, "server": one.ending.server_close}
        for side in ("client", "server"):
            log = truth[side] or {}
            if (name, number, side) in LOGGED_OTHERWISE:
                continue
            if "sent_close" in log:
                assert _close(closes[side], one) == _logged(log["sent_close"], one)
            other = closes["server" if side == "client" else "client"]
            if log.get("received_close") is not None:
                assert _close(other, one) == _logged(log["received_close"], one)


def test_what_carried_it_and_how_http2_ended_it_is_what_was_staged(recording: Any) -> None:
    _, pairs = recording
    for one, truth in pairs:
        if "carrier" in truth:
            assert one.carrier == truth["carrier"]
        record = one.to_dict()["ending"]["h2"]
        for name in ("client_reset", "server_reset", "client_goaway", "server_goaway"):
            if name in truth.get("h2", {}):
                assert record[f"{name}_code"] == truth["h2"][name]


def _close(close: Any, one: Connection) -> Any:
    if close is None:
        return None
    return (close.code, close.reason) if one.framing in FRAMINGS_WITH_CODE else "close"


def _logged(logged: Any, one: Connection) -> Any:
    if logged is None:
        return None
    if one.framing not in FRAMINGS_WITH_CODE:
        return "close"
    # Many APIs say 1005 for a close frame without a code.
    code = None if logged["code"] == 1005 else logged["code"]
    return code, logged["reason"] or ""


def test_views_are_what_the_apis_reported(recording: Any) -> None:
    name, pairs = recording
    for number, (one, truth) in enumerate(pairs):
        views = {"client": one.ending.client_view, "server": one.ending.server_view}
        for side in ("client", "server"):
            reported = (truth[side] or {}).get("reported")
            view = views[side]
            if reported is None or one.framing not in FRAMINGS_WITH_CODE:
                continue
            if view.certainty != "certain" or (name, number, side) in REPORTED_OTHERWISE:
                continue
            assert view.code == reported["code"]
            if reported.get("was_clean") is not None and view.was_clean is not None:
                assert view.was_clean == reported["was_clean"]


def test_a_close_frame_that_the_snap_length_cuts_keeps_its_code() -> None:
    (one,), _ = load(CAPTURES / "conditions" / "snaplen-96-long-reason.truth.json")
    for close in (one.ending.client_close, one.ending.server_close):
        assert close is not None
        # Worked out by hand: 96 bytes hold 30 of TCP's payload, so 28 and 24 of the bodies.
        assert (close.code, close.complete) == (4009, False)
    assert one.ending.server_close is not None
    assert one.ending.server_close.reason == "this reason is so long tha"


# What of the handshake is not in these captures.
NO_REQUEST = ("midstream", "one-direction-server")
NO_ANSWER = ("midstream", "one-direction-client")
NO_HEADS = (*NO_REQUEST, "snaplen-96")

# What the wire shows where it cannot show, or does not show, what was staged: kind and first.
STAGED_OTHERWISE = {
    # FIN for the killed browser; then RST, as haproxy went on to end the streams.
    **{("chromium_behind_haproxy", number): ("rst", "client") for number in (3, 4)},
    # FIN of the client's TCP; then RST, as haproxy went on to end the stream.
    ("h2_through_haproxy", 8): ("rst", "client"),
    # The packet with the server's Close was taken out of the capture.
    ("capture-lost-packets-close", 0): ("hybi_close", "None"),
    # Who was first cannot be told from one side's packets.
    ("one-direction-client", 0): ("hybi_close", "None"),
    ("one-direction-server", 0): ("hybi_close", "None"),
    # The server's Close 1011 was dropped on the way, before the place of the capture.
    ("vanished-keepalive", 0): ("vanished", "client"),
    # hixie-75 gives FF 00 no meaning: what ends it is the FIN, and the server's was first.
    ("hixie75-ff00-answered-em", 0): ("fin", "server"),
    ("hixie75-ff00-fin-eventlet", 0): ("fin", "server"),
}

# A close frame in a log that is not one on the wire, or not in the capture.
LOGGED_OTHERWISE = {
    **{("slow-reader-crowd", number, "server"): "waits in its kernel" for number in range(3)},
    **{
        (name, number, "client"): "waits in its kernel"
        for name in ("server-unreachable-crowd", "outage-heals-crowd")
        for number in range(6)
    },
    **{("capture-lost-packets-close", 0, side): "taken out" for side in ("client", "server")},
    ("one-direction-client", 0, "server"): "this side was not captured",
    ("one-direction-client", 0, "client"): "the other side was not captured",
    ("one-direction-server", 0, "server"): "the other side was not captured",
    ("one-direction-server", 0, "client"): "this side was not captured",
    **{("snaplen-96-long-reason", 0, side): "cut, see below" for side in ("client", "server")},
    ("vanished-keepalive", 0, "server"): "dropped before the place of the capture",
    **{
        (f"hixie75-ff00-{how}", 0, side): "FF 00 is no close frame in hixie-75"
        for how in ("answered-em", "fin-eventlet", "ignored-faye")
        for side in ("client", "server")
    },
    ("rst-behind-close", 0, "client"): "the RST was there before the answer could leave",
}

# An API that says something else than RFC 6455, section 7.1.5, lets expect.
REPORTED_OTHERWISE = {
    ("chromium_navigate_back", 0, "client"): "the page had been put aside; it is told 1006",
    ("firefox_reload_connecting", 0, "client"): "says clean although nothing was ever opened",
    ("v8-server-close-websocket-node", 0, "server"): "reports the code that it sent itself",
    ("client-close-empty-websockets-tornado", 0, "server"): "None where others say 1005",
    ("close-1012-aiohttp-websockets", 0, "server"): "1000 after every close of its own",
    ("exit-server-aiohttp", 0, "client"): "None where others say 1006",
    ("rst-behind-close", 0, "server"): "the code that it sent itself",
    **{
        (name, number, "server"): why
        for name in ("chromium_several_at_once", "chromium_behind_haproxy")
        for number, why in enumerate(
            ("hypercorn tells its application 1006", "1000 after every close of its own")
        )
    },
    **{
        ("h2_through_haproxy", number, "server"): why
        for number, why in enumerate(
            (
                *("1000 after every close of its own",) * 2,
                *("hypercorn tells its application 1006",) * 2,
            )
        )
    },
    ("h2c_upgrade", 0, "server"): "1000 after every close of its own",
    ("h2c_upgrade", 1, "server"): "hypercorn tells its application 1006",
}
