"""Captures in object storage: the same endings as from a disk, from a server that speaks S3."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from capture_files import pcap
from told import closed, finished, merged

distributed = pytest.importorskip("distributed")
s3fs = pytest.importorskip("s3fs")
pytest.importorskip("moto.server")

pytestmark = pytest.mark.filterwarnings("default")

DAY = "captures/2026-11-22"


@pytest.fixture(scope="module")
def storage() -> Iterator[dict[str, str]]:
    """Start a server; return what the environment must say to use it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(url, timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield {
                "AWS_ENDPOINT_URL": url,
                "AWS_ACCESS_KEY_ID": "somebody",
                "AWS_SECRET_ACCESS_KEY": "something",
                "AWS_DEFAULT_REGION": "us-east-1",
            }
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("local")
    captures = {
        "web_1": merged(closed(40000), closed(40003)),
        "web_2": finished(40004),
        "proxy_1": merged(finished(40001), closed(40002)),
    }
    for name, packets in captures.items():
        packed = zstandard.compress(pcap(packets))
        (folder / f"{name}.pcap.zst").write_bytes(packed)
    return folder


@pytest.fixture(scope="module")
def bucket(storage: dict[str, str], folder: Path) -> str:
    files = s3fs.S3FileSystem(
        key="somebody",
        secret="something",
        endpoint_url=storage["AWS_ENDPOINT_URL"],
    )
    files.mkdir("captures")
    for path in folder.iterdir():
        files.put(str(path), f"{DAY}/{path.name}")
    return f"s3://{DAY}"


@pytest.fixture(scope="module")
def scheduler(storage: dict[str, str]) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in storage.items():
            patch.setenv(name, value)
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster:
            yield cluster.scheduler_address


def wsanalyze(storage: dict[str, str], *words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "analyzer.cli", *words]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=os.environ | storage
    )
    return done.returncode, done.stdout, done.stderr


def without_place(lines: str) -> list[dict[str, object]]:
    told = [json.loads(line) for line in lines.splitlines()]
    return [one | {"capture": one["capture"].rpartition("/")[2]} for one in told]


def test_a_bucket_reads_as_a_folder(
    storage: dict[str, str], bucket: str, folder: Path, scheduler: str
) -> None:
    words = ("-f", "jsonl", "--dask", scheduler)
    status, expected, _ = wsanalyze(storage, f"{folder}/*.pcap.zst", *words)
    assert (status, len(expected.splitlines())) == (0, 5)
    for places in (f"{bucket}/*.pcap.zst", bucket):
        status, found, err = wsanalyze(storage, places, *words)
        assert (status, err) == (0, "")
        assert without_place(found) == without_place(expected)


def test_the_result_is_saved_where_the_captures_are(
    storage: dict[str, str], bucket: str, scheduler: str
) -> None:
    target = f"{bucket.rpartition('/')[0]}/endings"
    words = ("--dask", scheduler, "--save", target, "--save-as", "parquet")
    status, _, err = wsanalyze(storage, f"{bucket}/*.pcap.zst", *words)
    assert (status, err) == (0, f"wsanalyze: {target}: 5 connections, a folder a day\n")
    files = s3fs.S3FileSystem(
        key="somebody",
        secret="something",
        endpoint_url=storage["AWS_ENDPOINT_URL"],
    )
    assert files.glob("captures/endings/**/*.parquet")


def test_what_is_not_there_is_told_and_the_rest_delivered(
    storage: dict[str, str], bucket: str, scheduler: str
) -> None:
    status, found, err = wsanalyze(
        storage, f"{bucket}/*.pcap.zst", f"{bucket}/gone.pcap", "-f", "jsonl", "--dask", scheduler
    )
    assert (status, len(found.splitlines())) == (1, 5)
    assert err == f"wsanalyze: {bucket}/gone.pcap: No such file or directory\n"


def test_storage_that_lets_nobody_in_is_said_in_a_line(
    storage: dict[str, str], bucket: str, scheduler: str, tmp_path: Path
) -> None:
    nobody = {
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    place = f"{bucket}/*.pcap.zst"
    status, found, err = wsanalyze(storage | nobody, place, "-f", "jsonl", "--dask", scheduler)
    assert (status, found) == (1, "")
    assert err.startswith(f"wsanalyze: {place}: ")
    assert err.count("\n") == 1
