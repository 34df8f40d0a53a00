"""Two captures' connections in; what changed between them, and how sure that is, out."""

from analyzer.comparison.changes import Change, Comparison, compare_connections

__all__ = ["Change", "Comparison", "compare_connections"]
