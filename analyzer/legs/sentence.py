"""A conversation in one line: who ended it, and what became of that on the way."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.legs.conversation import Leg, Step, sign
from analyzer.printable import duration, printable


def sentence_of(legs: Sequence[Leg], first: str | None, steps: Sequence[Step]) -> str:
    """Return the sentence of a conversation; text from the wire is made harmless."""
    if first is None or not steps:
        return "; ".join(_leg(i, leg, len(legs)) for i, leg in enumerate(legs))
    begun = [step for step in steps if step.sender == first]
    told = [_begin(first, begun)]
    told += [_passed(step, _before(step, steps)) for step in steps if step.sender != first]
    return "; ".join(told)


def what(step: Step) -> str:
    """Return what a step is, with its reason."""
    named = sign(step.what, step.code) if step.what else "nothing"
    return f'{named} "{printable(step.reason)}"' if step.reason else named


def _leg(number: int, leg: Leg, legs: int) -> str:
    ending = leg.connection.ending.sentence
    return ending if legs == 1 else f"leg {number + 1}: {ending}"


def _begin(first: str, begun: Sequence[Step]) -> str:
    if len(begun) == 1:
        return f"{first} was first: {what(begun[0])}"
    both = " and ".join(f"{what(step)} to the {step.receiver}" for step in begun)
    return f"{first} was first: {both}"


def _before(step: Step, steps: Sequence[Step]) -> Step | None:
    return next((one for one in steps if one.receiver == step.sender), None)


def _passed(step: Step, before: Step | None) -> str:
    if step.what is None:
        return f"{step.sender} sent nothing on to the {step.receiver}"
    after = ""
    if step.held is not None:
        after = f" after {held(step)}"
    if step.changed is None:
        same = before is None or before.what in {None, step.what}
        return f"{step.sender} passed it on{'' if same else f' as {what(step)}'}{after}"
    return f"{step.sender} made it {what(step)}{after}"


def held(step: Step) -> str:
    """Return how long a hop held it, and how sure that is.

    Examples
    --------
    >>> held(Step(1, "proxy", "server", "fin", held=1_500_000, held_error=100_000))
    '1.5 ms ± 0.1 ms'
    """
    if step.held is None:
        return ""
    text = duration(step.held) if step.held >= 0 else "<0.1 ms"
    if step.held_error is None:
        return f"about {text}"
    return text if step.held_error == 0 else f"{text} ± {duration(step.held_error)}"
