"""Many tests at once."""

from __future__ import annotations

import pytest

from analyzer.comparison.adjust import holm


def test_holm_steps_down() -> None:
    # By hand: 0.005 * 4, 0.01 * 3, 0.03 * 2, 0.04 * 1, each at least the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_nothing_stays_nothing_and_one_stays_itself() -> None:
    assert holm([]) == []
    assert holm([0.2]) == [0.2]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
