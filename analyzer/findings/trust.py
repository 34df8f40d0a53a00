"""Trust: what the captures themselves cannot carry, and how many verdicts that touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from analyzer.findings.finding import Finding, Given, about, counted, packets
from analyzer.record import Connection


class Limit(NamedTuple):
    """Something that a capture did not hold, told by words of a caveat."""

    number: str
    what: str
    words: tuple[str, ...]
    advice: str


LIMITS = (
    Limit(
        "midstream_connections",
        "began before the capture",
        ("began before the capture",),
        "begin the capture before the connections do: their age and handshake are lost",
    ),
    Limit(
        "one_direction_connections",
        "seen in one direction only",
        ("was captured",),
        "capture both directions: mirror both, or tap where routing is symmetric",
    ),
    Limit(
        "missing_connections",
        "with bytes missing in the capture",
        ("missing from the capture", "probably missing", "waited for one that never came"),
        "look at the capture program's count of dropped packets; capture with a larger buffer (-B)",
    ),
    Limit(
        "cut_connections",
        "with packets cut short",
        ("cut off in the capture", "are cut off"),
        "capture whole packets: -s 0",
    ),
    Limit(
        "headless_connections",
        "without all of the upgrade",
        ("of the upgrade is not in the capture", "to the upgrade is not in the capture"),
        "look for the packets of the upgrade in another capture",
    ),
)


def trust(given: Given) -> list[Finding]:
    """Tell what the capture lacks, and how many endings are less certain by it.

    A connection counts where its own caveats say that the capture began too late, holds one
    direction only, lacks bytes, or cut packets short. A capture counts that could not be read to
    its end. That the capture ended first is no fault of it.
    """
    broken = [capture for capture in given.captures if not capture.complete]
    touched: dict[int, Connection] = {}
    numbers: dict[str, int] = {}
    advice = []
    parts = []
    doubted = [one for one in given.connections if one.ending.caveats]
    for limit in LIMITS:
        found = list(_touched(doubted, limit))
        if found:
            touched |= {one.id: one for one in found}
            numbers[limit.number] = len(found)
            advice.append(limit.advice)
            parts.append(f"{len(found):,} {limit.what}")
    if not touched and not broken:
        return []
    undetermined = sum(_is_unsure(one) for one in touched.values())
    numbers |= {"undetermined_connections": undetermined, "broken_captures": len(broken)}
    ordered = sorted(touched.values(), key=lambda one: one.id)
    return [
        Finding(
            "trust",
            _sentence(len(touched), len(given.connections), parts, undetermined, len(broken)),
            about(ordered),
            min((one.first_at for one in ordered), default=None),
            max((one.last_at for one in ordered), default=None),
            numbers,
            packets(one.first_packet for one in ordered),
            also=("a side that sent nothing looks like one that was not captured",)
            if "one_direction_connections" in numbers
            else (),
            next=tuple(advice),
        )
    ]


def _touched(connections: Iterable[Connection], limit: Limit) -> Iterator[Connection]:
    for one in connections:
        if any(word in caveat for caveat in one.ending.caveats for word in limit.words):
            yield one


def _is_unsure(one: Connection) -> bool:
    return str(one.ending.kind) == "undetermined" or one.ending.first is None


def _sentence(touched: int, whole: int, parts: list[str], unsure: int, broken: int) -> str:
    texts = []
    if touched:
        texts.append(
            f"the capture does not hold all of {touched:,} of {counted(whole, 'connection')}:"
            f" {', '.join(parts)}"
        )
        if unsure:
            texts.append(f"how {unsure:,} of them ended, or who was first, cannot be told")
    if broken:
        texts.append(f"{counted(broken, 'capture')} could not be read to the end")
    return "; ".join(texts)
