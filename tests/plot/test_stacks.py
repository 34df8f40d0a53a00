"""Counts per interval, kind upon kind."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analyzer.plot.palette import KINDS
from analyzer.plot.stacks import stack


def test_kinds_stand_upon_each_other() -> None:
    ax = Figure().subplots()
    values = np.array([0.5, 0.6, 1.5, 0.7])
    kinds = np.array(["rst", "hybi_close", "rst", "hybi_close"], dtype=object)
    handles, top = stack(ax, values, kinds, np.array([0.0, 1.0, 2.0]))
    assert top == 3
    assert [handle.get_label() for handle in handles] == ["rst (2)", "hybi_close (2)"]
    closes, resets = ax.patches
    assert closes.get_data().values.tolist()[0] == 2
    assert np.isnan(closes.get_data().values[1])
    assert resets.get_data().values.tolist() == [3, 1]
    assert resets.get_data().baseline.tolist() == [2, 0]
    assert resets.get_hatch() == KINDS["rst"].hatch


def test_nothing_stands_as_high_as_nothing() -> None:
    ax = Figure().subplots()
    no_kinds = np.array([], dtype=object)
    assert stack(ax, np.array([]), no_kinds, np.array([0.0, 1.0])) == ([], 0.0)
