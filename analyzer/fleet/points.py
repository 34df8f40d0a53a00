"""Which files are one capture: paths in; the name of the place where each was taken, out."""

from __future__ import annotations

import re
from posixpath import basename, dirname

# Endings that say what a file is, not where it was taken: .pcap, .pcapng3 (tcpdump -W), .cap.zst.
_ENDING = re.compile(r"(\.(pcap|pcapng|cap|dmp|gz|bz2|xz|zst|lz4)\d*)+$", re.IGNORECASE)
# What rotation adds: a time, a number, or both (tcpdump -G, dumpcap -b).
_CLOCK = r"\d\d[-:_.]?\d\d([-:_.]?\d\d)?Z?"
_DAY = r"\d{4}-?\d\d-?\d\d"
_ROTATION = re.compile(rf"([-_.]?{_DAY}[-T_.]?({_CLOCK})?|[-_.]\d+)+$")
_LEADING_TIME = re.compile(rf"^{_DAY}([-T_.]?{_CLOCK})?[-_.]")


def point_of(path: str) -> str:
    """Tell where a file was captured: its folder, and its name without what rotation adds to it.

    Files of one place are one capture, as tcpdump and dumpcap rotate it; files of several places
    may hold the same packets, so they are never put together unasked.

    Examples
    --------
    >>> point_of("s3://b/2026-11-22/web7_00012_20261122190000.pcap.zst")
    's3://b/2026-11-22/web7'
    >>> point_of("captures/web7.pcap3"), point_of("captures/2026-11-22T19:00-web7.pcap")
    ('captures/web7', 'captures/web7')
    >>> point_of("web7/20261122.pcap")
    'web7'
    """
    name = _LEADING_TIME.sub("", _ENDING.sub("", basename(path)))
    name = _ROTATION.sub("", f"_{name}").lstrip("_")
    folder = dirname(path)
    return f"{folder}/{name}" if folder and name else folder or name
