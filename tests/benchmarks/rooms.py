"""Sort what ``perf`` tells by the room of the package it belongs to. In: its output. Out: a table."""

from __future__ import annotations

import re
from collections import Counter

MODULE = re.compile(r"/analyzer/((?:\w+/)*)(\w+)\.[^/]*\.so$")


def room_of(library: str) -> str:
    """Name the room that a shared library belongs to.

    Examples
    --------
    >>> room_of("/x/site-packages/analyzer/stream/index.cpython-311-x86_64-linux-gnu.so")
    'stream'
    >>> room_of("/x/analyzer/engine.cpython-311-x86_64-linux-gnu.so")
    'engine'
    >>> room_of("/usr/lib/libpython3.11.so.1.0")
    'Python'
    """
    module = MODULE.search(library)
    if module is not None:
        return module[1].partition("/")[0] or module[2]
    return "Python" if "python" in library else "C libraries"


def looks(script: str) -> Counter[str]:
    """Count the looks in each room; `script` is what ``perf script -F ip,dso`` prints."""
    libraries = re.findall(r"^\s*[0-9a-f]+ \((.*)\)$", script, re.MULTILINE)
    return Counter(room_of(library) for library in libraries)


def table(found: list[dict[str, float]], packets: int) -> list[tuple[str, ...]]:
    """Give the rows: nanoseconds a packet of every room, most first, and their sum."""
    heading = ("room", *(("before", "after")[-len(found) :]))
    names = sorted(set().union(*found), key=lambda room: -max(one.get(room, 0) for one in found))
    rows = [
        (name, *(f"{one.get(name, 0) / packets * 1e9:,.0f}" for one in found)) for name in names
    ]
    sums = (f"{sum(one.values()) / packets * 1e9:,.0f}" for one in found)
    return [heading, *rows, ("all, user mode", *sums)]


def as_markdown(title: str, rows: list[tuple[str, ...]]) -> str:
    """Give a table, for the terminal as for a page."""
    name, *others = rows[0]
    lines = [f"| {name:14} |" + "".join(f"{one:>8} |" for one in others)]
    lines.append(f"|{'-' * 16}|" + "--------:|" * len(others))
    for name, *others in rows[1:]:
        lines.append(f"| {name:14} |" + "".join(f"{one:>8} |" for one in others))
    return "\n".join([f"### {title}", "", *lines, ""])
