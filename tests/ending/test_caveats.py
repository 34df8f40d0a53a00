"""What a capture cannot tell, in whole sentences."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.ending.caveats import caveats
from analyzer.ending.facts import Facts, Moment, Reset, SideFacts
from analyzer.ending.rules import classify
from analyzer.http.handshake import OpeningHandshake
from analyzer.http.message import parse_head
from analyzer.packet.segment import Segment
from analyzer.stream.bytestream import ByteStream
from analyzer.stream.layer import Chunk, Stack
from analyzer.stream.number import StreamNumber
from analyzer.stream.recent import RecentPackets
from analyzer.stream.tcpstream import TcpStream
from analyzer.websocket.close import CloseFrame
from analyzer.websocket.log import FrameLog
from analyzer.websocket.registry import Framing

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
ANSWER = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
WHOLE = OpeningHandshake(parse_head(REQUEST), parse_head(ANSWER))


def sent(**given: Any) -> ByteStream:
    side = ByteStream(0, Stack(None), RecentPackets(), Chunk())
    for name, value in ({"packets": 5, "syn_at": 1} | given).items():
        setattr(side, name, value)
    return side


def told(
    facts: Facts | None = None,
    handshake: OpeningHandshake | None = WHOLE,
    log: FrameLog | None = None,
    *,
    reused: bool = False,
    client: ByteStream | None = None,
    server: ByteStream | None = None,
) -> list[str]:
    stream = TcpStream(StreamNumber(0), 0, Segment(), Chunk())
    stream.a, stream.b, stream.reused = client or sent(), server or sent(), reused
    facts = facts or Facts(answered_at=1)
    log = log or FrameLog(facts.framing, 13, None)
    return caveats(stream, log, handshake, facts, classify(facts))


def log_with(**given: Any) -> FrameLog:
    log = FrameLog(Framing.RFC_6455, 13, None)
    for name, value in given.items():
        setattr(log.server, name, value)
    return log


def test_whole_capture_needs_no_caveat() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"handshake": None},
            "the connection began before the capture: its handshake and age are not known",
        ),
        (
            {"client": sent(syn_at=0), "server": sent(syn_at=0)},
            "the TCP connection began before the capture",
        ),
        (
            {"handshake": OpeningHandshake(parse_head(REQUEST), answer_hidden=True)},
            "the answer to the upgrade is not in the capture",
        ),
        (
            {"handshake": OpeningHandshake(None, parse_head(ANSWER))},
            "the request of the upgrade is not in the capture",
        ),
        ({"facts": Facts()}, "how long it was open is not known"),
        ({"server": sent(packets=0)}, "nothing that the server sent was captured"),
        (
            {"server": sent(missing_bytes=1460)},
            "1460 bytes that the server sent are missing from the capture",
        ),
        (
            {"server": sent(missing_bytes=7), "log": log_with(hidden=True)},
            "7 bytes that the server sent are missing from the capture, and what stood behind them"
            " could not be read",
        ),
        (
            {"server": sent(missing_bytes=7), "log": log_with(hidden_bytes=20)},
            "7 bytes that the server sent are missing from the capture; 20 more bytes were passed"
            " over until a frame began",
        ),
        (
            {"log": log_with(hidden=True)},
            "it is not known where a frame begins in what the server sent",
        ),
        (
            {"client": sent(overflowed=True)},
            "too many bytes of the client waited for one that never came",
        ),
        (
            {"client": sent(fin_hidden=True)},
            "the client's FIN is probably missing: one number more was acknowledged than it sent",
        ),
        (
            {"facts": Facts(server=SideFacts(segment_hidden=True), answered_at=1)},
            "a packet of the server is not in the capture: the client's RST answers it",
        ),
        (
            {"log": log_with(close=CloseFrame(None, "", 1, 1, complete=False))},
            "the server's close frame is cut off in the capture",
        ),
        (
            {"facts": Facts(Framing.HIXIE_75, answered_at=1)},
            "hixie-75 has no closing handshake: FIN is its only orderly end",
        ),
        (
            {"facts": Facts(Framing.HYBI_04, answered_at=1)},
            "implementations masked hybi-04 differently: its client frames are a best effort",
        ),
        (
            {"facts": Facts(client=SideFacts(close=CloseFrame(1000, "", 1, 1)), answered_at=1)},
            "the capture ends before TCP was closed by both sides",
        ),
        (
            {"facts": Facts(upgraded=False, status=None)},
            "the capture ends before an answer to the upgrade, and before an end of TCP",
        ),
        (
            {"facts": Facts(client=SideFacts(fin=Moment(1, 1)), answered_at=1), "reused": True},
            "the ports were used again by a later connection",
        ),
        (
            {"facts": Facts(server=SideFacts(rst=Reset(1, 1, ttl=64, usual_ttl=63)))},
            "the RST in the name of the server may come from a box on the way: its TTL is 64, that"
            " of the server's packet before was 63",
        ),
        (
            {"facts": Facts(client=SideFacts(rst=Reset(1, 1, ttl=64, usual_ttl=64, offset=700)))},
            "the RST in the name of the client may come from a box on the way: its number lies 700"
            " bytes beyond what the client had sent",
        ),
    ],
)
def test_caveat_says_what_is_not_known(given: dict[str, Any], expected: str) -> None:
    assert expected in told(**given)


def test_head_that_is_cut_is_told() -> None:
    head = parse_head(REQUEST)
    head.cut = True
    handshake = OpeningHandshake(head, parse_head(ANSWER))
    assert told(handshake=handshake) == ["the heads of the upgrade are cut off in the capture"]
