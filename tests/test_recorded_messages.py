"""Messages in the recordings, against what tshark shows and what the endpoints counted."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from analyzer.read import read
from analyzer.record import Connection
from analyzer.websocket.registry import Framing, Opcode
from tshark import needs_tshark, run

CAPTURES = Path(__file__).resolve().parents[1] / "captures"
RECORDINGS = sorted(CAPTURES.glob("*/*.pcap*"))
# A run of tshark takes a while, and browsers say little.
SHOWN = [path for path in RECORDINGS if path.parent.name in {"servers", "conditions"}]
TRUTHS = sorted(CAPTURES.glob("*/*.truth.json"))

# tshark wants the handshake, and loses its place behind a hole.
NOT_SEEN_BY_TSHARK = ("midstream", "one-direction", "snaplen", "capture-lost-packets", "rotated-2")
# It shows the last fragment of a compressed message as it was sent, and not the message.
FRAGMENTED_AND_COMPRESSED = {"deflate.pcap": 2, "deflate-server-closes.pcap": 1}


def messages_of(one: Connection, side: int) -> list[tuple[int, bytes, int]]:
    """Give opcode, what is known of what was said, and its size."""
    rows = one.messages
    assert rows is not None
    columns = zip(rows.side, rows.opcode, rows.payload, rows.size, strict=True)
    return [(opcode, said, size) for who, opcode, said, size in columns if who == side]


def texts_by_tshark(path: Path) -> dict[int, Counter[str]]:
    """Give the texts on each TCP stream, special characters escaped."""
    separators = ["-E", "occurrence=a", "-E", "aggregator=\x1f", "-E", "separator=\x1e"]
    wanted = ["-e", "tcp.stream", "-e", "websocket.payload.text"]
    found: dict[int, Counter[str]] = defaultdict(Counter)
    out = run(path, "-Y", "websocket.payload.text", "-T", "fields", *separators, *wanted)
    for line in filter(None, out.split("\n")):
        stream, texts = line.split("\x1e")
        found[int(stream)].update(texts.split("\x1f"))
    return found


def escaped(text: bytes) -> str:
    shown = text.decode().replace("\\", "\\\\")
    return shown.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


@needs_tshark
def test_texts_are_those_that_tshark_shows() -> None:
    compared = 0
    for path in SHOWN:
        if path.name.startswith(NOT_SEEN_BY_TSHARK):
            continue
        theirs = texts_by_tshark(path)
        for one in read(path, messages=True).connections:
            if one.framing is not Framing.RFC_6455:
                continue
            said = [each for side in (0, 1) for each in messages_of(one, side)]
            ours = Counter(escaped(text) for opcode, text, _ in said if opcode == Opcode.TEXT)
            shown = theirs[one.tcp_stream]
            excused = FRAGMENTED_AND_COMPRESSED.get(path.name, 0)
            lone = (ours - shown).total(), (shown - ours).total()
            assert lone == (excused, excused), path.name
            compared += (ours & shown).total()
    assert compared >= 200


# Where an endpoint counted what is not in the capture, or did not take what was sent to it.
COUNTED_OTHERWISE = {
    "capture-lost-packets": "the capture lacks a part of a text",
    "midstream-deflate": "the capture begins behind the messages that later ones refer to",
    "midstream-fin": "a hello stands before the capture",
    "midstream-large": "a hello stands before the capture",
    "midstream-ping": "a hello stands before the capture",
    "midstream-small": "a hello stands before the capture",
    "one-direction-client": "the other direction was not captured",
    "one-direction-server": "the other direction was not captured",
    "snaplen-96": "the capture lacks most of every text",
    "close-1009-websockets-tornado": "the last message was too large for its receiver",
    "close-1009-ws-aiohttp": "the last message was too large for its receiver",
    "data-after-close-ws": "a message came behind the close",
    "data-after-close": "a message came behind the close",
}
CLOSED = re.compile(r"(client|server)\S* \S+ closed port=(\d+) .*messages=(\d+) characters=(\d+)")


COUNTED = [
    path
    for path in TRUTHS
    if " characters=" in path.read_text(encoding="utf-8")
    and path.name.removesuffix(".truth.json") not in COUNTED_OTHERWISE
]


@pytest.mark.parametrize("path", COUNTED, ids=lambda path: path.name.removesuffix(".truth.json"))
def test_endpoints_took_as_many_messages_and_characters_as_were_sent(path: Path) -> None:
    truth = json.loads(path.read_text(encoding="utf-8"))
    name = path.name.removesuffix(".truth.json")
    counted = defaultdict(list)
    for line in truth["log"]:
        if found := CLOSED.match(line):
            who, port, *numbers = found.groups()
            counted[who, int(port)].append(tuple(map(int, numbers)))
    names = truth.get("captures") or [f"{name}.pcap"]
    for one in read([path.parent / each for each in names], messages=True).connections:
        for side, receiver in enumerate(("server", "client")):
            sent = messages_of(one, side)
            assert all(len(said) == size for _, said, size in sent)
            length = sum(
                len(said.decode()) if opcode == Opcode.TEXT else size for opcode, said, size in sent
            )
            took = counted.get((receiver, one.client.port))
            assert took is None or (len(sent), length) in took


@pytest.mark.parametrize(
    ("name", "side", "text"),
    # As captures/record/servers.py has it.
    [
        ("deflate", 0, b"alpha " * 20 + b"beta " * 20 + b"gamma"),
        ("deflate", 1, b"one two three"),
        ("deflate-server-closes", 0, b"part one, part two"),
        ("deflate-server-closes", 1, b"part one, part two"),
    ],
)
def test_messages_in_compressed_fragments_are_put_together(
    name: str, side: int, text: bytes
) -> None:
    (one,) = read(CAPTURES / "servers" / f"{name}.pcap", messages=True).connections
    assert text in [said for _, said, _ in messages_of(one, side)]


def test_no_recording_holds_bad_text_or_breaks_its_compression() -> None:
    for path in RECORDINGS:
        for one in read(path, messages=True).connections:
            names = {odd.name for odd in one.anomalies}
            assert names & {"text_not_utf8", "message_not_inflatable"} == set(), path
