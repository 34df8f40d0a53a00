"""A real cluster of several processes: the result of one, whatever happens to a worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.fleet.points import point_of
from analyzer.fleet.run import CaptureParts, FleetRun
from analyzer.read import Session
from analyzer.record import Connection
from analyzer.share import ALL, Task
from capture_files import pcap
from conversation import START_NS
from records import plain
from told import SECOND, closed, finished, merged, opened

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("default")  # a cluster that loses a worker has a lot to say


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=3, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster: Any) -> Iterator[Any]:
    with distributed.Client(cluster) as client:
        yield client


def write_crowd(folder: Path, host: str, first_port: int, files: int = 5) -> None:
    talks = [
        (closed, finished)[n % 2](first_port + n, start_ns=START_NS + n * SECOND // 2)
        for n in range(30)
    ]
    talks += [
        opened(first_port + 1000 + n, start_ns=START_NS + n * 2 * SECOND).packets for n in range(4)
    ]
    packets = merged(*talks)
    for index in range(files):
        part = packets[index * len(packets) // files : (index + 1) * len(packets) // files]
        (folder / f"{host}_{index:03d}.pcap").write_bytes(pcap(part))


def alone(folder: Path, pattern: str) -> list[dict[str, Any]]:
    session = Session([str(path) for path in sorted(folder.glob(pattern))], ALL, ALL, jobs=1)
    return [plain(one) for one in sorted(session, key=lambda one: one.id)]


def found_in(capture: CaptureParts) -> list[dict[str, Any]]:
    found: list[Connection] = [one for part in capture.parts for one in part.result()]
    return [plain(one) for one in sorted(found, key=lambda one: one.id)]


def test_every_capture_is_as_one_process_tells_it(client: Any, tmp_path: Path) -> None:
    write_crowd(tmp_path, "web", 40000)
    write_crowd(tmp_path, "proxy", 50000, files=2)
    stages: list[str] = []
    run = FleetRun(client, Task(ALL, ALL), progress=lambda *told: stages.append(told[0]))
    captures = {Path(one.name).name: one for one in run.run([tmp_path], point_of)}
    assert set(captures) == {"web", "proxy"}
    assert found_in(captures["web"]) == alone(tmp_path, "web*")
    assert found_in(captures["proxy"]) == alone(tmp_path, "proxy*")
    assert captures["web"].connections == 34
    assert run.problems == []
    assert list(dict.fromkeys(stages)) == [
        "cutting",
        "looking through",
        "analysing",
        "joining",
        "numbering",
    ]


def test_what_cannot_be_read_is_told_file_by_file_and_the_rest_is_there(
    client: Any, tmp_path: Path
) -> None:
    write_crowd(tmp_path, "web", 40000, files=3)
    whole = alone(tmp_path, "web*")
    (tmp_path / "web_900.pcap").write_bytes(b"no capture at all")
    (tmp_path / "web_901.pcap").write_bytes(pcap(closed(60000))[:-3])
    named = [tmp_path, tmp_path / "gone.pcap"]
    run = FleetRun(client, Task(ALL, ALL))
    (capture,) = run.run(named, point_of)
    problems = {Path(one.path).name: one.problem for one in capture.records if one.problem}
    assert problems == {"web_901.pcap": "cut short in the middle of a packet"}
    assert [(Path(one.path).name, bool(one.problem)) for one in run.problems] == [
        ("gone.pcap", True)
    ]
    assert capture.connections == len(whole) + 1


def test_a_worker_that_is_killed_half_way_costs_only_its_part(
    cluster: Any, client: Any, tmp_path: Path
) -> None:
    write_crowd(tmp_path, "web", 40000, files=8)
    killed: list[int] = []

    def kill_one(stage: str, done: int, total: int) -> None:
        if stage == "analysing" and done == total // 2 and not killed:
            killed.append(next(iter(cluster.workers.values())).process.pid)
            os.kill(killed[0], signal.SIGKILL)

    (capture,) = FleetRun(client, Task(ALL, ALL), progress=kill_one).run([tmp_path], point_of)
    assert killed
    assert found_in(capture) == alone(tmp_path, "web*")
    assert [one.problem for one in capture.records if one.problem] == []
