"""The findings of every recording in ``captures/``, and no others.

What is expected was worked out from what was staged: the READMEs and the truth files, which hold the
endpoints' own words. A recording that is not named here shows nothing that stands out: one FIN or
RST of one connection is told by its own line.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.read import read

CAPTURES = Path(__file__).resolve().parents[1] / "captures"
TRUTHS = sorted(CAPTURES.glob("*/*.truth.json"))

NEVER_ANSWERED = {"close-unanswered"}
ANOTHER_CODE = {"close-code-changed"}
LACKING = {"trust"}
RESET = {"who-sent-rst"}
EXPECTED: dict[str, set[str]] = {
    # Raw socket servers that answer a Close, or not, and keep TCP open.
    **{f"{browser}_close_never_answered": NEVER_ANSWERED for browser in ("chromium", "firefox")},
    **{
        f"{browser}_close_answered_tcp_kept": {"tcp-not-closed"}
        for browser in ("chromium", "firefox")
    },
    **{
        f"{browser}_close_answered_otherwise": ANOTHER_CODE | {"tcp-not-closed"}
        for browser in ("chromium", "firefox")
    },
    **{
        f"{browser}_server_{what}": {"close-code-forbidden"}
        for browser in ("chromium", "firefox")
        for what in ("close_1006", "close_one_byte")
    },
    **{f"{browser}_server_bad_opcode": {"protocol-error"} for browser in ("chromium", "firefox")},
    # Packets were taken out, cut, or never captured.
    "capture-lost-packets": LACKING,
    "capture-lost-packets-close": LACKING,
    "snaplen-96": LACKING,
    "snaplen-96-long-reason": LACKING,
    "one-direction-client": LACKING,
    "one-direction-server": LACKING,
    **{f"midstream-{what}": LACKING for what in ("deflate", "fin", "large", "ping", "small")},
    # The client's wire was cut, or its packets dropped, while the server went on.
    "vanished-capture-ends": {"half-open"},
    "vanished-gives-up": {"half-open"},
    "vanished-keepalive": {"half-open", "ping-timeout"},
    # The peer was stopped, or told to do nothing, before the Close.
    **{
        f"{framing}-{side}-close-ignored": NEVER_ANSWERED
        for framing in ("hybi03", "hybi05", "hybi06", "v7", "v8", "v13")
        for side in ("client", "server")
    },
    "hixie76-client-close-ignored": NEVER_ANSWERED,
    "hixie76-client-close-unanswered-eventlet": NEVER_ANSWERED,
    "hixie76-server-close-ignored-ws04": NEVER_ANSWERED,
    "hixie76-server-close-unanswered-faye": NEVER_ANSWERED,
    "hixie76-server-close-unanswered-perl": NEVER_ANSWERED,
    "close-cut-fin": NEVER_ANSWERED,
    "close-cut-rst": NEVER_ANSWERED | RESET,
    "close-timeout-10s": NEVER_ANSWERED,
    "close-timeout-30s": NEVER_ANSWERED,
    "ping-timeout": NEVER_ANSWERED | {"ping-timeout"},
    "ping-timeout-client": NEVER_ANSWERED | {"ping-timeout"},
    "rst-behind-close": {"close-overtaken"} | RESET,
    # aiohttp and WebSocket-Node answer 1000 to any code.
    "client-close-4002-ws-aiohttp": ANOTHER_CODE,
    "client-close-4003-tornado-websocket-node": ANOTHER_CODE,
    "close-1008-tornado-aiohttp": ANOTHER_CODE,
    "close-1009-ws-aiohttp": ANOTHER_CODE,
    "close-1011-websockets-aiohttp": ANOTHER_CODE,
    "close-4000-ws-websocket-node": ANOTHER_CODE,
    "v8-server-close-websocket-node": ANOTHER_CODE,
    # Upgrades that the server refused, or never answered, or whose client left before.
    **{f"refused-{status}": {"upgrade-refused"} for status in (401, 403, 404, 503)},
    **{
        f"{browser}_{what}": {"upgrade-refused"}
        for browser in ("chromium", "firefox")
        for what in ("upgrade_403", "reload_refused")
    },
    "hixie75-refused-ws04": {"upgrade-refused"},
    "unanswered-upgrade": {"upgrade-unanswered"},
    "hixie76-perl-unanswered": {"upgrade-unanswered"},
    "chromium_close_connecting": {"upgrade-unanswered"},
    "chromium_reload_connecting": {"upgrade-unanswered"},
    **{f"{browser}_upgrade_bad_accept": {"wrong-accept"} for browser in ("chromium", "firefox")},
    # lighttpd answers the challenge wrongly; two of the clients were told to go on.
    **{
        f"hixie76-lighttpd-{what}": {"wrong-accept"}
        for what in ("backend-gone", "client-close", "wrong-answer")
    },
    # 6 % of the packets were dropped; and all that came for 0.3 s. (Of loss-seen-by-sender, the two
    # segments that were sent again are too few to tell from a TCP that was in a hurry.)
    "loss-and-reordering": {"loss"},
    "hixie76-both-close": {"loss"},
    # An end that aborts, or is killed with data unread; haproxy drops its backend's connection.
    **{f"{browser}_server_rst": RESET for browser in ("chromium", "firefox")},
    **{f"{name}-rst": RESET for name in ("hixie75-client", "hixie75-server", "hixie76-client")},
    **{f"{name}-rst": RESET for name in ("hixie76-server", "hybi03-client", "hybi05-client")},
    **dict.fromkeys(("hybi06-client-rst", "rst-client", "rst-server", "rst-unread"), RESET),
    **dict.fromkeys(("haproxy-idle", "haproxy-idle-backend-leg", "port-reuse"), RESET),
    # Many clients: a timer that runs out for one after the other, and servers that go and come back
    # while clients without jitter try again after a fixed time, or back off with jitter.
    "nginx-idle-crowd": {"idle-timer"},
    "haproxy-idle-crowd": {"idle-timer"},
    "server-killed-crowd": {"mass-end", "reconnects"},
    "server-restarted-crowd": {"mass-end"},
    "nginx-restarted-crowd": {"mass-end", "reconnects"},
    "slow-reader-crowd": {"slow-reader"},
    # On HTTP/2: a browser that is killed, and a peer that is still spoken to when it has left. The
    # busy machine repeated segments of one TCP connection; tshark counts the same four.
    "chromium_several_at_once": {"upgrade-refused"},
    "h2c_upgrade": {"upgrade-refused"},
    "chromium_behind_haproxy": {"upgrade-refused", "loss"} | RESET,
    "node_every_ending": {"upgrade-refused"} | RESET,
    # curl leaves without an answer; ws aborts.
    "connect-squid-407": NEVER_ANSWERED,
    **{f"websockets-ws-abort-{way}": RESET for way in ("plain", "tls12-gcm", "tls13")},
    # A text frame was written past the library, behind the Close; aiohttp is the client of one.
    "data-after-close": {"data-after-close"},
    "data-after-close-ws": {"data-after-close"} | ANOTHER_CODE,
}


def name_of(path: Path) -> str:
    return path.name.removesuffix(".truth.json")


@pytest.mark.parametrize("path", TRUTHS, ids=name_of)
def test_every_recording_gives_the_findings_that_were_staged(path: Path) -> None:
    truth = json.loads(path.read_text(encoding="utf-8"))
    names = truth.get("captures") or [f"{name_of(path)}.pcap"]
    keys = path.parent / truth["keylog"] if "keylog" in truth else None
    found = read([path.parent / name for name in names], keylog=keys).findings
    assert {one.name for one in found} == EXPECTED.get(name_of(path), set())


def test_every_expectation_is_of_a_recording() -> None:
    assert EXPECTED.keys() <= {name_of(path) for path in TRUTHS}
