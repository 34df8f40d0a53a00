"""What the reports on captures that are kept apart have in common."""

from __future__ import annotations

import re

from analyzer.capture.record import CaptureRecord
from analyzer.report.apart import in_a_fence, names_of


def test_a_set_of_captures_is_called_by_its_first() -> None:
    one, other = CaptureRecord("a/b.pcap"), CaptureRecord("C:\\captures\\c.pcap")
    assert names_of([one]) == "b.pcap"
    assert names_of([other, one]) == "c.pcap and 1 more"


def test_lines_cannot_leave_their_fence() -> None:
    text = in_a_fence("Over", "<b>", ["```", "# forged"], "today")
    assert text.startswith("# Over\n\n&lt;b&gt;\n\n````text\n```\n# forged\n````\n\nwsanalyze")
    assert text.endswith("today\n")
    assert re.search(r"````\n\nmore\n\nwsanalyze", in_a_fence("", "", ["```"], "", ["more"]))
