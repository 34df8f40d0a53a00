"""Documents for programs: complete, lossless where they can be, and harmless to look at."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.document import cell, document, flat, json_line, json_text, write_csv, write_document
from analyzer.findings import Finding
from analyzer.record import Connection
from sealed import sealed_stream
from told import HARMFUL, HOSTILE, IN_A_HEAD, closed, finished, found_in, refused

# The record as the project's design publishes it: names are added, never renamed.
PUBLISHED = {
    "": "id tcp_stream first_packet last_packet community_id client server carrier h2_stream"
    " framing version seen_from handshake ending timing client_sent server_sent anomalies",
    "client": "ip port",
    "server": "ip port",
    "handshake": "target host origin user_agent subprotocol extensions status accept_valid"
    " requested_at answered_at key accept",
    "ending": "kind first answered clean sentence caveats client_close server_close tcp client_view"
    " server_view tls",
    "ending.server_close": "code reason at packet",
    "ending.tcp": "first_fin client_fin_at server_fin_at client_rst_at server_rst_at",
    "ending.client_view": "code reason was_clean",
    "ending.server_view": "code reason was_clean",
    "timing": "tcp_connect_s upgrade_s open_s idle_before_end_s client_idle_s server_idle_s"
    " last_ping_rtt_s close_answer_s close_to_tcp_end_s fin_to_fin_s end_s",
    "client_sent": "frames messages bytes payload_bytes pings pongs after_close_bytes"
    " retransmitted_segments missing_bytes segments last_at unanswered_segments unanswered_at"
    " unanswered_pings unanswered_ping_at zero_windows zero_window_at stalled_segments stalled_at"
    " stall_ended_at",
}


@pytest.fixture(scope="module")
def one() -> Connection:
    (found,) = found_in(closed())
    return found


def whole(connections: list[Connection], **parts: Any) -> dict[str, Any]:
    out = io.StringIO()
    odd, sealed, found = (parts.get(name, []) for name in ("anomalies", "encrypted", "findings"))
    write_document(parts.get("captures", []), connections, odd, out, sealed, found)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize("place", PUBLISHED)
def test_published_names_are_there(one: Connection, place: str) -> None:
    record: Any = json.loads(json_line(one))
    for name in filter(None, place.split(".")):
        record = record[name]
    assert set(PUBLISHED[place].split()) <= record.keys()


def test_times_are_iso_and_durations_seconds(one: Connection) -> None:
    record = json.loads(json_line(one))
    assert record["handshake"]["requested_at"].startswith("2023-11-14T22:13:20.")
    assert record["handshake"]["requested_at"].endswith("Z")
    assert 2 < record["timing"]["open_s"] < 2.01
    assert record["timing"]["last_ping_rtt_s"] is None


def test_the_document_is_the_same_written_at_once_or_piece_by_piece(one: Connection) -> None:
    capture = CaptureRecord("a.pcap", "pcap", 12, 1000, 1, 2, True)
    anomaly = Anomaly("odd", None, 1, 2, "detail")
    found = [Finding("trust", "told", (0,), 1, 2, {"n": 1.5}, (3,))]
    sealed = [sealed_stream()]
    parts: tuple[Any, ...] = ([capture, capture], [one, one], [anomaly], sealed, found)
    written = whole(
        parts[1], captures=parts[0], anomalies=parts[2], encrypted=sealed, findings=found
    )
    assert written == json.loads(json.dumps(document(*parts)))
    assert list(written) == [
        "schema",
        "captures",
        "connections",
        "anomalies",
        "encrypted",
        "findings",
    ]


def test_a_document_of_nothing_is_a_document() -> None:
    names = ("captures", "connections", "anomalies", "encrypted", "findings")
    assert whole([]) == {"schema": 1} | {name: [] for name in names}


@given(st.recursive(st.text() | st.none() | st.integers(), st.lists))
def test_json_loses_nothing_and_holds_nothing_that_does_not_print(value: Any) -> None:
    text = json_text(value)
    assert text.isprintable()
    assert json.loads(text) == value


def test_file_names_that_are_no_text_survive() -> None:
    name = b"caf\xe9.pcap".decode("utf-8", "surrogateescape")
    text = json_text(name)
    assert text.encode("utf-8")
    assert json.loads(text) == name


def rows(connections: list[Connection]) -> list[dict[str, str]]:
    out = io.StringIO()
    write_csv(connections, out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def test_csv_has_all_columns_whatever_a_connection_lacks(one: Connection) -> None:
    out = io.StringIO()
    write_csv([], out)
    header = out.getvalue().strip().split(",")
    assert header == list(rows([one])[0])
    lacking = [*found_in(refused()), *found_in(finished())]
    assert all(list(row) == header and None not in row.values() for row in rows(lacking))
    assert len(header) == len(set(header))


def test_csv_says_what_json_says(one: Connection) -> None:
    (row,) = rows([one])
    assert row["kind"] == "hybi_close"
    assert (row["server_close_code"], row["server_close_reason"]) == ("1001", "restart")
    assert (row["client_ip"], row["client_port"]) == ("10.0.0.1", "40000")
    assert float(row["open_s"]) == json.loads(json_line(one))["timing"]["open_s"]


def test_lists_are_joined_in_csv() -> None:
    talk_row = flat({"extensions": ["a; b=1", "c"], "anomalies": [{"name": "x"}, {"name": "y"}]})
    assert talk_row == {"extensions": "a; b=1; c", "anomalies": "x; y"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", "\uff201"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text).startswith("'")


@given(st.text())
def test_cells_print(text: str) -> None:
    assert cell(text).isprintable()


def test_cells_that_are_harmless_stay_as_they_are() -> None:
    for value in ("", " ", "/chat?x=-1", "a@b", 5, -0.5, True):
        assert cell(value) == value


def test_hostile_text_is_harmless_in_every_document() -> None:
    found = found_in(closed(reason=HOSTILE, path=f"/{IN_A_HEAD}"))
    out = io.StringIO()
    write_csv(found, out)
    write_document([CaptureRecord(HOSTILE)], found, [Anomaly("x", None, 0, 0, HOSTILE)], out)
    assert not set(HARMFUL) & set(out.getvalue())
