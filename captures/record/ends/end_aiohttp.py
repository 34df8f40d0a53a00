"""A client or server of `aiohttp` that plays a plan and logs. Call: see end_common."""

from __future__ import annotations

import asyncio
import os
from typing import Any

os.environ["AIOHTTP_NO_EXTENSIONS"] = (
    "1"  # the same code, uncompiled: its close frames can be watched
)

import aiohttp
from aiohttp import WSMsgType, web
from aiohttp._websocket.reader_py import WebSocketDataQueue
from aiohttp._websocket.writer import WebSocketWriter
from end_common import CONFIG, ROLE, close_body, linger_zero, log, play

OPTIONS = CONFIG.get("options", {})
Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


def watch_frames() -> None:
    """Log each close frame at the moment the library sends or receives it."""
    send, feed = WebSocketWriter.send_frame, WebSocketDataQueue.feed_data

    async def send_frame(self: Any, message: Any, opcode: int, *rest: Any, **named: Any) -> None:
        if opcode == WSMsgType.CLOSE:
            log("sent_close", port=port_of(self.transport), **close_body(bytes(message)))
        await send(self, message, opcode, *rest, **named)

    def feed_data(self: Any, data: Any, size: int) -> None:
        if data.type == WSMsgType.CLOSE:
            log(
                "received_close",
                port=port_of(self._protocol.transport),
                code=data.data or None,
                reason=data.extra or "",
            )
        feed(self, data, size)

    WebSocketWriter.send_frame = send_frame  # type: ignore[method-assign]
    WebSocketDataQueue.feed_data = feed_data  # type: ignore[method-assign]


def port_of(transport: Any) -> int | None:
    """The client's port."""
    name = transport and transport.get_extra_info("peername" if ROLE == "server" else "sockname")
    return name[1] if name else None


class End:
    """An aiohttp WebSocket as a plan sees it."""

    def __init__(self, socket: Socket, transport: asyncio.Transport) -> None:
        self.socket, self._transport = socket, transport

    async def send(self, data: str | bytes) -> None:
        await (
            self.socket.send_str(data) if isinstance(data, str) else self.socket.send_bytes(data)
        )

    async def fragments(self, parts: list[str]) -> None:
        raise NotImplementedError

    async def ping(self) -> None:
        await self.socket.ping(b"ping")

    async def close(self, code: int | None, reason: str) -> None:
        await self.socket.close(code=1000 if code is None else code, message=reason.encode())

    def transport(self) -> asyncio.Transport:
        return self._transport


async def talk(socket: Socket, transport: Any, path: str, extensions: str | None) -> None:
    """Play the plan while reading messages; log how the library reports the end."""
    port = port_of(transport)
    log("open", port=port, path=path, status=101, extensions=extensions)
    playing = asyncio.create_task(play(End(socket, transport), CONFIG["plan"]))
    got, size, last = 0, 0, "CLOSED"
    while True:
        message = await socket.receive()
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            last = message.type.name
            break
        got, size = got + 1, size + len(message.data)
        if CONFIG.get("echo"):
            await socket.send_str(message.data)
    await playing
    log(
        "closed",
        port=port,
        code=socket.close_code,
        reason="",
        messages=got,
        characters=size,
        error=f"{last} {socket.exception() or ''}".strip(),
    )


async def answer(request: web.Request) -> web.StreamResponse:
    """An ordinary page, a refusal, or a WebSocket."""
    transport = request.transport
    if request.path.startswith("/plain"):
        log("plain request", port=port_of(transport), path=request.path)
        return web.Response(text="plain\n")
    if CONFIG.get("refuse"):
        log("refused", port=port_of(transport), path=request.path, status=CONFIG["refuse"])
        return web.Response(status=CONFIG["refuse"], text="no\n")
    socket = web.WebSocketResponse(**OPTIONS)
    await socket.prepare(request)
    assert transport is not None
    if CONFIG.get("linger"):
        linger_zero(transport.get_extra_info("socket"))
    await talk(socket, transport, request.path, socket.headers.get("Sec-WebSocket-Extensions"))
    return socket


async def server() -> None:
    """Serve until the recording script ends the process."""
    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, CONFIG["host"], CONFIG["port"]).start()
    log("listening")
    await asyncio.Future()


async def client() -> None:
    """Connect once and play."""
    url = f"http://{CONFIG['host']}:{CONFIG['port']}{CONFIG['path']}"
    async with aiohttp.ClientSession() as session:
        try:
            socket = await session.ws_connect(url, proxy=CONFIG.get("proxy"), **OPTIONS)
        except aiohttp.WSServerHandshakeError as error:
            log("failed", status=error.status, error=f"{type(error).__name__}: {error.message}")
            return
        transport = socket._response.connection.transport
        extensions = socket._response.headers.get("Sec-WebSocket-Extensions")
        await talk(socket, transport, CONFIG["path"], extensions)


log("program", name=f"aiohttp {aiohttp.__version__}")
watch_frames()
try:
    asyncio.run(server() if ROLE == "server" else client())
except KeyboardInterrupt:
    pass
