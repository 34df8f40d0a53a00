"""The overview: what it counts, in which order, and how it fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.ending.rules import EndingKind
from analyzer.text import (
    STYLES,
    URGENCY,
    anomaly_lines,
    capture_line,
    capture_lines,
    columns,
    connection_lines,
    fit,
    in_order_of_urgency,
    kinds_table,
    overview,
    shorten,
)
from conversation import START_NS
from packets import Packet
from told import HARMFUL, HOSTILE, IN_A_HEAD, SECOND, closed, finished, found_in, opened, reset


def capture(
    path: str = "a.pcap", problem: str = "", begin: int = 0, **fields: int
) -> CaptureRecord:
    """A capture of ten packets in two seconds."""
    first_at = START_NS + begin * SECOND
    record = CaptureRecord(path, "pcap", 10, 1000, first_at, first_at + 2 * SECOND)
    record.complete, record.problem = not problem, problem
    for name, value in fields.items():
        setattr(record, name, value)
    return record


def several(*talks: list[Packet]) -> list[Packet]:
    return sorted((packet for talk in talks for packet in talk), key=lambda one: one.time_ns)


def mixed() -> list[Packet]:
    begins = [START_NS + i * SECOND for i in range(4)]
    return several(
        closed(40000),
        finished(40001, start_ns=begins[1]),
        reset(40002, start_ns=begins[2]),
        opened(40003, start_ns=begins[3]).packets,
    )


def test_every_kind_has_its_urgency() -> None:
    assert len(URGENCY) == len(set(URGENCY)) == len(EndingKind)
    assert STYLES.keys() < set(EndingKind)


def test_a_capture_is_told_in_one_line() -> None:
    # 1 700 000 000 s is 2023-11-14 22:13:20 UTC.
    assert capture_line(capture()) == (
        "a.pcap: pcap, 10 packets, 2023-11-14 22:13:20 to 22:13:22 UTC (2.0 s)"
    )


def test_a_capture_over_midnight_names_both_days() -> None:
    last = START_NS + 7200 * SECOND
    assert "2023-11-14 22:13:20 to 2023-11-15 00:13:20 UTC (2 h 0 min)" in capture_line(
        capture(last_at=last)
    )


def test_a_capture_says_what_is_wrong_with_it() -> None:
    nothing = CaptureRecord("\x1b.pcap", problem="no\nsuch file")
    assert capture_line(nothing) == r"\x1b.pcap: 0 packets; not complete: no\x0asuch file"


def test_a_long_path_gives_way_to_what_is_said_of_it() -> None:
    line = capture_line(capture("/a/very/long/path/" * 5 + "the-name.pcap"), 100)
    assert columns(line) <= 100
    assert "name.pcap: pcap, 10 packets" in line
    assert line.endswith("(2.0 s)")


def test_many_captures_are_told_in_one_line_and_the_broken_ones() -> None:
    captures = [capture(f"{i}.pcap", begin=i) for i in range(20)]
    captures[7] = capture("7.pcap", "cut off", 7)
    lines = [line.text for line in capture_lines(captures, width=None)]
    assert lines[0].startswith("20 captures: 200 packets, 2023-11-14 22:13:20 to 22:13:41 UTC")
    assert len(lines) == 2
    assert lines[1].endswith("; not complete: cut off")


def test_of_many_broken_captures_some_are_told() -> None:
    captures = [capture(f"{i}.pcap", "cut off") for i in range(30)]
    lines = capture_lines(captures, width=None)
    assert len(lines) == 12
    assert lines[-1].text == "… and 20 more that are not complete"


def test_endings_are_counted_by_kind_and_by_who_was_first() -> None:
    table = [line.text.split() for line in kinds_table(found_in(mixed()))]
    assert table == [
        ["ended", "by", "client", "server", "both", "unknown", "all"],
        ["hybi_close", "·", "1", "·", "·", "1"],
        ["rst", "1", "·", "·", "·", "1"],
        ["fin", "·", "1", "·", "·", "1"],
        ["open", "·", "·", "·", "1", "1"],
    ]


def test_what_needs_a_look_comes_first() -> None:
    kinds = [str(one.ending.kind) for one in in_order_of_urgency(found_in(mixed()))]
    assert kinds == ["rst", "fin", "open", "hybi_close"]


@pytest.mark.parametrize("width", [40, 60, 80, 99, 100, 120, 160, 300])
def test_lines_fit_a_terminal(width: int) -> None:
    talks = several(*(closed(40000 + i, path="/é" * i, reason="再见" * 15) for i in range(12)))
    lines = overview([capture("p" * 200)], found_in(talks), width=width, hint="more")
    # The table of endings has its own width; a narrower terminal breaks its lines.
    assert all(columns(line.text) <= max(width, 61) for line in lines)


def test_on_a_narrow_terminal_the_sentence_has_the_room_of_the_kind() -> None:
    found = found_in(finished())
    assert "fin" not in connection_lines(found, width=80)[1].text.split("…")[0]
    assert "server closed TCP (FIN)" in connection_lines(found, width=80)[1].text
    assert "  fin  " in connection_lines(found, width=120)[1].text


def test_what_is_left_out_is_said_with_the_way_to_see_it() -> None:
    found = found_in(mixed())
    assert overview([], found, limit=3, hint="do this")[-1].text == "… and 1 more; do this"
    assert overview([], found, limit=3)[-1].text == "… and 1 more"
    assert overview([], found, limit=4, hint="do this")[-1].text != "do this"
    assert overview([], found, width=60, hint="do this")[-1].text == "do this"


def test_nothing_is_cut_where_nothing_needs_to_fit() -> None:
    path = "/" + "x" * 3000
    lines = [line.text for line in overview([], found_in(closed(path=path, reason="r" * 120)))]
    (row,) = [line for line in lines if path in line]
    assert "r" * 120 in row


def test_one_long_path_pushes_no_other_line_apart() -> None:
    talks = several(closed(40000, path="/" + "x" * 3000), finished(40001, start_ns=START_NS + 1))
    lengths = sorted(len(line.text) for line in connection_lines(found_in(talks)))
    assert lengths[1] < 250
    assert lengths[2] > 3000


def test_hostile_text_is_shown_as_escapes() -> None:
    found = found_in(closed(reason=HOSTILE, path=f"/{IN_A_HEAD}"))
    anomaly = Anomaly("odd", None, 0, 0, HOSTILE)
    for width in (None, 80, 200):
        text = "".join(
            line.text
            for line in overview([capture(HOSTILE, HOSTILE)], found, [anomaly], width=width)
        )
        assert not set(HARMFUL + "\n") & set(text)


def test_anomalies_outside_connections_are_told_by_name() -> None:
    anomalies = [Anomaly("ip_checksum", None, 0, n, "wrong") for n in (3, 4, 5)]
    lines = anomaly_lines([*anomalies, Anomaly("table_full", None, 0, 0)])
    assert lines == ["ip_checksum (3 times), packet 3: wrong", "table_full"]


@given(st.text(), st.integers(1, 40))
def test_cut_text_fits_and_is_cut_only_if_it_must_be(text: str, width: int) -> None:
    for cut in (fit(text, width), shorten(text, width)):
        assert columns(cut) <= width
        assert (cut == text) == (columns(text) <= width) or "…" in text


@given(st.text())
def test_width_is_between_nothing_and_two_columns_a_character(text: str) -> None:
    assert 0 <= columns(text) <= 2 * len(text)
