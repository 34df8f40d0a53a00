"""Known defaults of timers."""

from __future__ import annotations

import pytest

from analyzer.findings.defaults import CLOSE_ANSWER, IDLE, LIFETIME, TCP_CLOSE, known


@pytest.mark.parametrize("defaults", [IDLE, LIFETIME, CLOSE_ANSWER, TCP_CLOSE])
def test_defaults_are_in_order_and_tell_whose_they_are(defaults: tuple[object, ...]) -> None:
    assert list(defaults) == sorted(defaults, key=lambda one: one[0])  # type: ignore[index]


def test_timers_fire_late_rather_than_early() -> None:
    assert known(60.05, CLOSE_ANSWER) == ("Chromium, 60 s",)
    assert known(58.9, IDLE) == ()
    assert len(known(60.0, IDLE)) == 3
    assert known(43, IDLE) == ()
