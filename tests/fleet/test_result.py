"""What a cluster found, brought here or left there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import CaptureError, UsageError
from analyzer.fleet.result import read_fleet
from analyzer.read import read
from analyzer.share import Task
from capture_files import pcap
from records import plain
from told import closed, finished, merged

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    # In this process: what a cluster of several does is tested beside.
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    day = 86_400 * 1_000_000_000
    start = 1_795_348_800 * 1_000_000_000  # 2026-11-22T16:00:00Z
    early = merged(closed(40000, start_ns=start), finished(40001, start_ns=start + 1_000_000))
    late = merged(closed(40002, start_ns=start + day))
    (tmp_path / "web_1.pcap").write_bytes(pcap(early))
    (tmp_path / "web_2.pcap").write_bytes(pcap(late))
    (tmp_path / "proxy_1.pcap").write_bytes(pcap(early))
    return tmp_path


def test_a_capture_is_brought_here_as_one_process_tells_it(client: Any, folder: Path) -> None:
    found = read_fleet([folder], client)
    assert repr(found) == "<FleetAnalysis of 5 WebSocket connections in 2 captures>"
    web = found.analysis(str(folder / "web"))
    alone = read(str(folder / "web*"))
    assert web.connections == alone.connections
    assert web.captures == alone.captures
    assert str(web) == str(alone)


def test_which_capture_must_be_said_where_there_are_several(client: Any, folder: Path) -> None:
    with pytest.raises(UsageError, match="which capture"):
        read_fleet([folder], client).analysis()
    assert len(read_fleet([folder / "proxy_1.pcap"], client).analysis().connections) == 2


def test_all_is_one_capture_where_that_is_asked(client: Any, folder: Path) -> None:
    found = read_fleet([str(folder / "web*"), str(folder / "proxy*")], client, merge=True)
    expected = read([str(folder / "web*"), str(folder / "proxy*")])
    assert found.analysis().connections == expected.connections


def test_tables_have_a_column_for_the_capture(client: Any, folder: Path) -> None:
    frame = read_fleet([folder], client).to_dask().compute()
    assert frame.columns[0] == "capture"
    assert sorted(Path(one).name for one in frame["capture"]) == ["proxy"] * 2 + ["web"] * 3
    assert sorted(frame["client_port"]) == [40000, 40000, 40001, 40001, 40002]


def test_a_dataset_has_a_folder_a_day(client: Any, folder: Path, tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    target = tmp_path / "out"
    read_fleet([folder], client).save(target)
    assert sorted(one.name for one in target.iterdir() if one.is_dir()) == [
        "day=2026-11-22",
        "day=2026-11-23",
    ]
    frame = pd.read_parquet(target)
    assert frame.groupby("day", observed=True).size().to_dict() == {
        "2026-11-22": 4,
        "2026-11-23": 1,
    }
    assert set(frame["kind"]) == {"hybi_close", "fin"}


def test_a_dataset_of_nothing_is_a_dataset(client: Any, tmp_path: Path) -> None:
    (tmp_path / "empty.pcap").write_bytes(pcap([]))
    found = read_fleet([tmp_path / "empty.pcap"], client)
    assert len(found) == 0
    assert found.analysis().connections == []
    assert len(found.to_dask().compute()) == 0


def test_nothing_to_read_is_an_error(client: Any, tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="No such file"):
        read_fleet([tmp_path / "gone.pcap"], client)
    with pytest.raises(UsageError, match="cannot read the key log"):
        read_fleet([tmp_path], client, Task(keylog=tmp_path / "gone.log"))


def test_a_notebook_reads_by_a_cluster_as_without_one(client: Any, folder: Path) -> None:
    found = read(str(folder / "web*"), frames=True, dask=client).analysis()
    alone = read(str(folder / "web*"), frames=True)
    assert [plain(one) for one in found.connections] == [plain(one) for one in alone.connections]
    assert found.connections[0].frames is not None
