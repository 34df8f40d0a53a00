"""The loop around all rooms: when connections come out, and what is left at the end."""

from __future__ import annotations

import gc
import io
from collections import Counter
from pathlib import Path

import pytest

from analyzer.capture.merge import CaptureSet
from analyzer.capture.source import open_captures
from analyzer.engine import Engine
from analyzer.read import Session
from capture_files import pcap
from conversation import START_NS
from packets import Packet
from told import SECOND, closed, finished, merged, opened

CAPTURES = Path(__file__).resolve().parents[1] / "captures"


def captures_of(packets: list[Packet]) -> CaptureSet:
    return CaptureSet(open_captures(io.BytesIO(pcap(packets))).sources)


def test_a_connection_comes_out_when_capture_time_shows_that_it_is_over() -> None:
    engine, captures = (
        Engine(),
        captures_of(
            merged(
                closed(40000),  # the last packet 2.0 s after the start
                opened(40001, start_ns=START_NS + 6 * SECOND).packets,
                opened(40002, start_ns=START_NS + 8 * SECOND).packets,
            )
        ),
    )
    assert engine.run(captures, 1000)
    assert [one.id for one in engine.over] == [0]
    # Five seconds after the end of TCP: with the first packet that is later than that.
    assert engine.now_ns == START_NS + 8 * SECOND
    assert captures.number == 12 + 7 + 1


def test_a_run_stops_after_so_many_packets() -> None:
    engine, captures = Engine(), captures_of(closed())
    assert engine.run(captures, 5)
    assert captures.number == 5
    assert not engine.run(captures, 1000)


def test_what_is_in_progress_comes_out_at_the_end() -> None:
    engine, captures = Engine(), captures_of(opened().packets)
    assert not engine.run(captures, 1000)
    assert engine.over == []
    engine.finish()
    assert [str(one.ending.kind) for one in engine.over] == ["open"]


def test_frames_are_kept_of_the_connections_asked_for() -> None:
    packets = merged(closed(40000), finished(40001, start_ns=START_NS + SECOND))
    engine, captures = Engine(keep_frames={1}), captures_of(packets)
    while engine.run(captures, 1000):
        pass
    engine.finish()
    kept = {one.id: one.frames is not None for one in engine.over}
    assert kept == {0: False, 1: True}


def test_packets_that_are_none_are_told() -> None:
    broken = Packet(START_NS, bytes.fromhex("0200000000020200000000010800") + b"\x45", 15)
    engine, captures = Engine(), captures_of([broken, *closed()])
    engine.run(captures, 1000)
    engine.finish()
    assert len(engine.over) == 1
    assert all(one.side is None for one in engine.anomalies())


def kept_alive_by_themselves() -> dict[str, int]:
    """Count what only a search for cycles frees, by kind."""
    gc.collect()
    kinds = Counter(type(one).__module__ for one in gc.garbage)
    rooms = ("stream", "tls", "http", "http2", "proxy", "websocket", "record")
    names = tuple(f"analyzer.{room}" for room in rooms)
    return {kind: number for kind, number in kinds.items() if kind.startswith(names)}


@pytest.mark.parametrize("family", ["http2", "proxies", "servers", "tls"])
def test_what_is_over_is_forgotten_without_a_search_for_cycles(family: str) -> None:
    # `read` and the processes that share its work switch that search off.
    sessions = []
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for path in sorted((CAPTURES / family).glob("*.pcap*")):
            keys = path.with_suffix(".keys")
            sessions.append(Session(path, keylog=keys if keys.exists() else None, encrypted=True))
            for _ in sessions[-1]:
                pass
        assert kept_alive_by_themselves() == {}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert sum(session.connections_over for session in sessions) > 0
