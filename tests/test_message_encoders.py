"""Messages that other programs' libraries wrote: wsproto and websockets, where they are installed."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from decoding import Talk

CLIENT, SERVER = 0, 1
OFFERS = (
    "permessage-deflate",
    "permessage-deflate; client_no_context_takeover",
    "permessage-deflate; server_no_context_takeover",
    "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; client_max_window_bits=9; server_max_window_bits=12",
    "permessage-deflate; client_max_window_bits=15; server_max_window_bits=9",
)
Message = tuple[int, str | bytes, int]


def messages() -> list[Message]:
    """Give side, what is said, and the number of frames it is said in."""
    random = Random(7)
    words = ["", "a", "häuser 𝄞", "x" * 70_000, "long " * 700, '{"price": 100}', "häuser 𝄞"]
    said: list[str | bytes] = [*words, b"", bytes(range(256)), random.randbytes(3000), b"\xff" * 9]
    return [
        (random.choice([CLIENT, SERVER]), random.choice(said), random.choice([1, 1, 2, 5]))
        for _ in range(120)
    ]


def pieces(said: str | bytes, frames: int) -> list[str | bytes]:
    size = len(said) // frames + 1
    cut = [said[start : start + size] for start in range(0, len(said), size)]
    return cut or [said]


def assert_told(talk: Talk, told: list[Message]) -> None:
    talk.end()
    assert talk.log.messages is not None
    rows = talk.log.messages.columns
    assert len(rows) == len(told)
    for row, (side, said, _) in enumerate(told):
        data = said.encode() if isinstance(said, str) else said
        assert (rows.side[row], rows.size[row]) == (side, len(data))
        assert rows.payload[row] == data[:65536]
        expected = (1, 1) if isinstance(said, str) else (2, -1)
        assert (rows.opcode[row], rows.valid[row]) == expected
    assert talk.odd == []


def wsproto_end(side: int, parameters: str | None) -> Any:
    wsproto = pytest.importorskip("wsproto.connection")
    deflate = pytest.importorskip("wsproto.extensions").PerMessageDeflate()
    if parameters and side == CLIENT:
        deflate.finalize(parameters)
    elif parameters:
        deflate.accept(parameters)
    kind = wsproto.ConnectionType.SERVER if side else wsproto.ConnectionType.CLIENT
    return wsproto.Connection(kind, extensions=[deflate] if parameters else [])


@pytest.mark.parametrize("size", [1400, 100_000])
@pytest.mark.parametrize("parameters", [None, *OFFERS])
def test_messages_of_wsproto_are_told(parameters: str | None, size: int) -> None:
    ends = [wsproto_end(side, parameters) for side in (CLIENT, SERVER)]
    events = pytest.importorskip("wsproto.events")
    talk = Talk(messages=True, extensions=parameters)
    told = messages()
    for side, said, frames in told:
        kind = events.TextMessage if isinstance(said, str) else events.BytesMessage
        parts = pieces(said, frames)
        for number, part in enumerate(parts, 1):
            data = ends[side].send(kind(data=part, message_finished=number == len(parts)))
            for start in range(0, len(data), size):
                talk.say(side, data[start : start + size])
    assert_told(talk, told)


def websockets_deflate(side: int, parameters: str) -> Any:
    deflate = pytest.importorskip("websockets.extensions.permessage_deflate").PerMessageDeflate
    ours, theirs = ("server", "client") if side else ("client", "server")
    bits = {
        name: int(parameters.partition(f"{name}_max_window_bits=")[2].partition(";")[0] or 15)
        for name in (ours, theirs)
    }
    return deflate(
        f"{theirs}_no_context_takeover" in parameters,
        f"{ours}_no_context_takeover" in parameters,
        bits[theirs],
        bits[ours],
    )


@pytest.mark.parametrize("size", [1400, 100_000])
@pytest.mark.parametrize("parameters", [None, *OFFERS])
def test_messages_of_websockets_are_told(parameters: str | None, size: int) -> None:
    written = pytest.importorskip("websockets.frames")
    extensions = [[websockets_deflate(side, parameters)] if parameters else [] for side in (0, 1)]
    talk = Talk(messages=True, extensions=parameters)
    told = messages()
    for side, said, frames in told:
        opcode = written.Opcode.TEXT if isinstance(said, str) else written.Opcode.BINARY
        parts = pieces(said.encode() if isinstance(said, str) else said, frames)
        for number, part in enumerate(parts, 1):
            one = written.Frame(opcode if number == 1 else 0, part, number == len(parts))
            data = one.serialize(mask=side == CLIENT, extensions=extensions[side])
            for start in range(0, len(data), size):
                talk.say(side, data[start : start + size])
    assert_told(talk, told)
