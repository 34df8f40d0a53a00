"""A table of streams behaves as a dictionary does, whatever numbers collide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.packet.segment import Segment
from analyzer.stream.index import LEAST, StreamIndex
from analyzer.stream.layer import Chunk
from analyzer.stream.number import StreamNumber
from analyzer.stream.tcpstream import TcpStream

STREAMS = [TcpStream(StreamNumber(number), 0, Segment(), Chunk(), True) for number in range(8)]
# Few places, among them the last ones, so that numbers stand in each other's way and around the end.
KEYS = st.builds(
    lambda place, turn: (place % LEAST) + turn * LEAST + (LEAST if place % LEAST == 0 else 0),
    st.sampled_from([0, 1, 2, 3, LEAST - 2, LEAST - 1]),
    st.sampled_from([0, 1, 2, 2**40, 2**51]),
)


@given(st.lists(st.tuples(st.sampled_from(["put", "remove"]), KEYS, st.sampled_from(STREAMS))))
def test_it_holds_what_a_dictionary_would(steps: list[tuple[str, int, TcpStream]]) -> None:
    index, known = StreamIndex(), {}
    for what, key, stream in steps:
        if what == "put":
            index.put(key, stream)
            known[key] = stream
        else:
            index.remove(key)
            known.pop(key, None)
        assert index.count == len(known)
        for one in {step[1] for step in steps}:
            assert index.get(one) is known.get(one)
    assert sorted(one.number for one in index) == sorted(one.number for one in known.values())


def test_it_grows_and_is_emptied() -> None:
    index = StreamIndex()
    for key in range(1, 10_000):
        index.put(key * 7919, STREAMS[key % 8])
    assert index.count == 9_999
    assert all(index.get(key * 7919) is STREAMS[key % 8] for key in range(1, 10_000))
    for key in range(1, 10_000, 2):
        index.remove(key * 7919)
    assert [index.get(key * 7919) is None for key in range(1, 9)] == [True, False] * 4
    index.clear()
    assert (index.count, list(index), index.get(7919)) == (0, [], None)
