"""Connections through proxies end as they do without one, and the record says what stood in front."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from analyzer.cli import main
from analyzer.endpoint import Endpoint
from analyzer.ladder import explain
from analyzer.read import read
from analyzer.record import Connection
from analyzer.report.details import details
from capture_files import write
from conversation import Conversation
from packets import Packet
from proxy.proxied import FRONTS, NEEDED, REQUEST, Said
from records import OF_THE_CAPTURE
from test_encrypted import SCENARIOS, Plain, Secure, answered, begin, facts
from tls.peers import Peers
from transform import HARMLESS
from upgrade import refusal, upgrade
from wire import CLOSE, MASK, close_body, frame


def front(way: Plain, said: Said) -> Plain:
    for side, data in said:
        Plain.say(way, side, data)
    return way


class BehindProxy(Secure):
    """Lets two sides talk over TLS through a proxy, which they first ask in clear."""

    def __init__(self, peers: Peers, said: Said) -> None:
        Plain.__init__(self)
        front(self, said)
        self.tls = peers.connect()
        self.sent = 0
        self.flush()


def through(name: str, scenario: Callable[[Plain], None]) -> list[Packet]:
    way = front(Plain(), FRONTS[name][1])
    begin(way)
    scenario(way)
    return way.talk.packets


def analysed(folder: Path, packets: list[Packet], keys: Path | None = None) -> Connection:
    (one,) = read(write(folder / "capture.pcap", packets), keylog=keys).connections
    return one


@pytest.mark.parametrize("name", FRONTS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_ending_behind_a_proxy_is_that_of_plain_tcp(
    tmp_path: Path, scenario: Callable[[Plain], None], name: str
) -> None:
    plain = Plain()
    begin(plain)
    scenario(plain)
    bare = analysed(tmp_path, plain.talk.packets)
    one = analysed(tmp_path, through(name, scenario))
    assert facts(one) == facts(bare)
    assert [str(hop) for hop in one.via] == [FRONTS[name][0]]
    assert (bare.via, one.carrier) == ((), "tcp")


@pytest.mark.parametrize("name", FRONTS)
@pytest.mark.parametrize("change", HARMLESS)
def test_no_harmless_change_of_the_packets_changes_what_is_told(
    tmp_path: Path, change: str, name: str
) -> None:
    packets = through(name, answered)
    whole = analysed(tmp_path, packets)
    changed = analysed(tmp_path, HARMLESS[change](packets, Random(name)))
    told, expected = facts(changed), facts(whole)
    for one in (told, expected):  # what was sent again is counted, and does not matter here
        one["sent"] = [
            {name: value for name, value in sent.items() if name not in OF_THE_CAPTURE}
            for sent in one["sent"]
        ]
    assert told == expected
    assert list(map(str, changed.via)) == list(map(str, whole.via))


@pytest.mark.parametrize("name", FRONTS)
def test_tls_through_a_proxy_ends_as_on_plain_tcp(tmp_path: Path, name: str) -> None:
    plain = Plain()
    begin(plain)
    answered(plain)
    peers = Peers(tmp_path, ssl.TLSVersion.TLSv1_3, "")
    way = BehindProxy(peers, FRONTS[name][1])
    begin(way)
    answered(way)
    one = analysed(tmp_path, way.talk.packets, peers.path)
    assert facts(one) == facts(analysed(tmp_path, plain.talk.packets))
    assert (one.carrier, [str(hop) for hop in one.via]) == ("tls", [FRONTS[name][0]])


def test_a_proxy_that_is_asked_over_tls_is_told_as_well(tmp_path: Path) -> None:
    peers = Peers(tmp_path, ssl.TLSVersion.TLSv1_3, "")
    way = Secure(peers)
    for side, data in FRONTS["connect, second attempt"][1]:
        way.say(side, data)
    begin(way)
    answered(way)
    one = analysed(tmp_path, way.talk.packets, peers.path)
    assert [str(hop) for hop in one.via] == ["connect example.com:443"]
    assert (one.carrier, one.via[0].refusals, one.via[0].status) == ("tls", (407,), 200)


class Within(Secure):
    """Lets two sides talk over TLS over whatever another way is."""

    def __init__(self, peers: Peers, outer: Plain) -> None:
        self.outer = outer
        self.talk = outer.talk
        self.tls = peers.connect()
        self.sent = 0
        self.flush()

    def flush(self) -> None:
        for side, data in self.tls.flights[self.sent :]:
            self.outer.say(side, data)
        self.sent = len(self.tls.flights)


def test_tls_to_a_proxy_and_through_it_ends_as_on_plain_tcp(tmp_path: Path) -> None:
    plain = Plain()
    begin(plain)
    answered(plain)
    for name in ("outer", "inner"):
        (tmp_path / name).mkdir()
    outer, inner = Peers(tmp_path / "outer"), Peers(tmp_path / "inner")
    to_proxy = Secure(outer)
    for side, data in FRONTS["connect"][1]:
        to_proxy.say(side, data)
    way = Within(inner, to_proxy)
    begin(way)
    answered(way)
    keys = tmp_path / "keys"
    keys.write_text(outer.path.read_text() + inner.path.read_text())
    one = analysed(tmp_path, way.talk.packets, keys)
    assert facts(one) == facts(analysed(tmp_path, plain.talk.packets))
    assert [str(hop) for hop in one.via] == ["connect example.com:443"]


def test_proxies_behind_proxies_are_told_in_their_order(tmp_path: Path) -> None:
    way = Plain()
    names = ("proxy-v2, IPv6", "proxy-v1", "connect", "socks5, by name")
    for name in names:
        front(way, FRONTS[name][1])
    begin(way)
    answered(way)
    one = analysed(tmp_path, way.talk.packets)
    assert [str(hop) for hop in one.via] == [FRONTS[name][0] for name in names]
    # The header that is nearer to what it carries is the older one.
    assert one.proxied_for == Endpoint("203.0.113.9", 56324)


def test_no_number_of_proxies_is_too_high_for_the_program(tmp_path: Path) -> None:
    talk = Conversation().handshake().client(b"PROXY UNKNOWN\r\n" * 3000)
    assert read(write(tmp_path / "a.pcap", talk.packets)).connections == []


def test_a_refused_tunnel_says_nothing_of_what_it_would_have_carried(tmp_path: Path) -> None:
    for answer in (NEEDED, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"):
        way = front(Plain(), [(0, REQUEST + b"\r\n"), (1, answer)])
        way.talk.fin("server").fin("client").ack("server")
        assert read(write(tmp_path / "a.pcap", way.talk.packets)).connections == []


def test_a_proxy_that_takes_whole_addresses_and_wants_a_password(tmp_path: Path) -> None:
    agreed = upgrade()
    request = agreed.request.replace(b"GET /chat", b"GET http://example.com/chat", 1)
    way = Plain()
    refused = refusal(407)
    front(way, [(0, request), (1, refused), (0, request), (1, agreed.response)])
    way.say(0, frame(CLOSE, close_body(1000), mask=MASK))
    way.say(1, frame(CLOSE, close_body(1000)))
    way.talk.close_tcp()
    first, second = read(write(tmp_path / "a.pcap", way.talk.packets)).connections
    assert (str(first.ending.kind), first.handshake.status) == ("refused", 407)
    assert (str(second.ending.kind), second.handshake.status) == ("hybi_close", 101)
    for one in (first, second):
        assert [str(hop) for hop in one.via] == ["absolute-form example.com"]


def test_record_tables_and_explanation_name_the_hop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.pcap", through("proxy-v2", answered))
    assert main([str(path), "-f", "json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)["connections"]
    assert record["proxied_for"] == {"ip": "203.0.113.9", "port": 56324}
    assert record["client"] == {"ip": "10.0.0.1", "port": 40000}
    (hop,) = record["via"]
    assert (hop["kind"], hop["status"], hop["packet"]) == ("proxy-v2", None, 4)
    assert hop["destination"] == {"ip": "10.0.0.2", "port": 443}
    assert main([str(path), "-f", "csv"]) == 0
    assert "203.0.113.9,56324,proxy-v2 203.0.113.9:56324 → 10.0.0.2:443" in capsys.readouterr().out
    analysis = read(path)
    df = analysis.to_pandas()
    assert df.loc[0, ["proxied_for_ip", "proxied_for_port"]].tolist() == ["203.0.113.9", 56324]
    lines = [line.text for line in explain(analysis.connections[0])]
    assert "via proxy-v2 203.0.113.9:56324 → 10.0.0.2:443 in packet 4" in lines


def test_names_that_strangers_write_are_harmless_to_look_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = b"\x1b[31m\xe2\x80\xae\r\n<b>=1+1"
    said: Said = [
        (0, b"\x05\x01\x00"),
        (1, b"\x05\x00"),
        (0, b"\x05\x01\x00\x03" + bytes([len(name)]) + name + b"\0\x50"),
        (1, b"\x05\x00\x00\x01" + bytes(6)),
    ]
    way = front(Plain(), said)
    begin(way)
    answered(way)
    path = write(tmp_path / "a.pcap", way.talk.packets)
    for options in (["--connection", "0"], ["-f", "json"], ["-f", "csv"]):
        assert main([str(path), *options]) == 0
        assert capsys.readouterr().out.replace("\n", "").isprintable()


def test_the_report_names_the_hop(tmp_path: Path) -> None:
    one = analysed(tmp_path, through("connect, second attempt", answered))
    facts_of = {group.title: group.facts for group in details(one).groups}
    told = [fact.text for fact in facts_of["Opening handshake"] if fact.label == "via"]
    assert told == ["connect example.com:443 in packet 6, answered 407, then 200"]


def test_what_was_answered_is_explained(tmp_path: Path) -> None:
    one = analysed(tmp_path, through("connect, second attempt", answered))
    lines = [line.text for line in explain(one)]
    assert "via connect example.com:443 in packet 6, answered 407, then 200" in lines
    (hop,) = one.via
    assert hop.asked_at is not None
    assert hop.answered_at is not None
    assert hop.answered_at - hop.asked_at == 100_000  # one step of the conversation
