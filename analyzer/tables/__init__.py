"""Connections in, pandas DataFrames out: for notebooks, spreadsheets and other programs."""

from analyzer.tables.build import table
from analyzer.tables.columns import Column
from analyzer.tables.files import save, write_csv
from analyzer.tables.schema import TABLES
from analyzer.tables.summary import timing_summary

__all__ = ["TABLES", "Column", "save", "table", "timing_summary", "write_csv"]
