"""The peers of the browsers: a logging `websockets` server, a raw server, a page server.

In: connections of a browser. Out: per connection what this end sent, received and reported, from
the library's own debug log and attributes, with times.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import functools
import http.server
import json
import logging
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

Behaviour = Callable[[ServerConnection], Awaitable[None]]
HANDSHAKE_LINE = ("< GET", "> HTTP", "< Host", "> Sec-WebSocket-Accept")


@dataclass
class Served:
    """One connection as the server knows it."""

    path: str
    client_port: int
    status: int | None = None
    sent_close: dict[str, Any] | None = None
    received_close: dict[str, Any] | None = None
    reported: dict[str, Any] | None = None
    ended: bool = False
    ended_by: str = ""  # how the transport ended, in asyncio's words
    lines: list[tuple[float, str]] = field(default_factory=list)

    def log(self, line: str, at: float | None = None) -> None:
        """Note one line with its time."""
        self.lines.append((at or time.time(), line))


def close_of(close: Close | None) -> dict[str, Any] | None:
    """As the truth file spells it: the library's 1005 stands for a Close without a code."""
    if close is None:
        return None
    return {"code": None if close.code == 1005 else int(close.code), "reason": close.reason}


class ServerLog(logging.Handler):
    """Sorts the library's debug lines by connection."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[UUID, list[tuple[float, str]]] = {}  # by the connection's id

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is not a header line."""
        connection = getattr(record, "websocket", None)
        text = record.getMessage()
        header = text[:2] in ("< ", "> ") and ": " in text.split("'")[0]
        if connection is None or (header and not text.startswith(HANDSHAKE_LINE)):
            return
        if record.exc_info and record.exc_info[1]:
            text += f" ({record.exc_info[1]!r})"
        self.lines.setdefault(connection.id, []).append((record.created, text))


