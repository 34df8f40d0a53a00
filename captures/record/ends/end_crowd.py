"""Many clients of Python `websockets` in one process, each with an address of its own.

Call: as end_common says, as a client; the JSON also holds ``count``, ``spacing`` (seconds between
their beginnings), ``receive_buffer`` (bytes, of their sockets) and ``reconnect``: ``delay``, ``step`` (more for each next client), ``jitter``,
``factor`` (of back-off) and ``until`` (seconds after which nobody comes back any more).
"""

from __future__ import annotations

import asyncio
import random
import socket
import time
from typing import Any

import websockets
from end_common import CONFIG, ROLE, close_body, log, play
from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol

PORTS: dict[int, int] = {}
OPTIONS = {"ping_interval": None, **CONFIG.get("options", {})}
BEGUN = time.monotonic()


def watch_frames() -> None:
    """Log each close frame at the moment the library sends or receives it."""
    send, receive = Protocol.send_frame, Protocol.recv_frame

    def send_frame(self: Protocol, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            log("sent_close", port=PORTS.get(id(self)), **close_body(bytes(frame.data)))
        send(self, frame)

    def recv_frame(self: Protocol, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            log("received_close", port=PORTS.get(id(self)), **close_body(bytes(frame.data)))
        receive(self, frame)

    Protocol.send_frame, Protocol.recv_frame = send_frame, recv_frame  # type: ignore[method-assign]


class End:
    """A connection as a plan sees it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def send(self, data: str | bytes) -> None:
        await self.connection.send(data)

    async def close(self, code: int | None, reason: str) -> None:
        await self.connection.close(code or 1000, reason)

    def transport(self) -> Any:
        return self.connection.transport


async def once(number: int) -> bool:
    """Connect, play the plan and wait for the end; False where no connection came about."""
    url = f"ws://{CONFIG['host']}:{CONFIG['port']}{CONFIG['path']}"
    address = f"127.0.{1 + number}.1"
    try:
        sock = socket.socket()
        if CONFIG.get("receive_buffer"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CONFIG["receive_buffer"])
        sock.bind((address, 0))
        sock.connect((CONFIG["host"], CONFIG["port"]))
        connection = await connect(url, proxy=None, sock=sock, **OPTIONS)
    except Exception as error:
        log("failed", number=number, error=f"{type(error).__name__}: {error}")
        return False
    port = connection.local_address[1]
    PORTS[id(connection.protocol)] = port
    log("open", port=port, number=number, path=CONFIG["path"], status=101)
    playing = asyncio.create_task(play(End(connection), CONFIG["plan"]))  # type: ignore[arg-type]
    try:
        while True:
            await connection.recv()
    except websockets.ConnectionClosed as error:
        await connection.wait_closed()
        log("closed", port=port, code=connection.close_code, reason=connection.close_reason,
            error=f"{type(error).__name__}: {error}")  # fmt: skip
    playing.cancel()
    return True


async def one(number: int) -> None:
    """Connect, and come back as long as it is told to."""
    await asyncio.sleep(number * CONFIG["spacing"])
    again = CONFIG.get("reconnect")
    tries = 0
    while True:
        tries = 0 if await once(number) else tries + 1
        if not again or time.monotonic() - BEGUN > again["until"]:
            return
        delay = again["delay"] * again.get("factor", 1) ** tries + again.get("step", 0) * number
        await asyncio.sleep(delay + random.uniform(0, again.get("jitter", 0)))


async def crowd() -> None:
    """Be all of them."""
    await asyncio.gather(*(one(number) for number in range(CONFIG["count"])))


assert ROLE == "client"
log("program", name=f"websockets {websockets.__version__}")
watch_frames()
try:
    asyncio.run(crowd())
except KeyboardInterrupt:
    pass
