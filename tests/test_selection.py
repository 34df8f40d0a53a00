"""Which connections a selection chooses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.ending.rules import EndingKind
from analyzer.errors import UsageError
from analyzer.record import Connection, iso
from analyzer.selection import Selection, parse_kinds, parse_time
from conversation import START_NS, Conversation
from told import closed, finished, found_in, refused
from upgrade import upgrade


@pytest.fixture(scope="module")
def one() -> Connection:
    """A server's Close 1001, answered; 2 s from START_NS."""
    (found,) = found_in(closed(path="/chat?room=[1]", host="Example.com:8080"))
    return found


@pytest.fixture(scope="module")
def six() -> Connection:
    """A connection over IPv6."""
    talk = Conversation(("2001:db8::1", 40000), ("2001:db8::2", 8080)).handshake()
    talk.upgrade(upgrade(host="[2001:db8::2]:8080")).close_tcp("server")
    (found,) = found_in(talk.packets)
    return found


def test_without_conditions_everything_is_chosen(one: Connection, six: Connection) -> None:
    assert Selection()(one)
    assert Selection()(six)


@pytest.mark.parametrize(
    ("host", "chosen"),
    [
        ("10.0.0.1", True),
        ("10.0.0.2", True),
        ("10.0.0.*", True),
        ("10.0.0.3", False),
        ("example.com", True),
        ("EXAMPLE.COM", True),
        ("example.com:8080", True),
        ("*.com", True),
        ("example.com:80", False),
        ("example", False),
        ("", False),
    ],
)
def test_host_is_an_address_or_the_name_asked_for(one: Connection, host: str, chosen: bool) -> None:
    assert Selection(host=host)(one) is chosen


@pytest.mark.parametrize(
    "host", ["2001:db8::1", "2001:DB8:0:0::2", "[2001:db8::2]", "[2001:db8::2]:8080"]
)
def test_an_ipv6_address_may_be_written_in_any_way(six: Connection, host: str) -> None:
    assert Selection(host=host)(six)


def test_port_is_that_of_either_side(one: Connection) -> None:
    assert [port for port in (80, 40000, 8080) if Selection(port=port)(one)] == [80, 40000]


@pytest.mark.parametrize(
    ("path", "chosen"),
    [
        ("/chat?room=[1]", True),
        ("/chat*", True),
        ("*room*", True),
        ("/chat", False),
        ("/CHAT*", False),
    ],
)
def test_path_is_the_target_or_a_pattern(one: Connection, path: str, chosen: bool) -> None:
    assert Selection(path=path)(one) is chosen


def test_kind_first_and_code_are_those_of_the_ending(one: Connection) -> None:
    assert Selection(kinds=(EndingKind.FIN, EndingKind.HYBI_CLOSE))(one)
    assert not Selection(kinds=(EndingKind.FIN,))(one)
    assert Selection(first="server")(one)
    assert not Selection(first="unknown")(one)
    assert Selection(code=1001)(one)
    assert not Selection(code=1000)(one)
    assert not Selection(first="server", code=1000)(one), "all conditions must hold"


def test_who_was_first_may_be_unknown() -> None:
    (found,) = found_in(refused())
    assert Selection(first="unknown")(found)
    assert not Selection(code=1000)(found)


@pytest.mark.parametrize(
    ("since", "until", "chosen"),
    [
        (-1, None, True),
        (1, None, True),
        (3, None, False),
        (None, -1, False),
        (None, 0, True),
        (1, 1, True),
    ],
)
def test_a_connection_is_chosen_while_it_lives(
    one: Connection, since: int | None, until: int | None, chosen: bool
) -> None:
    times = [None if part is None else START_NS + part * 10**9 for part in (since, until)]
    assert Selection(since=times[0], until=times[1])(one) is chosen


def test_kinds_come_with_commas_or_one_by_one() -> None:
    assert parse_kinds(["fin, rst", "open"]) == (EndingKind.FIN, EndingKind.RST, EndingKind.OPEN)
    assert parse_kinds([]) == ()
    with pytest.raises(UsageError, match="'crash'; there are refused, unanswered"):
        parse_kinds(["fin,crash"])


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
        ("2023-11-14 22:13:20", 1_700_000_000_000_000_000),
        ("2023-11-15T00:13:20+02:00", 1_700_000_000_000_000_000),
        ("2023-11-14T22:13:20.5Z", 1_700_000_000_500_000_000),
        ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123_456_789),
        ("1970-01-01", 0),
        ("1969-12-31T23:59:59.5", -500_000_000),
    ],
)
def test_times_are_iso_8601_in_utc(text: str, time_ns: int) -> None:
    assert parse_time(text) == time_ns


@pytest.mark.parametrize("text", ["", "now", "1700000000", "2023-13-01", "22:13"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time such as"):
        parse_time(text)


@given(st.integers(1, 4_000_000_000_000_000_000))
def test_a_time_from_our_output_means_the_same_when_it_comes_back(time_ns: int) -> None:
    assert parse_time(iso(time_ns) or "") == time_ns


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.integers(-840, 840))  # noqa: DTZ001
def test_every_moment_of_the_calendar_has_its_number(moment: datetime, minutes: int) -> None:
    there = (
        moment.isoformat()
        + f"{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    )
    since = (
        moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC) - timedelta(minutes=minutes)
    )
    assert parse_time(there) == since // timedelta(microseconds=1) * 1000


def test_a_finished_connection_is_chosen_by_fin() -> None:
    (found,) = found_in(finished())
    assert Selection(kinds=(EndingKind.FIN,), first="server")(found)
