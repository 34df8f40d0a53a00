"""How much of an inner stream lies behind an offset in TCP: counted byte by byte beside it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.stream.marks import Marks

# Bytes of headers in front of each piece, and of the piece.
PIECES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), max_size=90)


def marked(pieces: list[tuple[int, int]]) -> tuple[Marks, list[bool]]:
    """Return marks, and which bytes of TCP belong to the inner stream."""
    marks, inner = Marks(), list[bool]()
    for header, length in pieces:
        inner += [False] * header + [True] * length
        marks.add(len(inner), length)
    return marks, inner


@given(PIECES, st.integers(0, 4000))
def test_what_lies_behind_an_offset(pieces: list[tuple[int, int]], offset: int) -> None:
    marks, inner = marked(pieces)
    expected = sum(inner[offset:])
    remembered = sum(header + length for header, length in pieces[-64:])
    if offset >= len(inner) - remembered or len(pieces) < 64:
        assert marks.behind(offset) == expected
    else:
        assert marks.behind(offset) <= expected


def test_what_the_capture_lacks_counts_as_sent() -> None:
    marks = Marks()
    marks.add(100, 50)
    marks.skip(20)
    marks.add(200, 30)
    assert marks.total == 100
    assert [marks.behind(offset) for offset in (100, 150, 170, 199, 200)] == [50, 50, 30, 1, 0]


def test_older_pieces_are_forgotten() -> None:
    marks, _ = marked([(1, 10)] * 100)
    assert marks.total == 1000
    # Of the hundred the last 64 are remembered, from 36 * 11 on.
    assert marks.behind(37 * 11) == 630
    assert marks.behind(0) == 630
