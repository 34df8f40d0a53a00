from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from analyzer.capture.input_file import CHUNK, CaptureSource, format_of
from analyzer.errors import CaptureError, CorruptCaptureError, NotACaptureError, UsageError
from capture_files import FORMATS, gzipped, pcap, pcapng
from capture_reading import drain
from packets import Packet

PACKETS = [Packet(1_700_000_000_000_000_000 + 1000 * i, bytes(1000), 1000) for i in range(3000)]
NAMED = {
    "pcap.gz": "pcap+gzip",
    "pcap.zst": "pcap+zstd",
    "pcapng.lz4": "pcapng+lz4",
    "pcapng": "pcapng",
    "pcapng, big-endian": "pcapng",
    "pcapng, three interfaces": "pcapng",
}


def packets_of(source: CaptureSource) -> list[Packet]:
    return drain(source.new_reader(), source.chunks())


@pytest.mark.parametrize("name", FORMATS)
def test_format_and_compression_are_told_by_first_bytes(tmp_path: Path, name: str) -> None:
    path = tmp_path / "misleading.txt"
    path.write_bytes(FORMATS[name](PACKETS))
    source = CaptureSource(path)
    assert source.identify() == source.format == NAMED.get(name, "pcap")
    assert packets_of(source) == PACKETS
    assert source.problem == ""
    assert source.bytes == source.size == path.stat().st_size


def test_a_file_can_be_read_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(PACKETS))
    source = CaptureSource(str(path))
    assert source.can_reopen
    assert packets_of(source) == packets_of(source) == PACKETS


def test_the_first_time_is_looked_up_without_reading_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(PACKETS))
    source = CaptureSource(path)
    assert source.first_time() == PACKETS[0].time_ns
    assert source.bytes == 0
    assert packets_of(source) == PACKETS


@pytest.mark.parametrize(
    "file", [pcap([]), pcap(PACKETS)[:30], pcapng([]), pcap([]) + b"\xff" * 16]
)
def test_without_a_packet_there_is_no_first_time(tmp_path: Path, file: bytes) -> None:
    (tmp_path / "a").write_bytes(file)
    assert CaptureSource(tmp_path / "a").first_time() is None


@pytest.mark.parametrize("packed", [False, True])
def test_what_cannot_be_opened_twice_is_kept_when_the_first_time_is_looked_up(packed: bool) -> None:
    file = gzipped(pcap(PACKETS)) if packed else pcap(PACKETS)
    source = CaptureSource(io.BytesIO(file))
    assert source.first_time() == PACKETS[0].time_ns
    assert packets_of(source) == PACKETS
    assert not source.can_reopen
    assert source.size is None


def test_an_open_file_is_shown_by_its_name_and_left_open(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(PACKETS))
    with path.open("rb") as file:
        source = CaptureSource(file)
        assert source.path == str(path)
        assert packets_of(source) == PACKETS
        assert not file.closed
    assert CaptureSource(io.BytesIO()).path == "<file>"


def test_objects_that_can_only_read_will_do() -> None:
    class Remote:
        def __init__(self) -> None:
            self._file = io.BytesIO(pcap(PACKETS))

        def read(self, size: int) -> bytes:
            assert size <= CHUNK
            return self._file.read(min(size, 777))

    assert packets_of(CaptureSource(Remote())) == PACKETS  # type: ignore[arg-type]


def test_text_files_are_refused() -> None:
    with pytest.raises(UsageError, match="binary mode"):
        CaptureSource(io.StringIO("x")).identify()  # type: ignore[arg-type]


def test_packets_come_out_of_a_pipe_before_it_ends() -> None:
    read, write = os.pipe()
    file = pcap(PACKETS[:2])
    first = len(pcap(PACKETS[:1]))
    with os.fdopen(read, "rb") as reading:
        os.write(write, file[:first])
        source = CaptureSource(reading)
        reader = source.new_reader()
        chunks = source.chunks()
        reader.feed(next(chunks))
        assert reader.next()
        os.write(write, file[first:])
        reader.feed(next(chunks))
        assert reader.next()
        os.close(write)
        assert next(chunks, None) is None


def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    file = pcap(PACKETS)
    writer = threading.Thread(target=path.write_bytes, args=[file])
    writer.start()
    source = CaptureSource(path)
    assert source.first_time() == PACKETS[0].time_ns
    assert packets_of(source) == PACKETS
    writer.join()


def test_standard_input_is_shown_as_such() -> None:
    program = (
        "from analyzer.capture.input_file import CaptureSource\n"
        "source = CaptureSource('-')\n"
        "print(source.path, source.identify(), sum(map(len, source.chunks())))\n"
    )
    file = gzipped(pcap(PACKETS))
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=file,
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.decode().split() == ["<stdin>", "pcap+gzip", str(len(pcap(PACKETS)))]


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (b"", "empty file"),
        (b"hello", "no pcap or pcapng capture: the first bytes are 68 65 6c 6c 6f"),
        (b"snoop\0\0\0\0\0\0\2", "a Solaris snoop capture: convert it with editcap"),
        (
            gzip.compress(b"", mtime=0),
            "no pcap or pcapng capture: the first bytes inside the gzip data are ",
        ),
        (b"\n\r\r\n\x1c\0\0\0what", "no pcap or pcapng capture"),
    ],
)
def test_what_is_no_capture_is_refused_in_one_line(
    tmp_path: Path, file: bytes, problem: str
) -> None:
    (tmp_path / "a").write_bytes(file)
    with pytest.raises(NotACaptureError) as caught:
        CaptureSource(tmp_path / "a").identify()
    assert caught.value.problem.startswith(problem)
    assert str(caught.value).startswith(f"{tmp_path / 'a'}: ")
    assert "\n" not in str(caught.value)


def test_compressed_data_that_is_damaged_at_once_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzipped(pcap(PACKETS))[:10] + b"\xff" * 50)
    with pytest.raises(CorruptCaptureError, match="the gzip data is damaged"):
        CaptureSource(tmp_path / "a").identify()


def test_a_compressed_file_cut_in_the_middle_is_read_up_to_the_cut(tmp_path: Path) -> None:
    file = gzipped(pcap(PACKETS))
    (tmp_path / "a").write_bytes(file[: len(file) // 2])
    source = CaptureSource(tmp_path / "a")
    packets = packets_of(source)
    assert packets
    assert packets == PACKETS[: len(packets)]
    assert source.problem == "the gzip data is cut short"


@pytest.mark.parametrize("path", ["no such file", "nul\0byte"])
def test_what_the_system_refuses_is_a_capture_error(path: str) -> None:
    with pytest.raises(CaptureError) as caught:
        CaptureSource(path).identify()
    assert type(caught.value) is CaptureError
    assert "\n" not in str(caught.value)


def test_an_error_while_reading_is_a_capture_error() -> None:
    class Broken(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read1(size)

    source = CaptureSource(Broken(pcap(PACKETS)))
    with pytest.raises(CaptureError, match="Input/output error"):
        list(source.chunks())


def test_formats_are_told_by_twelve_bytes() -> None:
    assert format_of(pcap([])[:12]) == "pcap"
    assert format_of(pcapng([])[:12]) == format_of(pcapng([], order=">")[:12]) == "pcapng"
    assert format_of(b"\x0a\x0d\x0d\x0a") == format_of(b"") == ""
