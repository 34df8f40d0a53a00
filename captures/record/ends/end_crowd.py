"""Many clients of Python `websockets` in one process, each with an address of its own.

Call: as end_common says, as a client; the JSON also holds ``count``, ``spacing`` (seconds between
their beginnings), ``address`` (of their addresses, with {} for the number, which begins at 1; without
it 127.0.{}.1), ``receive_buffer`` (bytes, of their sockets), ``open_timeout`` (seconds, of TCP) and
``reconnect``: ``delay``, ``step`` (more for each next client), ``jitter``, ``factor`` (of back-off) and
``until`` (seconds after which nobody comes back any more). With ``iterator`` they come back as the
library's own iterator does it, with its own back-off, until the process ends.
"""

from __future__ import annotations

import asyncio
import logging
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


def url() -> str:
    """Where all of them go."""
    return f"ws://{CONFIG['host']}:{CONFIG['port']}{CONFIG['path']}"


def address_of(number: int) -> str:
    """The address of a client."""
    return str(CONFIG.get("address", "127.0.{}.1")).format(1 + number)


async def connected(number: int) -> socket.socket:
    """A TCP connection from the client's own address."""
    sock = socket.socket()
    sock.setblocking(False)
    if CONFIG.get("receive_buffer"):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CONFIG["receive_buffer"])
    sock.bind((address_of(number), 0))
    try:
        async with asyncio.timeout(CONFIG.get("open_timeout", 10)):
            place = (CONFIG["host"], CONFIG["port"])
            await asyncio.get_running_loop().sock_connect(sock, place)
    except BaseException:
        sock.close()
        raise
    return sock


async def once(number: int) -> bool:
    """Connect, play the plan and wait for the end; False where no connection came about."""
    try:
        connection = await connect(url(), proxy=None, sock=await connected(number), **OPTIONS)
    except Exception as error:
        log("failed", number=number, error=f"{type(error).__name__}: {error}")
        return False
    await talk(connection, number)
    return True


async def talk(connection: Connection, number: int) -> None:
    """Play the plan, and wait for the end."""
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


class Failures(logging.Handler):
    """What the library's iterator says of attempts that failed."""

    def emit(self, record: logging.LogRecord) -> None:
        log("failed", error=record.getMessage())


async def iterate(number: int) -> None:
    """Connect, and come back as the library does it."""
    way = {"local_addr": (address_of(number), 0), "proxy": None}
    logger = logging.getLogger(f"websockets.client.{number}")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(Failures())
    async for connection in connect(url(), logger=logger, **way, **OPTIONS):
        await talk(connection, number)


async def one(number: int) -> None:
    """Connect, and come back as long as it is told to."""
    await asyncio.sleep(number * CONFIG["spacing"])
    again = CONFIG.get("reconnect")
    if CONFIG.get("iterator"):
        await iterate(number)
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
