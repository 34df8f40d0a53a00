"""What a page of results says of the machine."""

from __future__ import annotations

import platform
import sys

from benchmarks.machine import about_machine, about_programs


def test_no_name_of_the_host_is_told() -> None:
    said = " ".join(about_machine())
    assert "cores" in said
    assert platform.node() not in said.split()


def test_programs_that_are_not_there_are_not_named() -> None:
    said = about_programs("/nowhere/wsanalyze", sys.executable)
    assert not [line for line in said if line.startswith("wsanalyze")]
