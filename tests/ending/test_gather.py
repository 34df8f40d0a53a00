"""Facts from packets: told by a conversation, read through the TCP stream and the frames on it."""

from __future__ import annotations

import pytest

from analyzer.ending import gather as room
from analyzer.ending.facts import Facts
from analyzer.observer import Observer
from analyzer.packet.decoder import PacketDecoder
from analyzer.side import Side
from analyzer.stream.table import StreamTable
from conversation import Conversation
from wire import CLOSE, MASK, TEXT, close_body, frame


def facts_of(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> Facts:
    """Give what `gather` or `gather_failed` made of a conversation."""
    import analyzer.observer  # noqa: PLC0415 - patched below

    found: list[Facts] = []
    for name in ("gather", "gather_failed"):
        real = getattr(room, name)

        def kept(*given: object, real: object = real, **named: object) -> Facts:
            found.append(real(*given, **named))  # type: ignore[operator]
            return found[-1]

        monkeypatch.setattr(analyzer.observer, name, kept)
    table = StreamTable(Observer(lambda _: None).first_layer)
    decoder = PacketDecoder()
    for number, packet in enumerate(talk.packets, 1):
        size = len(packet.data)
        if decoder.decode(packet.data, 0, size, packet.original_length, 1, packet.time_ns, number):
            table.push(decoder.segment)
    table.finish()
    return found[-1]


def test_orderly_end(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Conversation().handshake().upgrade()
    began = {side: len(talk.sent(side)) for side in ("client", "server")}
    talk.client(frame(TEXT, b"hi", mask=MASK))
    talk.server(frame(CLOSE, close_body(1001))).client(frame(CLOSE, close_body(1001), mask=MASK))
    talk.close_tcp()
    facts = facts_of(talk, monkeypatch)
    client, server = facts.client, facts.server
    assert client.close is not None
    assert server.close is not None
    # Offsets by hand: 8 bytes of text, 4 and 8 of the close frames.
    assert server.close.end_offset == began["server"] + 4
    assert client.close.end_offset == began["client"] + 8 + 8
    assert client.close.acknowledged == began["server"] + 4
    assert (server.close.packet, client.close.packet) == (7, 8)
    assert (server.fin.packet, client.fin.packet) == (9, 10)  # type: ignore[union-attr]
    assert (server.fin_offset, client.fin_acknowledged) == (
        began["server"] + 4,
        began["server"] + 5,
    )
    assert facts.answered_at == talk.packets[4].time_ns
    assert (facts.upgraded, facts.status, facts.reused_by) == (True, 101, None)
    assert client.last_frame_at == talk.packets[5].time_ns
    assert (client.after_close_bytes, server.after_close_bytes) == (0, 0)
    assert facts.last_at == talk.packets[-1].time_ns


def test_bytes_behind_the_own_close_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Conversation().handshake().upgrade()
    talk.server(frame(CLOSE, close_body(1000))).server(frame(TEXT, b"late")).close_tcp()
    assert facts_of(talk, monkeypatch).server.after_close_bytes == 6


def test_side_that_was_not_captured_may_hide_a_close(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Conversation().handshake().upgrade()
    talk.client(frame(TEXT, b"hi", mask=MASK)).fin("client")
    talk.packets = talk.packets[:1] + talk.packets[3:4] + talk.packets[5:]
    facts = facts_of(talk, monkeypatch)
    assert (facts.server.captured, facts.server.close_hidden) == (False, True)
    assert facts.client.unanswered == 0


def test_ports_that_were_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Conversation().handshake().upgrade()
    again = Conversation(isn=(77_000, 88_000), start_ns=talk.time_ns + 10**9).handshake()
    talk.packets += again.packets
    assert facts_of(talk, monkeypatch).reused_by is Side.CLIENT


def test_upgrade_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Conversation().handshake()
    talk.client(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n")
    talk.server(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").close_tcp()
    facts = facts_of(talk, monkeypatch)
    assert (facts.upgraded, facts.status) == (False, 403)
    assert facts.server.fin is not None
    assert facts.answered_at == talk.packets[4].time_ns


def test_end_of_tcp_is_no_part_of_a_refusal_that_more_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talk = Conversation().handshake()
    talk.client(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n")
    talk.server(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
    talk.client(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").close_tcp()
    assert not facts_of(talk, monkeypatch).has_fin


@pytest.mark.parametrize("captured", [True, False])
def test_a_rst_may_answer_a_packet_that_is_not_in_the_capture(
    monkeypatch: pytest.MonkeyPatch, captured: bool
) -> None:
    # As browsers end: Close and FIN at once; the server's answer then meets nobody.
    talk = Conversation().handshake().upgrade()
    talk.client(frame(CLOSE, close_body(1001), mask=MASK)).fin("client")
    talk.server(frame(CLOSE, close_body(1001)), captured=captured)
    talk.rst("client", bare=True)
    facts = facts_of(talk, monkeypatch)
    assert facts.server.segment_hidden is not captured
    assert facts.client.segment_hidden is False
