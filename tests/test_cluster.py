"""The command on a cluster."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.cli import main
from capture_files import pcap
from told import closed, finished, merged

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        dashboard_address=None,
        protocol="tcp://",
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web_1.pcap").write_bytes(pcap(closed(40000)))
    (tmp_path / "proxy_1.pcap").write_bytes(pcap(merged(finished(40001), closed(40002))))
    return tmp_path


@pytest.fixture
def wsanalyze(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: object) -> tuple[int, str, str]:
        status = main([str(word) for word in words])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def alone(wsanalyze: Any, *words: object) -> str:
    status, out, _ = wsanalyze(*words)
    assert status == 0
    return str(out)


def test_one_capture_reads_as_without_a_cluster(wsanalyze: Any, folder: Path, address: str) -> None:
    path = folder / "proxy_1.pcap"
    for form in ("text", "json"):
        expected = alone(wsanalyze, path, "-f", form)
        assert wsanalyze(path, "-f", form, "--dask", address) == (0, expected, "")


def test_captures_of_several_places_stay_apart(wsanalyze: Any, folder: Path, address: str) -> None:
    status, out, err = wsanalyze(folder, "--dask", address)
    assert (status, err) == (0, "")
    assert [line.rpartition("/")[2] for line in out.splitlines() if line.startswith("== ")] == [
        "proxy",
        "web",
    ]
    _, out, _ = wsanalyze(folder, "-f", "jsonl", "--dask", address)
    lines = [json.loads(line) for line in out.splitlines()]
    told = [(Path(one["capture"]).name, one["id"], one["ending"]["kind"]) for one in lines]
    assert told == [("proxy", 0, "fin"), ("proxy", 1, "hybi_close"), ("web", 0, "hybi_close")]
    _, out, _ = wsanalyze(folder, "-f", "csv", "--dask", address, "--kind", "fin")
    (row,) = csv.DictReader(io.StringIO(out))
    assert (Path(row["capture"]).name, row["client_port"]) == ("proxy", "40001")


def test_they_are_one_where_that_is_asked(wsanalyze: Any, folder: Path, address: str) -> None:
    expected = alone(wsanalyze, folder, "-f", "json")
    assert wsanalyze(folder, "-f", "json", "--dask", address, "--merge")[1] == expected
    status, _, err = wsanalyze(folder, "-f", "json", "--dask", address)
    assert (status, err) == (
        2,
        "wsanalyze: json holds one capture: take jsonl or csv, or --merge them\n",
    )


def test_workers_save_a_dataset(wsanalyze: Any, folder: Path, address: str, tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    target = tmp_path / "endings"
    status, _, err = wsanalyze(folder, "--dask", address, "--save", target, "--save-as", "parquet")
    assert (status, err) == (0, f"wsanalyze: {target}: 3 connections, a folder a day\n")
    assert len(pd.read_parquet(target)) == 3


def test_partial_failure_is_told_file_by_file(wsanalyze: Any, folder: Path, address: str) -> None:
    (folder / "web_2.pcap").write_bytes(pcap(closed(40005))[:-3])
    status, out, err = wsanalyze(folder, folder / "gone.pcap", "-f", "jsonl", "--dask", address)
    assert status == 1
    assert len(out.splitlines()) == 4
    assert [line.rpartition("/")[2] for line in err.splitlines()] == [
        "gone.pcap: No such file or directory",
        "web_2.pcap: cut short in the middle of a packet",
    ]


@pytest.mark.parametrize("form", ["text", "jsonl", "csv"])
@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["fin"], 3),
        (["rst,mass-end"], 0),
        (["fin", "--kind", "hybi_close"], 0),
        (["hybi_close", "--merge"], 3),
    ],
)
def test_what_is_to_fail_gives_status_3(
    wsanalyze: Any, folder: Path, address: str, form: str, words: list[str], status: int
) -> None:
    found, out, err = wsanalyze(folder, "-f", form, "--dask", address, "--fail-on", *words)
    assert (found, err) == (status, f"wsanalyze: --fail-on {words[0]}: met\n" if status else "")
    assert out or words[1:2] == ["--kind"]


def test_findings_fail_on_a_cluster_as_they_do_here(wsanalyze: Any, address: str) -> None:
    crowd = Path(__file__).resolve().parents[1] / "captures" / "incidents" / "nginx-idle-crowd.pcap"
    for words, status in (("idle-timer", 3), ("mass-end", 0)):
        assert wsanalyze(crowd, "--fail-on", words)[0] == status
        assert wsanalyze(crowd, "--dask", address, "--fail-on", words)[0] == status


def test_what_cannot_be_read_counts_before_what_is_to_fail(
    wsanalyze: Any, folder: Path, address: str
) -> None:
    words = (folder, folder / "gone.pcap", "--dask", address, "--fail-on", "fin")
    assert wsanalyze(*words)[0] == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--connection", "0"], "--connection, --charts and --report need the packets here"),
        (["--report", "a.html"], "--connection, --charts and --report need the packets here"),
        (["--save", "a"], "a cluster saves Parquet"),
        (["--fail-on", "mas-end"], "did you mean mass-end?"),
        (["--table", "steps"], "--table steps goes with --join"),
    ],
)
def test_what_a_cluster_does_not_do_is_refused(
    wsanalyze: Any, folder: Path, words: list[str], complaint: str
) -> None:
    status, out, err = wsanalyze(folder, "--dask", "tcp://127.0.0.1:1", *words)
    assert (status, out) == (2, "")
    assert complaint in err


def test_a_scheduler_that_is_not_there_is_said(
    wsanalyze: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("Timed out trying to connect")

    monkeypatch.setattr(distributed, "Client", refuse)
    assert wsanalyze(folder, "--dask", "tcp://127.0.0.1:1") == (
        2,
        "",
        "wsanalyze: no Dask scheduler answers at tcp://127.0.0.1:1\n",
    )
