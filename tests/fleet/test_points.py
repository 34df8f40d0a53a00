"""Which file names belong to one place."""

from __future__ import annotations

import pytest

from analyzer.fleet.points import point_of


@pytest.mark.parametrize(
    "names",
    [
        # tcpdump -w trace.pcap -C 100 -W 10
        ["trace.pcap0", "trace.pcap1", "trace.pcap09"],
        # dumpcap -b filesize:1000 -w eth0.pcapng
        ["eth0_00001_20261122190000.pcapng", "eth0_00002_20261122190500.pcapng"],
        # tcpdump -G 3600 -w web-%Y-%m-%dT%H:%M:%S.pcap -z zstd
        ["web-2026-11-22T19:00:00.pcap.zst", "web-2026-11-22T20:00:00.pcap.zst"],
        ["web_20261122-190000.pcap.gz", "web_20261122-200000.pcap.gz"],
        ["web.2026-11-22.1.cap", "web.2026-11-22.2.cap"],
        # the time first
        ["2026-11-22T19-00-web.pcap", "2026-11-22T20-00-web.pcap"],
        ["20261122190000.pcap", "20261122200000.pcap"],
        ["00001.pcap", "00002.pcap"],
    ],
)
def test_rotated_files_are_one_capture(names: list[str]) -> None:
    assert len({point_of(f"s3://bucket/day/{name}") for name in names}) == 1


@pytest.mark.parametrize(
    "paths",
    [
        ["web7_00001.pcap", "web8_00001.pcap"],
        ["web-7_00001.pcap", "proxy-7_00001.pcap"],
        ["a/00001.pcap", "b/00001.pcap"],
        ["client.pcap", "server.pcap"],
        ["2026-11-22T19-00-web7.pcap", "2026-11-22T19-00-web8.pcap"],
    ],
)
def test_files_of_several_places_are_several_captures(paths: list[str]) -> None:
    assert len({point_of(path) for path in paths}) == len(paths)


def test_hosts_that_are_told_apart_by_a_number_at_the_end_are_not_told_apart() -> None:
    """Nothing but the user's own rule can: web-1 and web-2 may as well be files of one place."""
    assert point_of("web-1.pcap") == point_of("web-2.pcap") == "web"
