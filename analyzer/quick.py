"""Frozen dataclasses, made quickly.

Where a capture holds a hundred thousand connections, much of the time would go into ``__init__`` of
frozen dataclasses: it sets each field by a call of ``object.__setattr__``, since a plain assignment
is what being frozen forbids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from operator import attrgetter
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_MAKERS: dict[type, Callable[..., Any]] = {}


class _MadeLater:
    """Stands in front of a slot, and makes what it does not hold when somebody asks for it.

    A ``__getattr__`` of the class would do that, too, and make all its attributes slower to get at.
    """

    def __init__(self, slot: Any, make: Callable[[Any], Any]) -> None:
        self._slot = slot
        self._make = make

    def __get__(self, one: Any, owner: type | None = None) -> Any:
        if one is None:
            return self
        try:
            return self._slot.__get__(one, owner)
        except AttributeError:
            found = self._make(one)
            self._slot.__set__(one, found)
            return found

    def __set__(self, one: Any, value: Any) -> None:
        self._slot.__set__(one, value)


def maker(
    cls: Callable[P, T], later: Mapping[str, Callable[[T], Any]] = MappingProxyType({})
) -> Callable[P, T]:
    """Return a function that makes what a frozen dataclass with slots makes, several times faster.

    While its fields are set, an object belongs to a twin of its class, which has the same slots and
    nothing of what makes it frozen. Objects of the class are also pickled so, for the same reason.

    Parameters
    ----------
    cls : type
        The dataclass.
    later : mapping of str to callable
        Fields that are not set, and not asked for: what makes each of an object when it is wanted.

    Examples
    --------
    >>> from analyzer.anomaly import Anomaly
    >>> maker(Anomaly)("capture_gap", None, 1, packet=2) == Anomaly("capture_gap", None, 1, 2)
    True
    """
    frozen: Any = cls
    for name, make_it in later.items():
        setattr(frozen, name, _MadeLater(vars(frozen)[name], make_it))
    names = [field.name for field in fields(frozen) if field.name not in later]
    twin = type(frozen.__name__, (), {"__slots__": frozen.__slots__})
    lines = [
        f"def make({', '.join(names)}):",
        "    it = new(twin)",
        *(f"    it.{name} = {name}" for name in names),
        "    it.__class__ = frozen",
        "    return it",
    ]
    space: dict[str, Any] = {"frozen": frozen, "twin": twin, "new": object.__new__}
    exec("\n".join(lines), space)  # noqa: S102 - as dataclasses does; all names are those of fields
    make: Callable[P, T] = space["make"]
    make.__defaults__ = frozen.__init__.__defaults__
    make.__doc__ = f"Make `{frozen.__name__}`."
    _MAKERS[frozen] = make
    values = attrgetter(*names)
    frozen.__reduce__ = lambda one: _reduced(one, frozen, values)
    return make


def _reduced(one: Any, cls: type, values: Callable[[Any], tuple[Any, ...]]) -> tuple[Any, ...]:
    if type(one) is cls:
        return remake, (cls, *values(one))
    # A class that inherits this, and has fields of its own.
    return type(one), tuple(getattr(one, field.name) for field in fields(one))


def altered(one: T, **changes: object) -> T:
    """Return an object like another, of a class that has a maker, but for some fields."""
    make = _MAKERS[type(one)]
    code = make.__code__
    given = {name: getattr(one, name) for name in code.co_varnames[: code.co_argcount]}
    made: T = make(**(given | changes))
    return made


def remake(cls: type[T], *values: object) -> T:
    """Make an object that was pickled."""
    made: T = _MAKERS.get(cls, cls)(*values)
    return made
