"""Segments that are handed on, and come back as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.fleet.router import KeyRouter, SplitRouter, read, write
from analyzer.packet.segment import Segment
from analyzer.stream.table import spread

U8, U16 = st.integers(0, 2**8 - 1), st.integers(0, 2**16 - 1)
U32, U64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
FIELDS = {
    "time_ns": st.integers(-(2**62), 2**62),
    "packet": st.integers(1, 2**62),
    "missing": st.integers(-1, 2**31),
    "ip_version": st.sampled_from([4, 6]),
    "source_high": U64,
    "source_low": U64,
    "destination_high": U64,
    "destination_low": U64,
    "source_port": U16,
    "destination_port": U16,
    "network": U64,
    "sequence": U32,
    "acknowledgment": U32,
    "flags": U8,
    "window": U16,
    "window_scale": st.integers(-1, 14),
    "ip_id": U16,
    "ttl": U8,
    "fingerprint": U64,
}


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    one = Segment()
    for name, values in FIELDS.items():
        setattr(one, name, draw(values))
    one.buffer = draw(st.binary(max_size=50))
    one.start = draw(st.integers(0, len(one.buffer)))
    one.end = draw(st.integers(one.start, len(one.buffer)))
    return one


def told(one: Segment) -> dict[str, object]:
    return {name: getattr(one, name) for name in FIELDS} | {
        "payload": one.buffer[one.start : one.end]
    }


def test_every_field_of_a_segment_is_handed_on() -> None:
    assert set(vars_of(Segment())) == {*FIELDS, "buffer", "start", "end"}


def vars_of(one: Segment) -> list[str]:
    return [name for name in dir(one) if not name.startswith("_")]


@given(st.lists(segments(), max_size=4))
def test_segments_come_back_as_they_were(sent: list[Segment]) -> None:
    out = bytearray()
    for one in sent:
        write(one, out)
    data, at, found = bytes(out), 0, []
    while at < len(data):
        one = Segment()
        at = read(one, data, at)
        found.append(told(one))
    assert found == [told(one) for one in sent]


@given(st.lists(segments(), min_size=1, max_size=8), st.integers(1, 4))
def test_segments_of_some_streams_are_taken_all_of_one_by_one_share(
    sent: list[Segment], count: int
) -> None:
    noted = KeyRouter()
    assert all(noted.takes(one) for one in sent)
    assert noted.keys == {spread(one, 0) for one in sent}
    wanted = set(sorted(noted.keys)[::2])
    router = SplitRouter(wanted, count)
    assert [router.takes(one) for one in sent] == [spread(one, 0) in wanted for one in sent]
    shares: dict[int, set[int]] = {}
    for number, data in enumerate(router.taken):
        at, one = 0, Segment()
        while at < len(data):
            at = read(one, bytes(data), at)
            shares.setdefault(spread(one, 0), set()).add(number)
    assert set(shares) == wanted
    assert all(len(numbers) == 1 for numbers in shares.values())


def test_ticks_are_noted() -> None:
    router = SplitRouter((), 1)
    router.ticked(5, 1)
    router.ticked(9, 3)
    assert (list(router.tick_times), list(router.tick_packets)) == ([5, 9], [1, 3])
