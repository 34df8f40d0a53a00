"""What the report counts."""

from __future__ import annotations

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.report.figures import (
    ALWAYS,
    cannot_tell,
    first_of,
    kind_rows,
    oddities,
    step_tables,
)
from analyzer.side import Side
from told import HARMFUL, HOSTILE, closed, finished, found_in, merged, opened, reset


def test_endings_are_counted_by_kind_and_by_who_was_first() -> None:
    talks = [closed(40000), closed(40001), finished(40002), reset(40003), opened(40004).packets]
    rows = kind_rows(found_in(merged(*talks)))
    # client, server, both, unknown.
    assert [(row.kind, row.counts, row.total) for row in rows] == [
        ("hybi_close", (0, 2, 0, 0), 2),
        ("rst", (1, 0, 0, 0), 1),
        ("fin", (0, 1, 0, 0), 1),
        ("open", (0, 0, 0, 1), 1),
    ]
    assert rows[1].meaning == (
        "RST (on HTTP/2 also RST_STREAM, or GOAWAY with an error), and no close frame from either side"
    )


def test_who_was_first_is_a_word() -> None:
    client, nobody = found_in(merged(reset(40000), opened(40001).packets))
    assert (first_of(client), first_of(nobody)) == ("client", "unknown")


def test_steps_are_told_of_all_and_then_by_kind() -> None:
    all_, *kinds = step_tables(found_in(merged(closed(40000), reset(40001))))
    assert [all_.title, *(one.title for one in kinds)] == ["All connections", "hybi_close", "rst"]
    lengths = {row.step: row for row in all_.rows}
    # Both were silent for two seconds before they ended.
    assert lengths["idle before the end"].number == 2
    assert lengths["idle before the end"].figures == ("2.0 s",) * 4
    assert "last ping answered after" not in lengths


def test_one_kind_needs_no_table_of_its_own() -> None:
    assert len(step_tables(found_in(closed()))) == 1
    assert step_tables([]) == []


def test_anomalies_are_counted_by_name() -> None:
    outside = [Anomaly("checksum_wrong", None, 1, n, f"{n}: {HOSTILE}") for n in (5, 6)]
    found = found_in(closed(code=1006))
    odd = {one.text: one for one in oddities(found, outside)}
    (wrong,) = [one for text, one in odd.items() if text.startswith("checksum_wrong (first: pack")]
    assert (wrong.number, wrong.examples) == (2, ())
    assert not set(wrong.text) & set(HARMFUL)
    # Both closes carry 1006, which no close frame may (RFC 6455, section 7.4.1).
    assert odd["close_code_forbidden by the server (first: packet 8: code 1006)"].examples == (0,)
    assert found[0].anomalies[0].side in tuple(Side)


def test_what_cannot_be_told_begins_with_what_is_missing() -> None:
    broken = CaptureRecord("a\x1b.pcap", complete=False, problem="cut off\x07")
    found = cannot_tell([broken], found_in(opened().packets))
    assert found[0].text == r"What is missing from a\x1b.pcap: cut off\x07"
    assert [one.text for one in found[-len(ALWAYS) :]] == list(ALWAYS)


def test_caveats_that_differ_in_numbers_alone_are_one() -> None:
    talks = []
    for port, lost in ((40000, 100), (40001, 250)):
        talk = opened(port)
        talk.client(bytes(lost))
        packets = talk.packets
        del packets[-1]
        talks.append(talk.close_tcp("client").packets)
    found = [one for one in cannot_tell([], found_in(merged(*talks))) if "missing" in one.text]
    assert [(one.number, one.examples) for one in found] == [(2, (0, 1))]
    assert found[0].text.startswith("Of 2 connections: … bytes that the client sent are missing")
