"""A client or server of `tornado` that plays a plan and logs. Call: see end_common."""

from __future__ import annotations

import asyncio
from typing import Any

import tornado
import tornado.web
from end_common import CONFIG, ROLE, close_body, log, play
from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketHandler, WebSocketProtocol13, websocket_connect


def port_of(stream: Any) -> int | None:
    """The client's port."""
    try:
        sock = stream.socket
        return (sock.getpeername() if ROLE == "server" else sock.getsockname())[1]
    except (OSError, AttributeError):
        return None


def watch_frames() -> None:
    """Log each close frame at the moment the library sends or receives it."""
    write, handle = WebSocketProtocol13._write_frame, WebSocketProtocol13._handle_message

    def write_frame(self: Any, fin: bool, opcode: int, data: bytes, flags: int = 0) -> Any:
        if opcode == 8:
            log("sent_close", port=port_of(self.stream), **close_body(data))
        return write(self, fin, opcode, data, flags)

    def handle_message(self: Any, opcode: int, data: bytes) -> Any:
        if opcode == 8:
            log("received_close", port=port_of(self.stream), **close_body(data))
        return handle(self, opcode, data)

    WebSocketProtocol13._write_frame = write_frame  # type: ignore[method-assign]
    WebSocketProtocol13._handle_message = handle_message  # type: ignore[method-assign]


class Transport:
    """A tornado stream with the names of an asyncio transport."""

    def __init__(self, stream: Any) -> None:
        self.close = self.abort = stream.close
        self.write = stream.write
        self.stream = stream

    def get_extra_info(self, _: str) -> Any:
        return self.stream.socket


class End:
    """A tornado WebSocket as a plan sees it: handler or client connection."""

    def __init__(self, socket: Any, stream: Any) -> None:
        self.socket, self.stream = socket, stream

    async def send(self, data: str | bytes) -> None:
        await self.socket.write_message(data, binary=isinstance(data, bytes))

    async def fragments(self, parts: list[str]) -> None:
        raise NotImplementedError

    async def ping(self) -> None:
        self.socket.ping(b"ping")

    async def close(self, code: int | None, reason: str) -> None:
        self.socket.close(code, reason or None)

    def transport(self) -> Any:
        return Transport(self.stream)


class Handler(WebSocketHandler):
    """The server's end of one WebSocket."""

    async def prepare(self) -> None:
        self.client_port = port_of(self.request.connection.stream)  # type: ignore[union-attr]
        if CONFIG.get("refuse"):
            log("refused", port=self.client_port, path=self.request.path, status=CONFIG["refuse"])
            raise tornado.web.HTTPError(CONFIG["refuse"])

    def check_origin(self, origin: str) -> bool:
        return True

    def get_compression_options(self) -> dict[str, Any] | None:
        return {} if CONFIG.get("deflate") else None

    def open(self, *_: str) -> None:
        log("open", port=self.client_port, path=self.request.path, status=101)
        stream = self.ws_connection.stream  # type: ignore[union-attr]
        self.playing = asyncio.create_task(play(End(self, stream), CONFIG["plan"]))

    async def on_message(self, message: str | bytes) -> None:
        if CONFIG.get("echo"):
            await self.write_message(message)

    def on_close(self) -> None:
        log("closed", port=self.client_port, code=self.close_code, reason=self.close_reason or "")


async def server() -> None:
    """Serve until the recording script ends the process."""
    app = tornado.web.Application([(r"/(.*)", Handler)], log_function=lambda _: None)
    app.listen(CONFIG["port"], CONFIG["host"])
    log("listening")
    await asyncio.Future()


async def client() -> None:
    """Connect once and play."""
    url = f"ws://{CONFIG['host']}:{CONFIG['port']}{CONFIG['path']}"
    try:
        socket = await websocket_connect(url)
    except HTTPClientError as error:
        log("failed", status=error.code, error=f"{type(error).__name__}: {error}")
        return
    port = port_of(socket.protocol.stream)
    log("open", port=port, path=CONFIG["path"], status=101)
    playing = asyncio.create_task(play(End(socket, socket.protocol.stream), CONFIG["plan"]))
    while (message := await socket.read_message()) is not None:
        if CONFIG.get("echo"):
            await socket.write_message(message)
    await playing
    log("closed", port=port, code=socket.close_code, reason=socket.close_reason or "")
    await asyncio.sleep(CONFIG.get("stay", 0.2))


log("program", name=f"tornado {tornado.version}")
watch_frames()
try:
    asyncio.run(server() if ROLE == "server" else client())
except KeyboardInterrupt:
    pass
