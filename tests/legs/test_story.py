"""Joined captures for a person."""

from __future__ import annotations

from analyzer.legs import join_captures
from analyzer.legs.story import exact, story
from legs_paths import CLIENT, INNER, MS, SERVER, closed, connections, key_of, leg, seen


def told(*captures: list[object]) -> str:
    joined = join_captures([connections(one) for one in captures])  # type: ignore[arg-type]
    return "\n".join(story(joined, [[f"{i}.pcap"] for i in range(len(captures))]))


def test_the_clocks_are_told_with_their_error() -> None:
    talk = closed(leg(key=key_of(1)))
    far = seen(talk.packets, CLIENT, ahead=250 * MS, out=2 * MS, back=2 * MS)
    text = told(talk.packets, far)  # type: ignore[arg-type]
    # 2 ms each way: the middle is the truth, and the error is the way, and a tick.
    assert "capture 1: 1.pcap; clock 250.000 ms ± 2.001 ms ahead, from 9 things" in text
    assert "times below are by the clock of capture 0" in text


def test_what_cannot_be_compared_is_said() -> None:
    one = closed(leg(key=key_of(1))).packets
    other = closed(leg(INNER, SERVER, key=key_of(2))).packets
    text = told(one, other)  # type: ignore[arg-type]
    assert "clock not compared: nothing in it was found in the others" in text
    assert "2 conversations" in text


def test_small_durations_keep_their_microseconds() -> None:
    assert exact(1_234_567) == "1.235 ms"
