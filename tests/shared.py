"""Where the team's public captures lie, for the tests that use them; they are not in the project."""

from __future__ import annotations

from pathlib import Path

import pytest

CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "captures"

needs_shared = pytest.mark.skipif(
    not CAPTURES.is_dir(), reason="the team's public captures are not beside this checkout"
)
