"""Public captures, read as tshark reads them; where not, the reason stands here."""

from __future__ import annotations

import io
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.capture.input_file import CaptureSource
from analyzer.capture.merge import CaptureSet
from analyzer.capture.pcap import PcapReader
from analyzer.capture.pcapng import PcapngReader
from capture_reading import SHARED, cut, drain, read_paths
from packets import Packet

FOLDERS = ("containers", "malformed", "websocket")
PATHS = [
    path
    for folder in FOLDERS
    for path in sorted((SHARED / folder).glob("*"))
    if path.suffix != ".keys"
]

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not PATHS, reason="the public captures are not beside this checkout"),
]

Row = tuple[int, int, int]

# tshark says "network type reserved field not zero" and reads nothing; older versions mask the bits
# off, as is done here. Worked out by hand: 0x20202020 seconds and microseconds, nothing captured.
RESERVED_BITS: dict[str, list[Row]] = {
    "the-tcpdump-group-libpcap__linktype-reserved-field-not-zero.pcap": [],
    "seladb-PcapPlusPlus__clusterfuzz-testcase-minimized-FuzzTarget-5631583764873216.pcap": [
        (538976826976288000, 0, 538976288)
    ],
}

# Wireshark guesses from the damaged records that these are of Red Hat 6.1 or Nokia, whose record
# headers are longer; libpcap (tcpdump -r) sees what is expected here, worked out by hand. The last
# one is of version 2.3, with the lengths exchanged.
VARIANTS: dict[str, tuple[list[Row], str]] = {
    "OISF-suricata-verify__fuzz.pcap": (
        [(1508525002992213000, 188, 188)],
        "damaged: a record claims 1409179648 captured bytes",
    ),
    "seladb-PcapPlusPlus__crash-exception-cast-constructed-record.pcap": (
        [(1628243525825996000, 259, 259), (2783835364825996000, 259, 259)],
        "damaged: a record claims 167776960 captured bytes",
    ),
    "seladb-PcapPlusPlus__clusterfuzz-testcase-minimized-FuzzTarget-5766899836387328.pcap": (
        [(538976826976288000, 4, 538976288)],
        "",
    ),
}

# What tshark's time differs by, nanoseconds, per packet from the one given.
TIMES_APART = {
    # Fractions beyond a second: microseconds times 1000 run over 32 bits in Wireshark.
    "seladb-PcapPlusPlus__clusterfuzz-testcase-FuzzTarget-5188876846235648.pcap": (0, -10 << 32),
    "the-tcpdump-group-tcpdump__heapoverflow-tcp_print.pcap": (0, -188 << 32),
    # 2**63 - 1 units of 2**-63 s are nearly a second; Wireshark's product runs over 64 bits.
    "the-tcpdump-group-libpcap__pcapng-tsresol-bin-overflow.pcapng": (0, 1 - 999_999_999),
    # Interface 1 has stamps just below 2**64, the year 586524: read here as negative microseconds.
    "fpcap-fpcap__pcapng-example.pcapng.zst": (59, 1000 << 64),
}


def label(path: Path) -> str:
    return path.name


def ours(path: Path) -> tuple[list[Row], str]:
    captures, packets = read_paths(path)
    rows = [(packet.time_ns, len(packet.data), packet.original_length) for packet in packets]
    return rows, captures.records[0].problem if captures.records else "refused"


def tshark(path: Path) -> tuple[list[Row], str]:
    names = ("frame.time_epoch", "frame.cap_len", "frame.len")
    wanted = [argument for name in names for argument in ("-e", name)]
    nowhere = {**os.environ, "WIRESHARK_CONFIG_DIR": str(Path(__file__).parent / "no-such-folder")}
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", *wanted]
    done = subprocess.run(command, capture_output=True, check=False, env=nowhere, timeout=120)
    lines = [line.split("\t") for line in done.stdout.decode().splitlines() if line]
    rows = [(nanoseconds(time), int(captured), int(length)) for time, captured, length in lines]
    return rows, done.stderr.decode()


def nanoseconds(text: str) -> int:
    """Add seconds and fraction, as tshark prints them: both may be what no clock says.

    A fraction of more than a second has more than nine digits, and is a count of nanoseconds.
    """
    seconds, _, fraction = text.partition(".")
    return int(seconds) * 1_000_000_000 + int(fraction)


@pytest.mark.tshark
@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
@pytest.mark.parametrize("path", PATHS, ids=label)
def test_packets_lengths_and_times_are_those_of_tshark(path: Path) -> None:
    rows, problem = ours(path)
    if path.name in VARIANTS:
        assert (rows, problem) == VARIANTS[path.name]
        return
    theirs, complaint = tshark(path)
    if path.name in RESERVED_BITS:
        assert (rows, problem, theirs) == (RESERVED_BITS[path.name], "", [])
        assert "reserved field not zero" in complaint
        return
    first, apart = TIMES_APART.get(path.name, (len(rows), 0))
    shifted = [(time + apart * (n >= first), *rest) for n, (time, *rest) in enumerate(rows)]
    assert shifted == theirs
    assert bool(problem) == ("cut short" in complaint or "damaged or corrupt" in complaint)


@pytest.mark.parametrize("path", PATHS, ids=label)
def test_any_chunking_of_a_real_file_gives_the_same_packets(path: Path) -> None:
    expected = read_paths(path)[1]
    source = CaptureSource(path)
    file = b"".join(source.chunks())
    for size in (1, 13, 4096):
        assert drain(source.new_reader(), cut(file, range(0, len(file), size))) == expected
    places = random.Random(7).choices(range(len(file) + 1), k=20)
    assert drain(source.new_reader(), cut(file, places)) == expected


def mutations() -> Iterator[bytes]:
    """Give real files, small ones, whose headers a fuzzer can reach."""
    for path in PATHS:
        if path.stat().st_size < 8000 and path.suffix not in (".gz", ".zst"):
            yield path.read_bytes()


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(list(mutations()) or [b""]),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=12),
    st.integers(0, 10_000),
)
def test_mutated_files_never_raise_and_memory_stays_bounded(
    file: bytes, changes: list[tuple[int, int]], end: int
) -> None:
    changed = bytearray(file)
    for place, value in changes:
        changed[place % len(changed)] = value
    data = bytes(changed[: max(1, end % (len(changed) * 4))])
    for reader in (PcapReader(), PcapngReader()):
        packets: list[Packet] = drain(reader, [data])
        assert sum(len(packet.data) for packet in packets) <= len(data)
        assert len(reader.buffer) <= len(data)
        assert isinstance(reader.finish(), str)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(
        [b"", b"\xd4\xc3\xb2\xa1\2\0\4\0", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"BZh9"]
    ),
    st.binary(max_size=500),
)
def test_random_bytes_are_told_in_one_line_and_raise_nothing(head: bytes, tail: bytes) -> None:
    captures = CaptureSet([CaptureSource(io.BytesIO(head + tail))])
    while captures.next():
        pass
    (record,) = captures.records
    assert record.complete == (not record.problem)
    assert "\n" not in record.problem
