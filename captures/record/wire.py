"""A wire between two network namespaces made here: with delay, loss, reordering, or cut.

Two TAP devices, one in each namespace, and a thread that carries the Ethernet frames from one to
the other. It does what ``tc netem`` would do, on kernels without it. The TCP at both ends is the
kernel's own, and so are its retransmissions.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import Self

CLIENT_NS, SERVER_NS = "wsrec1", "wsrec2"
CLIENT_IP, SERVER_IP = "10.77.0.1", "10.77.0.2"
CLIENT_IP6, SERVER_IP6 = "fd77::1", "fd77::2"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000


def ip(*arguments: str, netns: str | None = None) -> None:
    """Run ``ip``, also inside a namespace."""
    subprocess.run(["ip", *(["-n", netns] if netns else []), *arguments], check=True)


def tap(name: str, netns: str, address: str, address6: str) -> int:
    """A TAP device called eth0 inside a new namespace; returns our end of it."""
    with suppress(subprocess.CalledProcessError):
        subprocess.run(["ip", "netns", "del", netns], check=True, stderr=subprocess.DEVNULL)
    ip("netns", "add", netns)
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    ip("link", "set", name, "netns", netns, "name", "eth0")
    ip("link", "set", "lo", "up", netns=netns)
    ip("addr", "add", f"{address}/24", "dev", "eth0", netns=netns)
    ip("addr", "add", f"{address6}/64", "dev", "eth0", "nodad", netns=netns)
    ip("link", "set", "eth0", "up", netns=netns)
    return handle


@dataclass
class Wire(AbstractContextManager["Wire"]):
    """The wire; its attributes may be changed while it carries."""

    delay: float = 0  # seconds, one way
    loss: float = 0  # share of the frames of TCP that is lost, both ways
    reorder: float = 0  # share that overtakes: carried without the delay
    cut: bool = False  # nothing passes any more
    seed: int = 1
    lost: int = 0
    overtaking: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._handles = (
            tap("wsrecA", CLIENT_NS, CLIENT_IP, CLIENT_IP6),
            tap("wsrecB", SERVER_NS, SERVER_IP, SERVER_IP6),
        )
        self._random = random.Random(self.seed)
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()
        subprocess.run(
            ["ip", "netns", "exec", CLIENT_NS, "ping", "-c1", "-W2", SERVER_IP],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # ARP is done before TCP begins
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for handle in self._handles:
            os.close(handle)
        for netns in (CLIENT_NS, SERVER_NS):
            ip("netns", "del", netns)

    def _carry(self) -> None:
        """Take frames in, let them out when their time has come."""
        waiting: list[tuple[float, int, int, bytes]] = []
        number = 0
        while not self._stop.is_set():
            pause = min(0.1, waiting[0][0] - time.monotonic()) if waiting else 0.1
            ready, _, _ = select.select(self._handles, [], [], max(pause, 0))
            for handle in ready:
                frame = os.read(handle, 65536)
                due = self._due(frame)
                if due is not None:
                    other = self._handles[1 - self._handles.index(handle)]
                    number += 1
                    heapq.heappush(waiting, (due, number, other, frame))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, other, frame = heapq.heappop(waiting)
                if not self.cut:
                    os.write(other, frame)

    def _due(self, frame: bytes) -> float | None:
        """When a frame comes out at the other end; None = never."""
        is_tcp = frame[12:14] == b"\x08\x00" and frame[23] == 6
        if self.cut:
            return None
        if is_tcp and self._random.random() < self.loss:
            self.lost += 1
            return None
        if is_tcp and self._random.random() < self.reorder:
            self.overtaking += 1
            return time.monotonic()
        return time.monotonic() + self.delay
