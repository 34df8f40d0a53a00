"""What Wireshark's tshark sees in a capture. In: the path of a file. Out: frames, streams, FINs.

An oracle with known limits: it decodes only frames from hybi-07 on, and it loses frames behind a
hole or a swap, depending on ``tcp.reassemble_out_of_order``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, ParamSpec
from xml.etree import ElementTree as ET

import pytest

from wire import Side

P = ParamSpec("P")

INSTALLED = shutil.which("tshark") is not None


class Frame(NamedTuple):
    """A WebSocket frame as tshark tells it; packet numbers count from 1."""

    tcp_stream: int
    packet: int
    time_ns: int
    side: Side
    opcode: int
    length: int
    fin: bool
    masked: bool
    close_code: int | None
    close_reason: str


class TcpEvent(NamedTuple):
    """A packet with FIN or RST."""

    tcp_stream: int
    packet: int
    time_ns: int
    source: str
    port: int


def needs_tshark(test: Callable[P, None]) -> Callable[P, None]:
    """Mark a test as one that compares with tshark; it is skipped where tshark is missing."""
    skipped = pytest.mark.skipif(not INSTALLED, reason="tshark is not installed")
    return pytest.mark.tshark(skipped(test))


def websocket_frames(
    path: Path, *, out_of_order: bool = True, keylog: Path | None = None
) -> list[Frame]:
    """Give every WebSocket frame, in the order in which tshark completes them.

    Parameters
    ----------
    path
        A capture file.
    out_of_order
        Whether tshark is to put segments in order (``tcp.reassemble_out_of_order``).
    keylog
        The secrets of TLS.
    """
    clients = _clients(path)
    secrets = () if keylog is None else ("-o", f"tls.keylog_file:{keylog}")
    wanted = (*secrets, "-Y", "websocket", "-T", "pdml")
    root = ET.fromstring(run(path, *wanted, out_of_order=out_of_order))
    frames = []
    for packet in root.iter("packet"):
        stream = int(_show(packet, "tcp.stream"))
        source = _source(packet)
        side: Side = "client" if clients.get(stream, source) == source else "server"
        head = (stream, int(_show(packet, "frame.number")), _time_ns(packet), side)
        frames += [_frame(head, proto) for proto in _websocket_parts(packet)]
    return frames


def tcp_streams(path: Path) -> dict[int, int]:
    """Give the ``tcp.stream`` of each packet that has one."""
    rows = fields(path, "tcp", "frame.number", "tcp.stream")
    return {int(packet): int(stream) for packet, stream in rows}


def fins(path: Path) -> list[TcpEvent]:
    """Give every packet with FIN."""
    return _events(path, "tcp.flags.fin == 1")


def rsts(path: Path) -> list[TcpEvent]:
    """Give every packet with RST."""
    return _events(path, "tcp.flags.reset == 1")


def complaints(path: Path) -> list[tuple[str, ...]]:
    """Give number and protocols of packets that are malformed or have a wrong checksum."""
    bad = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0"
    checks = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]
    return fields(path, bad, "frame.number", "frame.protocols", options=checks)


def fields(
    path: Path, display_filter: str, *names: str, options: list[str] | None = None
) -> list[tuple[str, ...]]:
    """Give fields of the packets that a display filter lets through: the first value of each."""
    wanted = [argument for name in names for argument in ("-e", name)]
    separators = ["-E", "occurrence=f", "-E", "separator=/t"]
    options = [*(options or []), "-Y", display_filter, "-T", "fields", *separators, *wanted]
    return [tuple(line.split("\t")) for line in run(path, *options).splitlines()]


def run(path: Path, *options: str, out_of_order: bool = True) -> str:
    """Run tshark with its own defaults, whatever this user has configured."""
    command = ["tshark", "-n", "-r", str(path), "-o"]
    command.append(f"tcp.reassemble_out_of_order:{str(out_of_order).upper()}")
    nowhere = str(Path(__file__).parent / "no-such-folder")
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "WIRESHARK_CONFIG_DIR": nowhere}
    done = subprocess.run(
        [*command, *options], capture_output=True, check=False, env=environment, timeout=120
    )
    if done.returncode not in (0, 2):  # 2: the capture is cut short in the middle of a packet
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout.decode(errors="replace")


def _clients(path: Path) -> dict[int, tuple[str, int]]:
    """Give the end of each stream that asked for something, or that sent the SYN."""
    asks = "http.request || (tcp.flags.syn == 1 && tcp.flags.ack == 0)"
    names = ("tcp.stream", "ip.src", "ipv6.src", "tcp.srcport")
    return {
        int(stream): (ipv4 or ipv6, int(port))
        for stream, ipv4, ipv6, port in fields(path, asks, *names)
        if stream
    }


def _events(path: Path, display_filter: str) -> list[TcpEvent]:
    names = ("tcp.stream", "frame.number", "frame.time_epoch", "ip.src", "ipv6.src", "tcp.srcport")
    return [
        TcpEvent(int(stream), int(number), _nanoseconds(time), ipv4 or ipv6, int(port))
        for stream, number, time, ipv4, ipv6, port in fields(path, display_filter, *names)
    ]


def _websocket_parts(packet: ET.Element) -> list[ET.Element]:
    """Give the frames in a packet: one ``proto`` each, however many there are."""
    return [
        proto
        for proto in packet.iter("proto")
        if proto.get("name") == "websocket" and _show(proto, "websocket.opcode")
    ]


def _frame(head: tuple[int, int, int, Side], proto: ET.Element) -> Frame:
    lengths = ("payload_length_ext_64", "payload_length_ext_16", "payload_length")
    length = next(show for name in lengths if (show := _show(proto, f"websocket.{name}")))
    code = _show(proto, "websocket.payload.close.status_code")
    return Frame(
        *head,
        int(_show(proto, "websocket.opcode")),
        int(length),
        _show(proto, "websocket.fin") in ("1", "True"),
        _show(proto, "websocket.mask") in ("1", "True"),
        int(code) if code else None,
        _show(proto, "websocket.payload.close.reason"),
    )


def _source(packet: ET.Element) -> tuple[str, int]:
    address = _show(packet, "ip.src") or _show(packet, "ipv6.src")
    return address, int(_show(packet, "tcp.srcport"))


def _show(element: ET.Element, name: str) -> str:
    found = element.find(f".//field[@name='{name}']")
    return "" if found is None else found.get("show", "")


def _time_ns(packet: ET.Element) -> int:
    return _nanoseconds(_show(packet, "frame.time_epoch"))


def _nanoseconds(seconds: str) -> int:
    whole, _, part = seconds.partition(".")
    return int(whole) * 1_000_000_000 + int(part.ljust(9, "0")[:9])
