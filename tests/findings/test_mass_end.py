"""Many endings at once: where, how, and for how long nobody came back."""

from __future__ import annotations

import pytest

from analyzer.attempt import Attempt
from analyzer.ending.facts import Reset
from analyzer.findings.finding import Finding, Given
from analyzer.findings.mass_end import client_network, mass_end
from analyzer.record import Connection, Endpoint, TcpEnd
from analyzer.side import Side
from population import at, connection, with_ending, with_traffic


def cut(kind: str = "fin", first: Side = Side.SERVER, **fields: object) -> list[Connection]:
    """Eight connections that end at 100 s, each begun at another time."""
    return [
        connection(
            i, kind, first, begin=-20.0 * i, open_s=100.0 + 20 * i, client=f"10.0.{i}.1", **fields
        )
        for i in range(8)
    ]


def only(given: list[Connection]) -> Finding:
    (found,) = mass_end(Given(given))
    return found


def test_a_crash_with_its_outage_and_the_upgrades_that_failed_meanwhile() -> None:
    later = [connection(20 + i, "refused", None, begin=101.0 + i) for i in range(3)]
    back = connection(30, "open", None, begin=105.0)
    found = only([*cut(), *later, back])
    assert found.sentence == (
        "8 connections ended within <0.1 ms, all at server 10.0.9.1:80: by FIN, cut by the"
        " server; the next upgrade was accepted 5.0 s later, 3 upgrades failed before"
    )
    assert (found.first_at, found.last_at) == (at(100), at(100))
    assert (found.numbers["outage_s"], found.numbers["failed_upgrades"]) == (5.0, 3)


@pytest.mark.parametrize(
    ("kind", "first", "fields", "how", "words"),
    [
        (
            "hybi_close",
            Side.SERVER,
            {"closes": (1012, 1012)},
            "orderly",
            "Close 1012 of the server, as at a restart",
        ),
        (
            "hybi_close",
            Side.SERVER,
            {"closes": (1011, 1011)},
            "orderly",
            "Close 1011 of the server, an error",
        ),
        ("rst", Side.SERVER, {}, "cut by server", ": by RST, cut by the server"),
        ("fin", Side.CLIENT, {}, "cut by client", ": by FIN, cut by the client"),
        ("vanished", Side.CLIENT, {}, "silence", "the client stopped answering, without a packet"),
    ],
)
def test_how_it_ended_is_told_apart(
    kind: str, first: Side, fields: dict[str, object], how: str, words: str
) -> None:
    found = only(cut(kind, first, **fields))
    assert found.numbers["how"] == how
    assert words in found.sentence
    assert found.sentence.endswith("no later upgrade was accepted")


def test_ways_are_counted_where_there_are_both() -> None:
    ones = cut()
    assert "5 by FIN and 3 by RST, cut by the server" in only([*ones[:5], *cut("rst")[5:]]).sentence


def test_resets_of_another_ttl_were_perhaps_not_of_the_server() -> None:
    rst = Reset(at(100), 91, ttl=64, usual_ttl=63)
    tcp = TcpEnd(None, server_rst=rst)
    found = only([with_ending(one, tcp=tcp) for one in cut("rst")])
    assert found.numbers["how"] == "cut on the way"
    assert "by RST in the name of the server, which perhaps did not send it" in found.sentence


def test_tcp_that_was_refused_meanwhile_is_counted() -> None:
    ones = [*cut(), connection(30, "open", None, begin=105.0)]
    client, server = Endpoint("10.0.1.1", 5), ones[0].server
    times = (99.0, 101.0, 104.0, 106.0)
    refused = [Attempt(client, server, at(time), 1, at(time)) for time in times]
    elsewhere = Attempt(client, Endpoint("10.0.9.9", 80), at(101), 1, at(101))
    (found,) = mass_end(Given(ones, attempts=[*refused, elsewhere]))
    assert found.sentence.endswith("accepted 5.0 s later; meanwhile TCP was refused 2 times")
    assert found.consistent_with[0] == (
        "a server process that was gone: nobody listened at its port meanwhile"
    )
    silent = [Attempt(client, server, at(time), 1, None, at(time + 1)) for time in (102, 103, 104)]
    (found,) = mass_end(Given(ones, attempts=[*refused, *silent]))
    assert found.sentence.endswith("refused 2 times; meanwhile TCP got no answer 3 times")
    assert found.numbers["unanswered_tcp_connections"] == 3


def test_who_vanished_ended_when_it_was_heard_last() -> None:
    ones = [with_traffic(one, Side.CLIENT, last_at=at(50)) for one in cut("vanished", Side.CLIENT)]
    assert only(ones).first_at == at(50)


def test_a_reload_spares_those_that_began_last() -> None:
    young = [connection(50 + i, "open", None, begin=97.0 + i, open_s=20) for i in range(3)]
    found = only([*cut(), *young])
    assert "; the 3 that had begun in the last 3.0 s before stayed open, as at a reload; no" in (
        found.sentence
    )
    (reload,) = found.consistent_with
    assert reload.startswith("a reload")
    assert "reload" not in only([*cut("vanished", Side.SERVER), *young]).sentence


def test_clients_that_come_through_anew_show_that_the_way_is_there() -> None:
    ones = [
        with_traffic(one, Side.SERVER, unanswered_segments=5, unanswered_at=at(80))
        for one in cut("vanished", Side.CLIENT)
    ]
    assert "came through" not in only(ones).sentence
    new = [connection(50 + i, "open", None, begin=90.0, client=f"10.0.{i}.1") for i in range(3)]
    found = only([*ones, *new])
    assert "; 3 of the clients came through anew while the old ones were dead;" in found.sentence
    assert found.consistent_with[0].startswith("state that was lost on the way")


def test_one_network_of_clients_is_told_from_everywhere() -> None:
    here = [
        connection(i, begin=-20.0 * i, open_s=100.0 + 20 * i, client=f"10.7.7.{i}")
        for i in range(8)
    ]
    stayed = [
        connection(50 + i, "open", None, begin=-50, open_s=500, client=f"10.8.{i}.1")
        for i in range(4)
    ]
    assert (
        "all of clients in 10.7.7.0/24, while others stayed open" in only([*here, *stayed]).sentence
    )
    assert "all at server" in only(here).sentence
    servers = [
        connection(i, begin=-20.0 * i, open_s=100.0 + 20 * i, server=f"10.0.9.{i % 2}")
        for i in range(8)
    ]
    assert "at 2 servers" in only(servers).sentence


def test_networks_are_as_they_are_routed() -> None:
    addresses = ("10.1.2.3", "2001:db8:1:2::3", "not an address")
    found = [client_network(connection(0, client=address)) for address in addresses]
    assert found == ["10.1.2.0/24", "2001:db8:1::/48", "not an address"]
