"""What frames add up to."""

from __future__ import annotations

from decoding import Talk
from wire import BINARY, CLOSE, MASK, PING, PONG, TEXT, close_body, frame

CLIENT, SERVER = 0, 1
MS = 1_000_000


def test_frames_messages_and_bytes_are_counted() -> None:
    talk = Talk()
    data = (
        frame(TEXT, b"a", fin=False) + frame(PING, b"p") + frame(0, b"bc") + frame(BINARY, b"def")
    )
    talk.say(SERVER, data + frame(PONG) + frame(3, b"?"))
    log = talk.end().server
    # Worked out by hand: text, ping, continuation, binary, pong, and one with an unknown opcode.
    assert (log.frames, log.messages, log.pings, log.pongs) == (6, 2, 1, 1)
    assert (log.payload_bytes, log.bytes) == (1 + 1 + 2 + 3 + 0 + 1, 6 * 2 + 8)


def test_discarded_hixie_frames_are_no_messages() -> None:
    talk = Talk("hixie-76")
    talk.say(SERVER, b"\x00a\xff\x80\x03xyz\x01b\xff")
    log = talk.end().server
    assert (log.frames, log.messages) == (3, 1)


def test_columns_hold_every_frame() -> None:
    talk = Talk(extensions="permessage-deflate")
    talk.say(CLIENT, frame(TEXT, b"hi", mask=MASK, rsv=4))
    talk.say(SERVER, frame(BINARY, bytes(300))[:100])
    talk.gap(SERVER, 50)
    talk.say(SERVER, frame(BINARY, bytes(300))[150:])
    rows = talk.end().columns
    assert len(rows) == 2
    assert list(rows.side) == [0, 1]
    assert list(rows.flags) == [0x80 | 0x40 | 1, 0x80]
    assert list(rows.missing) == [0, 50]
    assert list(rows.packet) == [1, 4]
    assert list(rows.first_at) == [1 * MS, 2 * MS]
    assert list(rows.at) == [1 * MS, 4 * MS]
    assert list(rows.rtt) == [-1, -1]
    assert {len(getattr(rows, name)) for name in rows.NAMES} == {2}


def ping(side: int, body: bytes) -> bytes:
    return frame(PING, body, mask=None if side else MASK)


def pong(side: int, body: bytes) -> bytes:
    return frame(PONG, body, mask=None if side else MASK)


def test_pong_answers_the_newest_ping_with_its_data() -> None:
    talk = Talk()
    talk.say(SERVER, ping(SERVER, b""))
    talk.say(SERVER, ping(SERVER, b"x"))
    talk.say(SERVER, ping(SERVER, b""))
    talk.say(CLIENT, pong(CLIENT, b""))
    assert talk.log.last_ping_rtt == 1 * MS
    talk.say(CLIENT, pong(CLIENT, b"x"))  # the ping before the one that was answered: forgotten
    assert talk.log.last_ping_rtt == 1 * MS


def test_every_pong_has_the_time_since_its_ping() -> None:
    talk = Talk()
    talk.say(SERVER, ping(SERVER, b"a"))
    talk.say(CLIENT, ping(CLIENT, b"b"))
    talk.say(SERVER, pong(SERVER, b"b") + frame(TEXT, b"c"))
    talk.say(CLIENT, pong(CLIENT, b"a") + pong(CLIENT, b"nobody asked"))
    rows = talk.end().columns
    # By hand: the packets pass one millisecond after the other.
    assert list(rows.opcode) == [9, 9, 10, 1, 10, 10]
    assert list(rows.rtt) == [-1, -1, 1 * MS, -1, 3 * MS, -1]


def test_unsolicited_pong_is_no_answer() -> None:
    talk = Talk()
    talk.say(SERVER, ping(SERVER, b"1"))
    talk.say(SERVER, pong(SERVER, b"1"))
    talk.say(CLIENT, pong(CLIENT, b"2"))
    assert talk.end().last_ping_rtt == -1


def test_ping_with_a_gap_is_matched_by_nothing() -> None:
    talk = Talk()
    talk.say(SERVER, ping(SERVER, b"12")[:2])
    talk.gap(SERVER, 2)
    talk.say(CLIENT, pong(CLIENT, b""))
    assert (talk.log.server.pings, talk.log.last_ping_rtt) == (1, -1)


def test_pings_that_nobody_answers_are_forgotten() -> None:
    talk = Talk()
    for number in range(1000):
        talk.say(SERVER, ping(SERVER, str(number).encode()))
    assert len(talk.log.server.outstanding_pings) == 64


def test_only_the_first_close_counts() -> None:
    talk = Talk()
    talk.say(SERVER, frame(CLOSE, close_body(1001)) + frame(CLOSE, close_body(1000)))
    talk.say(SERVER, frame(TEXT, b"late"))
    log = talk.end().server
    assert log.close is not None
    assert (log.close.code, log.frames_after_close) == (1001, 2)
    assert talk.odd == ["close_repeated", "data_after_close"]


def test_last_frame_is_the_one_before_the_ending() -> None:
    talk = Talk()
    talk.say(SERVER, frame(TEXT, b"one"))
    talk.layer.shutdown(CLIENT, 2 * MS, False)
    talk.packet = 2
    talk.say(SERVER, frame(TEXT, b"two"))
    talk.say(CLIENT, frame(CLOSE, mask=MASK))
    talk.say(SERVER, frame(TEXT, b"three"))
    log = talk.end()
    # The FIN stands at 2 ms, the Close at 4 ms.
    assert (log.server.last_before_down, log.server.last_frame_at) == (1 * MS, 3 * MS)
    assert (log.down_at, log.closing_at) == (2 * MS, 4 * MS)


def test_body_of_a_close_is_judged_only_where_it_is_whole() -> None:
    talk = Talk()
    talk.say(SERVER, frame(CLOSE, close_body(1006)))
    long = frame(CLOSE, close_body(1000, "é" * 4000), mask=MASK)
    for start in range(0, len(long), 501):
        talk.say(CLIENT, long[start : start + 501])
    talk.end()
    assert talk.odd == ["close_code_forbidden", "control_frame_too_long"]


def test_fin_that_overtook_its_own_data_did_not_come_before_it() -> None:
    for reset, last in ((False, 2 * MS), (True, 0)):
        talk = Talk()
        talk.layer.shutdown(SERVER, 1 * MS, reset)
        talk.packet = 1
        talk.say(SERVER, frame(TEXT, b"late"))
        assert talk.end().server.last_before_down == last
