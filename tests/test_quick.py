"""What is made quickly is what its class makes."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, dataclass, replace

import pytest

from analyzer.quick import altered, maker


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    size: int = 3
    tags: tuple[str, ...] = ()


make = maker(Thing)


def test_it_is_the_same_thing() -> None:
    made, plain = make("a", tags=("b",)), Thing("a", tags=("b",))
    assert made == plain
    assert hash(made) == hash(plain)
    assert repr(made) == repr(plain) == "Thing(name='a', size=3, tags=('b',))"
    assert type(made) is Thing
    assert pickle.loads(pickle.dumps(made)) == plain
    assert replace(made, size=4) == Thing("a", 4, ("b",))


def test_what_is_left_out_is_made_when_somebody_asks() -> None:
    @dataclass(frozen=True, slots=True)
    class Sum:
        one: int
        other: int
        both: int

    asked = []

    def both(it: Sum) -> int:
        asked.append(it)
        return it.one + it.other

    made = maker(Sum, {"both": both})(1, 2)  # type: ignore[call-arg]
    assert asked == []
    assert (made.both, made.both, len(asked)) == (3, 3, 1)
    assert made == Sum(1, 2, 3)
    assert replace(made, one=5).both == 3
    with pytest.raises(FrozenInstanceError):
        made.both = 4  # type: ignore[misc]
    with pytest.raises(AttributeError):
        made.neither  # type: ignore[attr-defined]  # noqa: B018


def test_it_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        make("a").size = 4  # type: ignore[misc]


def test_what_has_no_default_must_be_given() -> None:
    with pytest.raises(TypeError, match="name"):
        make()  # type: ignore[call-arg]


def test_another_one_differs_where_it_should() -> None:
    made = make("a", tags=("b",))
    assert altered(made, size=7) == Thing("a", 7, ("b",))
    assert made.size == 3


@dataclass(frozen=True, slots=True)
class More(Thing):
    weight: float | None = None


def test_what_inherits_from_it_is_pickled_with_its_own_fields() -> None:
    more = More("a", 1, ("b",), 2.5)
    again = pickle.loads(pickle.dumps(more))
    assert type(again) is More
    assert again == more
