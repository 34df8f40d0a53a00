"""The findings of every recording in ``captures/``, and no others.

What is expected was worked out from what was staged: the READMEs and the truth files, which hold the
endpoints' own words. A recording that is not named here shows nothing that stands out: one FIN or
RST of one connection is told by its own line.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.ending.facts import Reset
from analyzer.findings import Finding
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
    "nginx-reloaded-crowd": {"mass-end"},
    # A server that is gone for 12 s; and nothing that reaches it for so long, so that pings wait.
    "server-killed-backoff-crowd": {"mass-end", "reconnects"},
    "outage-heals-crowd": {"outage", "reconnects"} | RESET,
    "server-unreachable-crowd": {"mass-end", "ping-timeout", "half-open", "reconnects"},
    # The same of six connections that were there before, while their clients come back.
    "firewall-forgets-crowd": {"mass-end", "half-open", "old-still-open"},
    # A path that loses 12 %, both ways or only what the server sends.
    "lossy-path-crowd": {"loss"},
    "lossy-one-way-crowd": {"loss"},
    "slow-reader-crowd": {"slow-reader"},
    # A firewall that drops without a word; and one that rejects in the server's name, one hop nearer.
    "firewall-drops-crowd": {"mass-end", "half-open"},
    "firewall-rejects-crowd": {"mass-end"} | RESET,
    # On HTTP/2: a browser that is killed, and a peer that is still spoken to when it has left. The
    # busy machine repeated segments of one TCP connection; tshark counts the same four.
    "chromium_several_at_once": {"upgrade-refused"},
    "h2c_upgrade": {"upgrade-refused"},
    "h2_through_haproxy": {"upgrade-refused"} | RESET,
    "chromium_behind_haproxy": {"upgrade-refused", "loss"} | RESET,
    # GOAWAY ended what was left; that TCP was reset later ended nothing.
    "node_every_ending": {"upgrade-refused"},
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


def found_of(name: str) -> dict[str, Finding]:
    """The findings of a recording of `incidents`, each of which has one of a name."""
    return {one.name: one for one in read(CAPTURES / "incidents" / f"{name}.pcap").findings}


def test_a_firewall_that_drops_is_told_by_silence() -> None:
    # iptables: both rules at 08:34:14; eight clients; nothing came of them till the end, 9 s later.
    found = found_of("firewall-drops-crowd")
    assert found["mass-end"].numbers["how"] == "silence"
    assert len(found["mass-end"].connections) == len(found["half-open"].connections) == 8
    assert found["half-open"].numbers["gone"] == "client"


def test_the_server_has_not_noticed_when_clients_come_back() -> None:
    # All six came back behind a firewall that had forgotten their old connections; the server went
    # on sending on these till the end.
    found = found_of("firewall-forgets-crowd")
    assert {name: len(one.connections) for name, one in found.items()} == {
        "mass-end": 6,
        "half-open": 6,
        "old-still-open": 6,
    }
    assert found["mass-end"].numbers["how"] == "silence"
    assert found["mass-end"].consistent_with[0].startswith("state that was lost on the way")


def test_a_firewall_that_rejects_is_not_taken_for_the_server() -> None:
    # iptables counted 18 packets that it rejected: eight clients' messages, and ten SYNs.
    found = found_of("firewall-rejects-crowd")
    assert found["mass-end"].numbers["how"] == "cut on the way"
    assert len(found["mass-end"].connections) == 8
    assert found["mass-end"].numbers["refused_tcp_connections"] == 10
    rst = found["who-sent-rst"].numbers
    # The firewall's own packets reach the clients over one hop less than those of the server.
    assert (rst["cause"], rst["ttl"], rst["usual_ttl"]) == ("not the peer", "64", "63")
    # tshark: packet 221 has IP identification 0, the server's packet before it 0x46a5.
    tcp = read(CAPTURES / "incidents" / "firewall-rejects-crowd.pcap").connections[0].ending.tcp
    assert isinstance(tcp.server_rst, Reset)
    assert (tcp.server_rst.packet, tcp.server_rst.ip_id) == (221, 0)
    assert (tcp.server_rst.usual_ip_id, rst["ip_id"]) == (0x46A5, "0")


def test_a_reload_is_told_from_a_restart() -> None:
    # nginx was reloaded, and six clients came 0.7 s later and after; its old workers had 3 s, and
    # then cut the 36 that they had. Nothing was ever refused.
    found = found_of("nginx-reloaded-crowd")["mass-end"]
    assert len(found.connections) == 36
    assert found.numbers["younger_stayed_open"] == 6
    assert found.numbers["refused_tcp_connections"] == 0
    before = found.numbers["reloaded_at_least_before_s"]
    assert isinstance(before, float)
    assert 1.5 < before < 3.0 - 0.5
    restarted = found_of("nginx-restarted-crowd")["mass-end"]
    assert "younger_stayed_open" not in restarted.numbers


def test_clients_that_back_off_are_told_from_those_that_do_not() -> None:
    # Those of 127.0.N.1 tried every 0.7 s, those of 127.1.N.1 as their library does. tshark counts
    # 144 SYNs, 24 of which were accepted.
    numbers = found_of("server-killed-backoff-crowd")["reconnects"].numbers
    assert numbers["clients"] == 12
    assert numbers["clients_without_back_off"] == 6
    assert numbers["refused_tcp_connections"] == 144 - 24
    sentence = found_of("server-killed-backoff-crowd")["reconnects"].sentence
    assert "(6 of 12 clients that failed so often: 127.0.1.1, 127.0.2.1, 127.0.3.1 and 3 more)" in (
        sentence
    )


def test_syns_that_nothing_answered_are_attempts_to_come_back() -> None:
    # The clients' log says, again and again, that TCP took longer than 2 s. tshark counts SYNs of 31
    # TCP streams, 12 of which were answered: six at the beginning, and six in the end.
    found = found_of("server-unreachable-crowd")
    numbers = found["reconnects"].numbers
    assert (numbers["attempts"], numbers["unanswered_tcp_connections"]) == (31 - 12 + 6, 31 - 12)
    assert numbers["refused_tcp_connections"] == 0
    assert found["mass-end"].numbers["how"] == "silence"
    assert found["ping-timeout"].numbers["cause"] == "dead_peer"
    assert found["half-open"].numbers["gone"] == "server"


def test_every_try_of_those_who_come_back_counts() -> None:
    # Ten clients, each refused three times, and then accepted; twelve of nginx, 29 times in all.
    killed = found_of("server-killed-crowd")["reconnects"].numbers
    assert (killed["attempts"], killed["refused_tcp_connections"]) == (40, 30)
    assert killed["lockstep"] == "true"
    nginx = found_of("nginx-restarted-crowd")["reconnects"].numbers
    assert (nginx["attempts"], nginx["storm"]) == (41, "true")


@pytest.mark.parametrize(
    ("name", "client", "server"),
    [("lossy-path-crowd", 0, 19), ("lossy-one-way-crowd", 1, 14)],
)
def test_who_sent_segments_again_is_told(name: str, client: int, server: int) -> None:
    # tshark, at the server: 15 and 12 retransmissions of the server, and 4 and 2 that it takes for
    # out of order. What the clients sent was lost before it got there; one repeat of a client is
    # due to acknowledgements that were lost.
    numbers = found_of(name)["loss"].numbers
    repeats = numbers["client_repeated_segments"], numbers["server_repeated_segments"]
    assert repeats == (client, server)


def test_an_outage_that_heals_is_told_with_its_length() -> None:
    # iptables dropped everything for 12 s; behind that, the server was heard when the next packet of
    # a client got through, which TCP repeats after twice the time before (RFC 6298).
    found = found_of("outage-heals-crowd")
    outage = found["outage"].numbers
    assert len(found["outage"].connections) == 6
    assert outage["silent"] == "server"
    shortest, longest = outage["shortest_s"], outage["longest_s"]
    assert isinstance(shortest, float)
    assert isinstance(longest, float)
    assert 10 < shortest <= longest < 24
    # tshark counts SYNs of 31 TCP streams, 12 of which were answered.
    assert found["reconnects"].numbers["unanswered_tcp_connections"] == 31 - 12
    assert found["who-sent-rst"].numbers["cause"] == "gave up in an outage"
