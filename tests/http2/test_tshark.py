"""Streams of the recordings hold what tshark finds in them: DATA frame by frame, and their ends.

tshark 4.0 does not read WebSocket on HTTP/2: what its DATA holds is read by wsproto here.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import FrameDecoder

import tshark
from analyzer.read import read
from analyzer.record import Connection

RECORDINGS = Path(__file__).resolve().parents[2] / "captures" / "http2"
TRUTHS = sorted(RECORDINGS.glob("*.truth.json"))
# These begin as HTTP/1.1.
UPGRADED = ("h2c_upgrade",)
DATA, RST_STREAM, GOAWAY = 0, 3, 7
END_STREAM = 1


class Frame:
    """A frame of HTTP/2, as tshark shows it."""

    def __init__(self, packet: int, port: int, part: ET.Element) -> None:
        self.packet, self.port = packet, port
        shown = {field.get("name"): field.get("show") or "" for field in part.iter("field")}
        raw = {field.get("name"): field.get("value") or "" for field in part.iter("field")}
        self.type, self.stream = int(shown["http2.type"]), int(shown["http2.streamid"])
        self.flags = int(shown["http2.flags"], 16)
        self.data = bytes.fromhex(raw.get("http2.data.data", ""))
        self.codes = [int(shown[name]) for name in CODES if name in shown]


CODES = ("http2.rst_stream.error", "http2.goaway.error")


def frames_of(path: Path, truth: dict[str, Any]) -> list[Frame]:
    port = truth["connections"][0]["server_port"]
    begins = "http" if path.stem in UPGRADED else "tls" if "keylog" in truth else "http2"
    options = ["-d", f"tcp.port=={port},{begins}"]
    if "keylog" in truth:
        options += ["-o", f"tls.keylog_file:{path.parent / truth['keylog']}"]
    text = tshark.run(path, *options, "-Y", "http2", "-T", "pdml")
    found = []
    for packet in ET.fromstring(text).iter("packet"):
        fields = {field.get("name"): field.get("show") for field in packet.iter("field")}
        number, source = int(fields["frame.number"] or 0), int(fields["tcp.srcport"] or 0)
        for proto in packet.iter("proto"):
            if proto.get("name") == "http2":
                parts = [part for part in proto if part.get("name") == "http2.stream"]
                found += [Frame(number, source, part) for part in parts if _has_type(part)]
    return found


def _has_type(part: ET.Element) -> bool:
    return any(field.get("name") == "http2.type" for field in part.iter("field"))


@pytest.fixture(params=TRUTHS, ids=lambda path: path.name.removesuffix(".truth.json"))
def recording(request: pytest.FixtureRequest) -> tuple[list[Connection], list[Frame], int]:
    truth = json.loads(request.param.read_text(encoding="utf-8"))
    path = request.param.parent / truth["captures"][0]
    keys = path.parent / truth["keylog"] if "keylog" in truth else None
    found = read(path, frames=True, keylog=keys).connections
    return found, frames_of(path, truth), truth["connections"][0]["server_port"]


@tshark.needs_tshark
def test_frames_are_those_in_the_data_that_tshark_shows(recording: Any) -> None:
    connections, frames, port = recording
    for one in connections:
        if one.handshake.status != 200:
            continue
        for side, sent in enumerate((one.client_sent, one.server_sent)):
            data = [
                frame
                for frame in frames
                if (frame.type, frame.stream) == (DATA, one.h2_stream)
                and (frame.port == port) == (side == 1)
            ]
            bytes_sent = b"".join(frame.data for frame in data)
            assert sent.bytes == len(bytes_sent)
            assert opcodes(bytes_sent, side) == [
                opcode
                for whose, opcode in zip(one.frames.side, one.frames.opcode, strict=True)
                if whose == side
            ]


def opcodes(data: bytes, side: int) -> list[int]:
    """Give the opcodes of frames, as wsproto reads them."""
    # The recordings' deflate needs no more here than that its bit is allowed.
    deflate = PerMessageDeflate()
    deflate._enabled = True
    decoder = FrameDecoder(client=side == 1, extensions=[deflate])
    decoder.receive_bytes(data)
    found = []
    while (frame := decoder.process_buffer()) is not None:
        found.append(int(frame.opcode))
    return found


@tshark.needs_tshark
def test_ends_are_those_that_tshark_shows(recording: Any) -> None:
    connections, frames, port = recording
    for one in connections:
        record = one.to_dict()["ending"]["h2"]
        for name, whose in (("client", False), ("server", True)):
            mine = [frame for frame in frames if (frame.port == port) == whose]
            own = [frame for frame in mine if frame.stream == one.h2_stream]
            resets = [frame for frame in own if frame.type == RST_STREAM]
            last = [frame for frame in own if frame.type <= 1 and frame.flags & END_STREAM]
            if record[f"{name}_reset_packet"]:
                assert record[f"{name}_reset_packet"] == resets[0].packet
                assert [record[f"{name}_reset_code"]] == resets[0].codes
            if record[f"{name}_end_stream_packet"]:
                assert record[f"{name}_end_stream_packet"] == last[0].packet
            elif one.handshake.status == 200 and not resets:
                assert last == []
            if record[f"{name}_goaway_packet"]:
                away = [frame for frame in mine if frame.type == GOAWAY]
                assert record[f"{name}_goaway_packet"] == away[0].packet
                assert [record[f"{name}_goaway_code"]] == away[0].codes
