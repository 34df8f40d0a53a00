"""Connections in, findings out: what stands out in all of them, and what that is consistent with.

Every rule is a pure function of the records. None is more certain than the capture allows: a
finding says what was seen, what it would be consistent with, and what else would look the same.
"""

from analyzer.findings.finding import Finding, Given
from analyzer.findings.rules import RULES, explain, find

__all__ = ["RULES", "Finding", "Given", "explain", "find"]
