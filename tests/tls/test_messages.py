from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.tls.messages import LONGEST_MESSAGE, MessageReader


def message(kind: int, body: bytes) -> bytes:
    """RFC 8446, section 4: type, length of three bytes, body."""
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


FLIGHT = message(8, b"ab") + message(20, b"") + message(11, b"x" * 300)


@given(cuts=st.lists(st.integers(1, 50), min_size=1))
def test_messages_are_put_together_however_they_are_cut(cuts: list[int]) -> None:
    reader = MessageReader()
    found = []
    at = turn = 0
    while at < len(FLIGHT):
        size = cuts[turn % len(cuts)]
        found += reader.feed(FLIGHT[at : at + size])
        at += size
        turn += 1
    assert found == [(8, b"ab"), (20, b""), (11, b"x" * 300)]


def test_long_message_is_passed_over() -> None:
    reader = MessageReader()
    long = message(11, bytes(LONGEST_MESSAGE + 5000))
    found = []
    for at in range(0, len(long), 16384):
        found += reader.feed(long[at : at + 16384])
    assert found == []
    assert reader.feed(message(20, b"ab")) == [(20, b"ab")]


def test_nothing_is_read_behind_a_gap_until_the_keys_change() -> None:
    reader = MessageReader()
    reader.feed(message(11, bytes(100))[:50])
    reader.broken = True
    assert reader.feed(message(20, b"")) == []
    reader.reset()
    assert reader.feed(message(20, b"")) == [(20, b"")]
