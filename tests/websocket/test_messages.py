"""Rows of messages, and what is gathered until a message is whole."""

from __future__ import annotations

from analyzer.websocket.decoder import FrameDecoder, FrameSink
from analyzer.websocket.messages import Message, MessageColumns


def decoder(opcode: int, *, fin: bool = True, length: int = 0, gap: int = 0) -> FrameDecoder:
    made = FrameDecoder(0, FrameSink())
    made.opcode, made.fin, made.payload_length, made.gap_in_frame = opcode, fin, length, gap
    made.rsv, made.masked = 4, True
    made.first_at, made.first_packet, made.time_ns, made.packet = 100, 1, 200, 2
    return made


def test_message_begins_with_its_first_frame() -> None:
    first = decoder(1, fin=False, length=3, gap=1)
    message = Message(first)
    message.add(first)
    last = decoder(0, length=4)
    last.time_ns, last.packet = 300, 5
    message.add(last)
    assert (message.opcode, message.flags, message.frames) == (1, 0x40 | 1, 2)
    assert (message.payload_length, message.missing) == (7, 1)
    assert (message.first_at, message.at, message.packet) == (100, 300, 5)


def test_late_frame_that_fills_a_hole_is_not_the_last_of_its_message() -> None:
    message = Message(decoder(1))
    message.add(decoder(1))
    late = decoder(0)
    late.time_ns, late.packet = 150, 9
    message.add(late)
    assert (message.at, message.packet) == (200, 2)


def settled(opcode: int, *, known: bool, plain: bool, said: int = 5) -> tuple[int, int]:
    message = Message(decoder(opcode))
    message.payload_length, message.said = 9, said
    message.plain = plain
    if not known:
        message.lose()
    message.settle()
    return message.size, message.valid


def test_size_is_that_of_what_was_said_and_validity_that_of_texts() -> None:
    assert settled(1, known=True, plain=True) == (5, 1)
    assert settled(2, known=True, plain=False) == (5, -1)
    # Of what is not compressed, the length is known even where bytes are missing.
    assert settled(1, known=False, plain=True) == (9, -1)
    assert settled(1, known=False, plain=False) == (-1, -1)


def test_what_was_uncertain_is_not_kept_when_the_rest_is_lost() -> None:
    for certain, kept in ((True, b"abc"), (False, b"")):
        message = Message(decoder(1))
        message.certain = certain
        message.kept += b"abc"
        message.lose()
        assert bytes(message.kept) == kept


def test_columns_hold_one_row_for_each_message() -> None:
    columns = MessageColumns(last=2)
    for number in range(1000):
        message = Message(decoder(2))
        message.kept += bytes(number % 7)
        message.said = number
        message.settle()
        columns.append(1, message)
    columns.trim()
    assert {len(getattr(columns, name)) for name in columns.NAMES} == {2}
    assert (columns.dropped, len(columns)) == (998, 2)
    assert list(columns.size) == [998, 999]
    assert columns.payload == [bytes(998 % 7), bytes(999 % 7)]
    assert columns.kept_bytes == 998 % 7 + 999 % 7
