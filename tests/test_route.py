"""Which segments are taken out of an engine's way."""

from __future__ import annotations

from analyzer.packet.segment import Segment
from analyzer.route import Router, ShareRouter


def segment(source: tuple[int, int], destination: tuple[int, int], version: int = 4) -> Segment:
    one = Segment()
    one.ip_version = version
    one.source_low, one.source_port = source
    one.destination_low, one.destination_port = destination
    return one


def test_a_router_takes_nothing_by_itself() -> None:
    assert not Router().takes(segment((1, 2), (3, 4)))


def test_every_stream_is_left_by_one_share_whichever_way_it_goes() -> None:
    shares = [ShareRouter(index, 3) for index in range(3)]
    left = []
    for port in range(2000):
        for version in (4, 6):
            there = segment((0x0A000001, port), (0x0A000002, 80), version)
            back = segment((0x0A000002, 80), (0x0A000001, port), version)
            mine = [number for number, share in enumerate(shares) if not share.takes(there)]
            assert mine == [number for number, share in enumerate(shares) if not share.takes(back)]
            assert len(mine) == 1
            left += mine
    # 4000 streams in three shares: a third is 1333, and 150 more or less is five deviations.
    assert all(1183 <= left.count(share) <= 1483 for share in range(3))