class LibraryServer:
    """`websockets` on one port; `behaviour` runs when the first message has been answered."""

    name = "websockets"

    def __init__(
        self,
        port: int,
        behaviour: Behaviour | None = None,
        refuse: Callable[[int], int | None] = lambda _: None,
        bad_accept: bool = False,
        ping_interval: float = 20,
        delay: float = 0,
    ) -> None:
        self.port = port
        self.behaviour = behaviour
        self.refuse = refuse
        self.bad_accept = bad_accept
        self.ping_interval = ping_interval
        self.delay = delay  # of the answer to the upgrade
        self.connections: dict[UUID, tuple[Served, ServerConnection]] = {}
        self.log = ServerLog()
        self.logger = logging.getLogger(f"recorded.{port}")
        self.logger.setLevel(logging.DEBUG)
        self.logger.propagate = False
        self.logger.addHandler(self.log)

    @property
    def served(self) -> list[Served]:
        """The connections, in the order they asked."""
        return [served for served, _ in self.connections.values()]

    async def __aenter__(self) -> LibraryServer:
        self.server = await serve(
            self._handle,
            "127.0.0.1",
            self.port,
            process_request=self._on_request,
            process_response=self._on_response,
            logger=self.logger,
            ping_interval=self.ping_interval,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.server.wait_closed(), 12)

    async def _on_request(self, connection: ServerConnection, request: Request) -> Response | None:
        served = Served(request.path, connection.remote_address[1])
        served.lines = self.log.lines.setdefault(connection.id, [])
        self.connections[connection.id] = served, connection
        await asyncio.sleep(self.delay)
        status = self.refuse(len(self.connections))
        return connection.respond(status, "refused\n") if status else None

    def _on_response(
        self, connection: ServerConnection, request: Request, response: Response
    ) -> Response:
        if self.bad_accept:
            del response.headers["Sec-WebSocket-Accept"]
            response.headers["Sec-WebSocket-Accept"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
        if not connection.transport.is_closing():  # the browser may have left while it waited
            self.connections[connection.id][0].status = response.status_code
        return response

    async def _handle(self, connection: ServerConnection) -> None:
        served, _ = self.connections[connection.id]
        try:
            await connection.send(f"welcome, {await connection.recv()}")
            if self.behaviour:
                await asyncio.sleep(1)
                await self.behaviour(connection)
            async for message in connection:
                served.log(f"- message of {len(message)} characters")
        except ConnectionClosed as error:
            served.log(f"- {type(error).__name__}: {error}")
        else:
            served.log("- end of messages")
        served.reported = {"code": connection.close_code, "reason": connection.close_reason}
        await connection.wait_closed()
        self._note_end(connection, served)

    def _note_end(self, connection: ServerConnection, served: Served) -> None:
        cause = repr(getattr(connection, "connection_exc", None))
        served.ended_by = "reset" if "Reset" in cause else "eof"
        served.log(f"- transport ended, exception: {cause}")
        served.ended = True

    def settle(self) -> list[Served]:
        """Copies of the connections, with the closes that the library says it sent and received."""
        for served, connection in self.connections.values():
            served.sent_close = close_of(connection.protocol.close_sent)
            served.received_close = close_of(connection.protocol.close_rcvd)
        return copy.deepcopy(self.served)


class RawServer:
    """A socket server for what no library does; `websockets` only does its parsing.

    `answer`: what it sends for a Close: nothing, the same Close, or one of its own. It never closes
    TCP before the browser does.
    """

    name = "raw socket server of the recording script, parsing with websockets"

    def __init__(self, port: int, answer: Literal["nothing", "echo", "other"]) -> None:
        self.port = port
        self.answer = answer
        self.served: list[Served] = []

    async def __aenter__(self) -> RawServer:
        self.server = await asyncio.start_server(self._handle, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        protocol = ServerProtocol()
        served = Served("", writer.get_extra_info("peername")[1])
        self.served.append(served)
        try:
            while data := await reader.read(65536):
                protocol.receive_data(data)
                for event in protocol.events_received():
                    self._on_event(event, protocol, served, writer)
            served.ended_by = "eof"
        except ConnectionError as error:
            served.ended_by = "reset"
            served.log(f"- {error!r}")
        served.log(f"< {served.ended_by}")
        served.ended = True
        writer.close()

    def _on_event(
        self,
        event: Request | Frame | Any,
        protocol: ServerProtocol,
        served: Served,
        writer: asyncio.StreamWriter,
    ) -> None:
        served.log(f"< {event}" if isinstance(event, Frame) else f"< GET {event.path}")
        if isinstance(event, Request):
            served.path, served.status = event.path, 101
            response = protocol.accept(event)
            protocol.send_response(response)
            writer.writelines(protocol.data_to_send())
            served.log("> HTTP/1.1 101")
        elif event.opcode is Opcode.CLOSE:
            served.received_close = close_of(Close.parse(event.data))
            self._answer(event, served, writer)

    def _answer(self, event: Frame, served: Served, writer: asyncio.StreamWriter) -> None:
        if self.answer == "nothing":
            served.log("- Close not answered")
            return
        body = Close(4005, "another code").serialize() if self.answer == "other" else event.data
        frame = Frame(Opcode.CLOSE, body)
        writer.write(frame.serialize(mask=False))
        served.sent_close = close_of(Close.parse(body))
        served.log(f"> {frame}; TCP left open")

    def settle(self) -> list[Served]:
        """Copies of the connections; nothing is reported, as there is no API to report it."""
        return copy.deepcopy(self.served)


def reset(connection: ServerConnection) -> None:
    """Drop the connection with an RST: SO_LINGER with 0 seconds, then close."""
    sock: socket.socket = connection.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.transport.abort()


class PageServer:
    """The pages, and a log that the pages write to by beacon."""

    def __init__(self, port: int) -> None:
        self.lines: list[dict[str, Any]] = []
        handler = functools.partial(
            _PageHandler, self.lines, directory=str(Path(__file__).with_name("pages"))
        )
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class _PageHandler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, lines: list[dict[str, Any]], *args: Any, **kwargs: Any) -> None:
        self.lines = lines
        super().__init__(*args, **kwargs)

    def do_POST(self) -> None:
        """One line of a page's log."""
        length = int(self.headers["Content-Length"])
        self.lines.append(json.loads(self.rfile.read(length)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
