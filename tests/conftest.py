"""Refuses to test compiled modules that were not built from the source beside them."""

from __future__ import annotations

import pytest

import analyzer
from stale import compiled_modules, stale_modules


def pytest_report_header() -> str:
    """Say which form is tested."""
    count = len(compiled_modules(analyzer))
    return f"analyzer: {f'{count} modules compiled' if count else 'interpreted'}"


def pytest_sessionstart(session: pytest.Session) -> None:  # noqa: ARG001
    """Stop before the first test."""
    stale = stale_modules(analyzer)
    if stale:
        lines = "\n".join(f"  {one}" for one in stale)
        raise pytest.UsageError(
            f"compiled modules that are older than their source:\n{lines}\n"
            "build again (python setup.py build_ext --inplace), or remove the .so files"
        )
