"""Where the time goes: looks at a program are sorted by the room of the package they fall in."""

from __future__ import annotations

from benchmarks.rooms import looks, room_of, table

SCRIPT = """\
     7f0759ea0477 (/x/site-packages/analyzer/http2/layer.cpython-313-aarch64-linux-gnu.so)
     7f0759e9ef02 (/x/site-packages/analyzer/http2/frames.abi3.so)
           5540a8 (/usr/bin/python3.13)
     7f0759e9ccbe (/usr/lib/x86_64-linux-gnu/libc.so.6)
     7f0759585a27 ([unknown])
"""


def test_looks_are_counted_by_room() -> None:
    assert looks(SCRIPT) == {"http2": 2, "Python": 1, "C libraries": 2}


def test_a_module_beside_the_rooms_is_its_own() -> None:
    assert room_of("/analyzer/engine.cpython-311-x86_64-linux-gnu.so") == "engine"
    assert room_of("/python3/dist-packages/numpy/core/_multiarray.so") == "Python"


def test_rooms_stand_by_the_larger_of_both_times() -> None:
    found = [{"http": 0.001, "stream": 0.002}, {"http": 0.001, "tls": 0.004}]
    assert table(found, 1000) == [
        ("room", "before", "after"),
        ("tls", "0", "4,000"),
        ("stream", "2,000", "0"),
        ("http", "1,000", "1,000"),
        ("all, user mode", "3,000", "5,000"),
    ]
