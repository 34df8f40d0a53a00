"""How long a side went on while the other was not heard."""

from __future__ import annotations

from analyzer.stream.silence import Silence


def went_on(*repeats: int, heard: int) -> Silence:
    silence = Silence()
    for time in repeats:
        silence.again(time)
    silence.heard(heard)
    return silence


def told(silence: Silence) -> tuple[int, int, int]:
    return silence.stalled, silence.stalled_at, silence.stall_ended_at


def test_repeats_count_since_the_other_side_was_heard() -> None:
    silence = went_on(10, 20, heard=25)
    assert silence.repeats == 0
    silence.again(30)
    silence.again(40)
    assert (silence.repeats, silence.since) == (2, 30)


def test_a_stall_is_from_the_first_repeat_till_the_other_side_is_heard() -> None:
    assert told(went_on(10, 20, 40, heard=100)) == (3, 10, 100)


def test_one_repeat_is_none() -> None:
    assert told(went_on(10, heard=100)) == (0, 0, 0)


def test_the_longest_counts() -> None:
    silence = went_on(10, 20, heard=25)
    for time in (30, 40, 50):
        silence.again(time)
    silence.heard(60)
    assert told(silence) == (3, 30, 60)
    silence.again(70)
    silence.again(75)
    silence.heard(80)
    assert told(silence) == (3, 30, 60)
