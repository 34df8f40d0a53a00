from __future__ import annotations

from analyzer.capture.record import CaptureRecord


def test_before_anything_was_read_nothing_is_known() -> None:
    record = CaptureRecord("a.pcap")
    assert (record.path, record.packets, record.first_at, record.last_at) == (
        "a.pcap",
        0,
        None,
        None,
    )
    assert not record.complete
    assert record.problem == ""
