"""The HTTP/2 to measure with is what it is said to be, as h2 and tshark read it."""

from __future__ import annotations

import io
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection

import tshark
from analyzer.read import read
from benchmarks.make_capture import PROFILES, write_capture
from benchmarks.multiplexed import CONNECT, GET, HEADERS, PREFACE, SETTINGS, frame


def test_header_blocks_are_what_h2_reads_in_them() -> None:
    server = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
    server.initiate_connection()
    server.receive_data(PREFACE + frame(SETTINGS, 0, 0))
    first, *_ = server.receive_data(frame(HEADERS, 4, 1, CONNECT))
    second, *_ = server.receive_data(frame(HEADERS, 5, 3, GET))
    host = (":authority", "example.com")
    assert first.headers == [
        (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/"),
        host,
    ]  # fmt: skip
    assert second.headers == [(":method", "GET"), (":scheme", "https"), (":path", "/"), host]


@tshark.needs_tshark
def test_websockets_are_as_many_as_streams_that_tshark_finds_connected(tmp_path: Path) -> None:
    path = tmp_path / "h2.pcap"
    with path.open("wb") as file:
        write_capture(file, PROFILES["h2"], 4000)
    asked = tshark.fields(path, 'http2.headers.method == "CONNECT"', "tcp.stream", "http2.streamid")
    found = read(io.BytesIO(path.read_bytes())).connections
    assert sorted((str(one.tcp_stream), str(one.h2_stream)) for one in found) == sorted(asked)
    assert {str(one.ending.kind) for one in found} == {"hybi_close"}
    assert all(one.ending.clean for one in found)
