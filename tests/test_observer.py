"""Layers on top of each other: conversations in, connections out."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from analyzer.observer import Observer
from analyzer.packet.decoder import PacketDecoder
from analyzer.record import Connection
from analyzer.stream.table import StreamTable
from conversation import Conversation
from upgrade import refusal, upgrade
from wire import CLOSE, MASK, TEXT, close_body, frame


def observed(talk: Conversation, keep: tuple[int, ...] = (), **options: Any) -> list[Connection]:
    found: list[Connection] = []
    table = StreamTable(Observer(found.append, keep, **options).first_layer)
    decoder = PacketDecoder()
    for number, packet in enumerate(talk.packets, 1):
        size = len(packet.data)
        if decoder.decode(packet.data, 0, size, packet.original_length, 1, packet.time_ns, number):
            table.push(decoder.segment)
    table.finish()
    return found


def close(talk: Conversation) -> Conversation:
    talk.server(frame(TEXT, b"hello")).server(frame(CLOSE, close_body(1000)))
    return talk.client(frame(CLOSE, close_body(1000), mask=MASK)).close_tcp()


def test_connection_holds_what_its_handshake_said() -> None:
    agreed = upgrade(
        protocol="chat",
        extensions="permessage-deflate",
        request_headers=[("User-Agent", "test/1"), ("Origin", "http://here")],
    )
    (one,) = observed(close(Conversation().handshake().upgrade(agreed)))
    handshake = one.handshake
    assert (handshake.target, handshake.host, handshake.status) == ("/chat", "example.com", 101)
    assert (handshake.user_agent, handshake.subprotocol) == ("test/1", "chat")
    assert (handshake.offered_subprotocols, handshake.extensions) == (
        ("chat",),
        ("permessage-deflate",),
    )
    assert (handshake.accept_valid, handshake.request_packet, handshake.response_packet) == (
        True,
        4,
        5,
    )
    assert (one.version, one.seen_from, str(one.ending.kind)) == ("13", "syn", "hybi_close")
    assert (one.client_sent.frames, one.server_sent.frames, one.server_sent.messages) == (1, 2, 1)


def test_frames_are_kept_where_asked_for() -> None:
    talk = close(Conversation().handshake().upgrade())
    assert observed(talk)[0].frames is None
    frames = observed(talk, keep=(0,))[0].frames
    assert frames is not None
    assert len(frames) == 3


def test_of_many_frames_the_last_ones_are_kept() -> None:
    talk = Conversation().handshake().upgrade()
    for number in range(600):
        talk.server(frame(TEXT, b"x" * (number % 100)))
    (one,) = observed(close(talk), keep=(0,), last_frames=4)
    frames = one.frames
    assert frames is not None
    # The last text, which has 99 bytes, "hello", and the two closes.
    assert list(frames.payload_length) == [99, 5, 2, 2]
    assert frames.dropped + len(frames) == 603
    assert one.server_sent.frames == 602


def test_messages_are_kept_where_asked_for() -> None:
    talk = Conversation().handshake().upgrade(upgrade(extensions="permessage-deflate"))
    # RFC 7692, section 7.2.3.2: the second "Hello" refers to the first.
    talk.server(bytes.fromhex("c107f248cdc9c90700")).server(bytes.fromhex("c105f200110000"))
    close(talk)
    assert observed(talk)[0].messages is None
    assert observed(talk, keep=(0,))[0].messages is None
    (one,) = observed(talk, keep_messages=(0,))
    assert one.messages is not None
    assert one.messages.payload == [b"Hello", b"Hello", b"hello"]
    (one,) = observed(talk, keep_messages=(0,), last_frames=2)
    assert one.messages is not None
    assert (one.messages.payload, one.messages.dropped) == ([b"Hello", b"hello"], 1)


def test_bad_text_is_an_anomaly_where_messages_are_looked_into() -> None:
    talk = close(Conversation().handshake().upgrade().server(frame(TEXT, b"a\xff")))
    assert observed(talk)[0].anomalies == ()
    (one,) = observed(talk, keep_messages=(0,))
    (odd,) = one.anomalies
    assert (odd.name, str(odd.side), odd.packet) == ("text_not_utf8", "server", 6)


@pytest.mark.parametrize(
    ("skip", "expected"),
    [
        (3, [b"first words", b"and others " * 20, b"and others, again", b"first words"]),
        (5, [b"first words", b"and others " * 20, b"and others, again", b"first words"]),
        # What refers to a message that the capture does not hold is not told.
        (7, [b"and others " * 20, b"and others, again", b""]),
    ],
)
def test_messages_of_what_began_before_the_capture_are_tried(
    skip: int, expected: list[bytes]
) -> None:
    """Without the handshake, RSV1 is taken for permessage-deflate."""
    talk = Conversation().handshake().upgrade(upgrade(extensions="permessage-deflate"))
    packer = zlib.compressobj(wbits=-15)
    for word in (b"first words", b"and others " * 20, b"and others, again", b"first words"):
        data = packer.compress(word) + packer.flush(zlib.Z_SYNC_FLUSH)
        talk.server(frame(TEXT, data[:-4], rsv=4)).ack("client")
    talk.client(frame(TEXT, b"a client of its own", mask=MASK))
    close(talk)
    talk.packets = talk.packets[skip:]
    (one,) = observed(talk, keep_messages=(0,))
    assert one.messages is not None
    assert {odd.name for odd in one.anomalies} <= {"decoding_resumed"}
    rows = zip(one.messages.side, one.messages.payload, one.messages.valid, strict=True)
    assert [(said, valid) for side, said, valid in rows if side == 1] == [
        *((word, 1 if word else -1) for word in expected),
        (b"hello", 1),
    ]


def test_refused_and_unanswered_upgrades_are_connections_too() -> None:
    talk = Conversation().handshake()
    talk.client(upgrade().request).server(refusal(401)).client(upgrade().request).close_tcp(
        "client"
    )
    found = observed(talk)
    assert [(one.id, str(one.ending.kind)) for one in found] == [(0, "refused"), (1, "unanswered")]
    assert found[0].timing.upgrade == 100_000
    assert found[1].timing.upgrade is None


def test_where_the_capture_began_is_told() -> None:
    whole = close(Conversation().handshake().upgrade())
    for skip, seen_from, connect in (
        (0, "syn", 200_000),
        (3, "upgrade", None),
        (5, "midstream", None),
    ):
        part = Conversation()
        part.packets = whole.packets[skip:]
        (one,) = observed(part)
        assert (one.seen_from, one.timing.tcp_connect) == (seen_from, connect)
        assert (one.client.port, one.server.port) == (40000, 80)
        assert str(one.ending.first) == "server"


def test_clock_that_was_set_back_gives_no_durations() -> None:
    talk = close(Conversation().handshake().upgrade())
    for number, back in ((2, 10**9), (4, 2 * 10**9)):
        talk.packets[number:] = [
            packet._replace(time_ns=packet.time_ns - back) for packet in talk.packets[number:]
        ]
    (one,) = observed(talk)
    assert (one.timing.tcp_connect, one.timing.upgrade) == (None, None)


def test_close_that_overtook_the_end_of_the_answer_came_when_the_connection_was_open() -> None:
    talk = Conversation().handshake()
    agreed = upgrade("hixie-76")
    talk.client(agreed.request).server(agreed.response[:-5]).server(agreed.response[-5:])
    talk.server(b"\xff\x00").client(b"\xff\x00").close_tcp()
    end, early = talk.packets[5:7]
    swapped = [early._replace(time_ns=end.time_ns), end._replace(time_ns=early.time_ns)]
    (one,) = observed(talk)
    assert one.timing.open == 100_000
    talk.packets[5:7] = swapped
    (one,) = observed(talk)
    assert (str(one.ending.kind), one.timing.open) == ("hixie_close", 0)
