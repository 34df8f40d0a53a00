"""Tables in, charts out: matplotlib axes to go on with, or files.

Every function takes its data first and draws into `ax`, or into a figure of its own. Nothing is
shown, and nothing of the session is changed: the looks hold for the drawing only.
"""

from analyzer.plot.close_codes import codes
from analyzer.plot.files import Chart, charts, save_charts, save_figure
from analyzer.plot.kinds import endings
from analyzer.plot.ladders import ladder
from analyzer.plot.rates import endings_over_time
from analyzer.plot.round_trips import pings
from analyzer.plot.spikes import idle, lifetimes
from analyzer.plot.steps import timing, timings
from analyzer.plot.timelines import timeline

__all__ = [
    "Chart",
    "charts",
    "codes",
    "endings",
    "endings_over_time",
    "idle",
    "ladder",
    "lifetimes",
    "pings",
    "save_charts",
    "save_figure",
    "timeline",
    "timing",
    "timings",
]
