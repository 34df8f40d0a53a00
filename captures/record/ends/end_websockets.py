"""A client or server of Python `websockets` that plays a plan and logs. Call: see end_common."""

from __future__ import annotations

import asyncio
import ssl
from http import HTTPStatus
from typing import Any

import websockets
from end_common import CONFIG, ROLE, close_body, log, play, tls_context
from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import serve
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol

PORTS: dict[int, int] = {}
OPTIONS = {"ping_interval": None, **CONFIG.get("options", {})}


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
    """A `websockets` connection as a plan sees it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def send(self, data: str | bytes) -> None:
        await self.connection.send(data)

    async def fragments(self, parts: list[str]) -> None:
        await self.connection.send(parts)

    async def ping(self) -> None:
        latency = await (await self.connection.ping())
        log("pong", latency=round(latency, 4))

    async def close(self, code: int | None, reason: str) -> None:
        if code is None:
            connection = self.connection
            connection.protocol.send_close()  # without a code: only the sans-I/O layer can
            connection.send_data()
            await connection.wait_closed()
        else:
            await self.connection.close(code, reason)

    def transport(self) -> asyncio.Transport:
        return self.connection.transport


async def receive(connection: Connection, port: int) -> None:
    """Read messages until the end; log how the library reports it."""
    got, size = 0, 0
    try:
        while True:
            message = await connection.recv()
            got, size = got + 1, size + len(message)
            if CONFIG.get("echo"):
                await connection.send(message)
    except websockets.ConnectionClosed as error:
        await connection.wait_closed()
        log(
            "closed",
            port=port,
            code=connection.close_code,
            reason=connection.close_reason,
            error=f"{type(error).__name__}: {error}",
            cause=repr(error.__cause__),
            messages=got,
            characters=size,
        )


async def talk(connection: Connection) -> None:
    """Play the plan on one open connection."""
    side = connection.remote_address if ROLE == "server" else connection.local_address
    PORTS[id(connection.protocol)] = port = side[1]
    request, response = connection.request, connection.response
    assert request and response
    log(
        "open",
        port=port,
        path=request.path,
        status=101,
        extensions=response.headers.get("Sec-WebSocket-Extensions"),
    )
    reading = asyncio.create_task(receive(connection, port))
    await play(End(connection), CONFIG["plan"])
    await reading


async def server() -> None:
    """Serve until the recording script ends the process."""

    def answer(connection: Any, request: Any) -> Any:
        status = CONFIG.get("refuse")
        if status:
            log("refused", port=connection.remote_address[1], path=request.path, status=status)
            return connection.respond(HTTPStatus(status), "no\n")
        if request.path.startswith("/plain"):
            log("plain request", port=connection.remote_address[1], path=request.path)
            return connection.respond(HTTPStatus.OK, "plain\n")
        return None

    place = (CONFIG["host"], CONFIG["port"])
    async with serve(talk, *place, process_request=answer, ssl=tls_context(), **OPTIONS):
        log("listening")
        await asyncio.Future()


async def client() -> None:
    """Connect once and play."""
    host = f"[{CONFIG['host']}]" if ":" in CONFIG["host"] else CONFIG["host"]
    context = tls_context()
    scheme = "ws" if context is None else "wss"
    url = f"{scheme}://{host}:{CONFIG['port']}{CONFIG['path']}"
    source = {"local_addr": ("0.0.0.0", CONFIG["source_port"])} if CONFIG.get("source_port") else {}
    try:
        async with asyncio.timeout(CONFIG.get("give_up", 60)):
            way = {"proxy": CONFIG.get("proxy"), "ssl": context}
            connection = await connect(url, **way, **source, **OPTIONS)
    except Exception as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        log("failed", status=status, error=f"{type(error).__name__}: {error}")
        return
    await talk(connection)


log("program", name=f"websockets {websockets.__version__}")
watch_frames()
try:
    asyncio.run(server() if ROLE == "server" else client())
except KeyboardInterrupt:
    pass
