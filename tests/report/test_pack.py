"""The data of the report's script, read back by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from analyzer.record import Connection
from analyzer.report import pack as room
from analyzer.report.pack import HOLE, NEXT, Texts, embedded, pack, path, shortened
from hostile import REASONS
from told import START_NS, closed, found_in, merged, refused, reset


def filled(shared: list[str], place: int, values: str) -> str:
    """Put a text together again."""
    first, *others = shared[place].split(HOLE)
    held = values.split(NEXT) if others else []
    return first + "".join(value + other for value, other in zip(held, others, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "client sent Close 1001 (Going Away) after 1,234.5 s.",
        "frame.number in {1, 22, 333}",
        "1:UYxjLFoPHhngLwX41wSeDVi95Tc=",
        "a7b8 1.2.3.4:5 ::1 ٣ ½",
    ],
)
def test_texts_come_back_as_they_were(text: str) -> None:
    texts = Texts()
    texts.pack("something else 1")
    place, values = texts.pack(text)
    assert filled(texts.shared(), place, values) == text


def test_texts_that_differ_in_numbers_share_a_place() -> None:
    texts = Texts()
    sentences = [f"after {n}.{n} s, packet {n * 1000:,}" for n in range(100)]
    assert {texts.pack(sentence)[0] for sentence in sentences} == {0}
    assert len(texts.shared()) == 1


def test_json_cannot_end_the_element_that_it_stands_in() -> None:
    text = embedded(list(REASONS))
    assert "<" not in text
    assert json.loads(text) == list(REASONS)


def test_columns_hold_a_value_for_each_connection() -> None:
    connections = found_in(merged(closed(40000), reset(40001), refused(40002)))
    packed = pack(connections)
    table, shared = json.loads(packed.table), json.loads(packed.texts)
    assert table["id"] == [0, 1, 2]
    assert table["start"] == START_NS // 1000
    assert table["open"][2] is None
    assert [table["kind"]["words"][place] for place in table["kind"]["column"]] == [
        *("hybi_close", "rst", "refused")
    ]
    assert table["bad"] == [0, 1, 1]
    told = [filled(shared, *packed) for packed in zip(*table["sentence"], strict=True)]
    assert told == [one.ending.sentence for one in connections]
    clients = [filled(shared, *packed) for packed in zip(*table["client"], strict=True)]
    assert clients == ["10.0.0.1:40000", "10.0.0.1:40001", "10.0.0.1:40002"]


def test_rungs_hold_what_is_added_to_the_one_before() -> None:
    packed = pack(found_in(reset(), frames=True))
    ((day, ns, rungs, _, _),) = json.loads(packed.chunks[0])
    assert day * 86_400_000_000_000 + ns == START_NS
    # SYN in packet 1, upgrade in 4, answer in 5, a frame in 6, RST in 8; by client and server.
    assert [(rungs[i + 1], rungs[i + 2] % 3) for i in range(0, len(rungs), 5)] == [
        *((1, 0), (3, 0), (1, 1), (1, 0), (2, 0))
    ]


def test_a_time_that_is_not_known_is_none() -> None:
    (one,) = found_in(reset())
    strange = replace(one, first_at=0)
    assert json.loads(pack([strange]).table)["began"] == [None]


def test_less_is_kept_of_those_that_are_far_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "WITH_FRAMES", 1)
    monkeypatch.setattr(room, "DETAILED", 2)
    monkeypatch.setattr(room, "PER_CHUNK", 2)
    connections: list[Connection] = found_in(
        merged(*(reset(40000 + n) for n in range(3))), frames=True
    )
    packed = pack(connections)
    first, second, third = (one for chunk in packed.chunks for one in json.loads(chunk))
    assert len(packed.chunks) == 2
    assert [len(one[2]) // 5 for one in (first, second, third)] == [5, 4, 4]
    assert [bool(one[3]) for one in (first, second, third)] == [True, True, False]
    table = json.loads(packed.table)
    assert (table["withFrames"], table["detailed"], table["perChunk"]) == (1, 2, 2)


def test_long_texts_are_cut() -> None:
    (one,) = found_in(closed(path="/" + "a" * 5000))
    assert len(path(one)) == 160
    assert len("".join(map(str, [*pack([one]).chunks, pack([one]).texts]))) < 6000
    assert shortened("abc", 3) == "abc"


def test_nothing_is_packed_of_nothing() -> None:
    packed = pack([])
    assert json.loads(packed.table)["id"] == []
    assert packed.chunks == []
