"""The record: the names that DESIGN promises, and values that JSON can hold."""

from __future__ import annotations

import json
import pickle
import re
from dataclasses import replace
from typing import Any

import pytest

from analyzer.endpoint import community_id
from analyzer.read import read
from analyzer.record import Connection, iso
from capture_files import write
from conversation import Conversation
from told import closed, found_in
from wire import CLOSE, MASK, PING, PONG, TEXT, close_body, frame

SIDES = ("client", "server")
TRAFFIC = {
    "frames", "messages", "bytes", "payload_bytes", "pings", "pongs", "after_close_bytes",
    "retransmitted_segments", "missing_bytes", "segments", "last_at", "unanswered_segments",
    "unanswered_at", "unanswered_pings", "unanswered_ping_at", "zero_windows", "zero_window_at",
}  # fmt: skip
CLOSE_NAMES = {"code", "reason", "at", "packet"}
# As they stand in the design: name by name, nested.
NAMES: dict[str, Any] = {
    "id": None, "tcp_stream": None, "first_packet": None, "last_packet": None,
    "community_id": None, "client": {"ip", "port"}, "server": {"ip", "port"},
    "carrier": None, "h2_stream": None, "framing": None, "version": None, "seen_from": None,
    "handshake": {
        "target", "host", "origin", "user_agent", "subprotocol", "extensions", "status",
        "accept_valid", "requested_at", "answered_at", "key", "accept",
    },
    "ending": {
        "kind", "first", "answered", "clean", "sentence", "caveats", "client_close",
        "server_close", "tcp", "client_view", "server_view",
    },
    "timing": {
        "tcp_connect_s", "upgrade_s", "open_s", "idle_before_end_s", "client_idle_s",
        "server_idle_s", "last_ping_rtt_s", "close_answer_s", "close_to_tcp_end_s",
        "fin_to_fin_s", "end_s",
    },
    "client_sent": TRAFFIC, "server_sent": TRAFFIC, "anomalies": None,
}  # fmt: skip


@pytest.fixture
def one(tmp_path: Any) -> Connection:
    talk = Conversation().handshake().upgrade()
    talk.server(frame(PING, b"1")).client(frame(PONG, b"1", mask=MASK)).wait(2)
    talk.client(frame(TEXT, b"hi", mask=MASK)).wait(60)
    talk.server(frame(CLOSE, close_body(1001, "bye\x1b[2J\u202e")))
    talk.client(frame(CLOSE, close_body(1001), mask=MASK)).server(frame(TEXT, b"late")).close_tcp()
    (found,) = read(write(tmp_path / "one.pcap", talk.packets)).connections
    return found


@pytest.fixture
def unknown(tmp_path: Any) -> Connection:
    """A connection of which little is known: two pings and pongs, in mid-stream."""
    talk = Conversation()
    for number in b"123":
        talk.server(frame(PING, bytes([number])))
        talk.client(frame(PONG, bytes([number]), mask=bytes([number, 9, 8, 7])))
    (found,) = read(write(tmp_path / "unknown.pcap", talk.packets)).connections
    return found


def test_names_are_those_of_the_design(one: Connection) -> None:
    record = one.to_dict()
    assert record.keys() >= NAMES.keys()
    for name, inner in NAMES.items():
        if inner is not None:
            assert set(record[name]) >= inner, name
    ending = record["ending"]
    for side in SIDES:
        assert set(ending[f"{side}_close"]) >= CLOSE_NAMES
        assert set(ending[f"{side}_view"]) >= {"code", "reason", "was_clean"}
    fins = {f"{side}_{what}_at" for side in SIDES for what in ("fin", "rst")}
    assert set(ending["tcp"]) >= {"first_fin", *fins}
    assert set(record["anomalies"][0]) == {"name", "side", "at", "packet", "detail"}


def test_values_are_those_of_the_conversation(one: Connection) -> None:
    record = one.to_dict()
    assert (record["id"], record["tcp_stream"], record["first_packet"]) == (0, 0, 1)
    assert record["client"] == {"ip": "10.0.0.1", "port": 40000}
    assert (record["framing"], record["version"], record["seen_from"]) == ("rfc6455", "13", "syn")
    assert record["ending"]["kind"] == "hybi_close"
    assert record["ending"]["first"] == "server"
    assert record["ending"]["server_close"]["body"] == close_body(1001, "bye\x1b[2J\u202e").hex()
    assert record["anomalies"][0]["side"] == "server"
    # Steps of 0.1 ms: SYN, SYN/ACK, ACK; request, answer; ping, pong.
    timing = record["timing"]
    assert (timing["tcp_connect_s"], timing["upgrade_s"]) == (0.0002, 0.0001)
    assert timing["last_ping_rtt_s"] == 0.0001
    assert timing["idle_before_end_s"] == 60.0001
    assert record["server_sent"]["after_close_bytes"] == 6


def test_times_are_utc_and_the_record_is_json(one: Connection) -> None:
    record = one.to_dict()
    assert json.loads(json.dumps(record)) == record
    times = [
        record["first_at"],
        record["handshake"]["requested_at"],
        record["ending"]["tcp"]["client_fin_at"],
    ]
    assert all(re.fullmatch(r"2023-11-14T22:1\d:\d\d\.\d{9}Z", time) for time in times)


def test_sentence_and_line_hold_nothing_raw(one: Connection) -> None:
    assert str(one.ending) == one.ending.sentence
    assert str(one).isprintable()
    assert "#0 10.0.0.1:40000 → 10.0.0.2:80/chat: server sent Close 1001" in str(one)


def test_what_is_not_known_is_null(unknown: Connection) -> None:
    record = unknown.to_dict()
    assert (record["seen_from"], record["version"]) == ("midstream", None)
    unset = {key: value for key, value in record["handshake"].items() if value is not None}
    assert unset == {"offered_subprotocols": [], "extensions": []}
    ending = record["ending"]
    assert (ending["kind"], ending["first"], ending["answered"], ending["clean"]) == (
        "open", None, None, None,
    )  # fmt: skip
    assert set(ending["tcp"].values()) == {None}
    known = {name for name, value in record["timing"].items() if value is not None}
    assert known == {"idle_before_end_s", "client_idle_s", "server_idle_s", "last_ping_rtt_s"}


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (None, None),
        (0, None),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
        (10**21, None),
    ],
)
def test_times_keep_their_nanoseconds(time_ns: int | None, text: str | None) -> None:
    assert iso(time_ns) == text


def test_a_connection_and_its_ending_are_short_where_they_are_listed() -> None:
    one = read().connections[0]
    assert repr(one) == f"<Connection {one}>"
    assert repr(one.ending) == f"<Ending hybi_close: {one.ending.sentence}>"


def test_the_community_id_is_there_for_whoever_asks() -> None:
    one, again = (found_in(closed())[0] for _ in range(2))
    assert one == again
    assert one.community_id == community_id(one.client, one.server)
    assert replace(one, id=3).community_id == one.community_id
    assert pickle.loads(pickle.dumps(again)).community_id == one.community_id
    assert not hasattr(one, "something")
