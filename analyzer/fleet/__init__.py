"""Captures of many hosts, read by a Dask cluster, with the result of one process."""
