"""Idle timers, maximum ages, and pings that race them."""

from __future__ import annotations

from analyzer.findings.finding import Given
from analyzer.findings.idle_timer import idle_timer, keepalive_race, maximum_age
from analyzer.side import Side
from population import at, connection, with_traffic


def test_a_timer_of_60_seconds_of_silence_fits_nginx() -> None:
    ones = [
        connection(i, begin=13.0 * i, open_s=200 + 5 * i, idle=(60.0 + i / 1000, 60.0 + i / 1000))
        for i in range(9)
    ]
    (found,) = idle_timer(Given(ones))
    assert found.sentence == (
        "9 connections were closed (FIN) without a close frame by the server after 60.0 s of silence"
        " of both sides; consistent with nginx proxy_read_timeout, 60 s or AWS ALB idle timeout, 60 s"
    )
    assert found.connections == tuple(range(9))
    assert (found.first_at, found.last_at) == (at(200), at(13 * 8 + 240))
    assert (found.numbers["timer_s"], found.numbers["moments"], found.numbers["clock"]) == (
        60.004,
        9,
        "both",
    )
    assert found.evidence[0] == 91
    assert maximum_age(Given(ones)) == []


def test_the_silence_of_one_side_is_not_what_known_proxies_count() -> None:
    ones = [
        connection(i, begin=13.0 * i, open_s=200 + 5 * i, idle=(60.0, 5.0 + i)) for i in range(9)
    ]
    (found,) = idle_timer(Given(ones))
    assert "of the client's silence" in found.sentence
    assert "nginx" not in str(found.to_dict())
    other = [
        connection(i, begin=13.0 * i, open_s=200 + 5 * i, idle=(5.0 + i, 60.0)) for i in range(9)
    ]
    (found,) = idle_timer(Given(other))
    assert "of the server's silence, whatever the client sent" in found.sentence
    assert "nginx" not in str(found.to_dict())


def test_a_timer_without_a_known_default_is_said_to_be_one_that_was_set() -> None:
    ones = [connection(i, begin=13.0 * i, open_s=2.0, idle=(None, None)) for i in range(9)]
    (found,) = idle_timer(Given(ones))
    assert found.consistent_with == (
        "a timer set to about 2 s; haproxy's timeout tunnel has no default",
    )
    assert found.also[0] == "a maximum age: their ages agree, too"


def test_one_connection_at_a_default_may_be_a_coincidence_and_is_said_to_be() -> None:
    (found,) = idle_timer(Given([connection(0, open_s=300, idle=(100.0, 100.02))]))
    assert found.sentence.endswith(
        "consistent with Cloudflare, 100 s; 1 connection may be a coincidence"
    )


def test_an_age_is_a_finding_of_its_own() -> None:
    ones = [
        connection(
            i,
            "hybi_close",
            begin=13.0 * i,
            open_s=7200,
            idle=(1 + i * 1.7, 3 + i),
            closes=(1001, 1001),
        )
        for i in range(9)
    ]
    (found,) = maximum_age(Given(ones))
    assert "at an age of 7200.0 s" in found.sentence
    assert found.consistent_with == ("AWS API Gateway maximum duration, 2 h",)
    assert idle_timer(Given(ones)) == []


def test_pings_as_often_as_the_timer_are_a_race() -> None:
    ones = [
        with_traffic(
            connection(i, begin=13.0 * i, open_s=60.0 * (i + 3), idle=(60.0, 60.0)),
            Side.CLIENT,
            pings=i + 2,
        )
        for i in range(6)
    ]
    (found,) = keepalive_race(Given(ones))
    assert (
        found.sentence
        == "pings every 60 s race a timer of 60 s in 6 of 6 connections that it ended"
    )
    seldom = [with_traffic(one, Side.CLIENT, pings=0) for one in ones]
    assert keepalive_race(Given(seldom)) == []
