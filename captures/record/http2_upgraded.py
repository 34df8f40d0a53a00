"""A client of HTTP/2 that begins as HTTP/1.1 with ``Upgrade: h2c`` (RFC 7540, section 3.2), or not.

In: a port, at which the application of `http2.py` listens. Out: five WebSockets, each ended in
another way, and what the libraries h2 and wsproto said of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, ResponseReceived, StreamEnded
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, TextMessage

REQUEST = """\
GET /before HTTP/1.1\r
Host: 127.0.0.1:{port}\r
Connection: Upgrade, HTTP2-Settings\r
Upgrade: h2c\r
HTTP2-Settings: {settings}\r
\r
"""


class Client:
    """One TCP connection, and the WebSockets on it.

    Attributes
    ----------
    statuses, received, ended
        By path: the status of the answer, the Close that came, that END_STREAM came.
    """

    def __init__(self, port: int, log: Callable[[str], None]) -> None:
        self.port = port
        self.log = log
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.paths: dict[int, str] = {1: "/before"}
        self.sockets: dict[int, Connection] = {}
        self.statuses: dict[str, int] = {}
        self.received: dict[str, dict[str, Any]] = {}
        self.ended: set[str] = set()

    async def begin(self) -> None:
        """Speak HTTP/2 from the first byte (prior knowledge)."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.h2.initiate_connection()
        self.flush()
        self.reading = asyncio.create_task(self.read())
        await asyncio.sleep(0.3)

    async def upgrade(self) -> None:
        """Ask for a page by HTTP/1.1, and get the answer by HTTP/2 on stream 1."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        settings = self.h2.initiate_upgrade_connection().decode()
        self.writer.write(REQUEST.format(port=self.port, settings=settings).encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.log(f"client /before {head.splitlines()[0].decode().strip()}")
        self.flush()
        self.reading = asyncio.create_task(self.read())
        await asyncio.sleep(0.3)

    def flush(self) -> None:
        self.writer.write(self.h2.data_to_send())

    async def read(self) -> None:
        while data := await self.reader.read(65536):
            for event in self.h2.receive_data(data):
                self.take(event)
            self.flush()

    def take(self, event: Any) -> None:
        path = self.paths.get(getattr(event, "stream_id", 0), "")
        if isinstance(event, ResponseReceived):
            self.statuses[path] = int(dict(event.headers)[":status"])
            self.log(f"client {path} {type(event).__name__} {self.statuses[path]}")
        elif isinstance(event, DataReceived):
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.data(event.stream_id, event.data)
        elif isinstance(event, StreamEnded):
            self.ended.add(path)
            self.log(f"client {path} {type(event).__name__}")

    def data(self, stream: int, data: bytes) -> None:
        """Give DATA to the WebSocket, and answer a Close that it did not begin."""
        if stream not in self.sockets or not data:
            return
        path, socket = self.paths[stream], self.sockets[stream]
        began = socket.state.name == "LOCAL_CLOSING"
        socket.receive_data(data)
        for event in socket.events():
            self.log(f"client {path} {event!r}")
            if isinstance(event, CloseConnection):
                self.received[path] = {"code": int(event.code), "reason": event.reason or ""}
                if not began:
                    self.say(stream, event.response(), end=True)

    def say(self, stream: int, event: Any, *, end: bool = False) -> None:
        self.log(f"client {self.paths[stream]} sends {event!r}{', END_STREAM' if end else ''}")
        self.h2.send_data(stream, self.sockets[stream].send(event), end_stream=end)

    async def open(self, path: str) -> int:
        """Ask for a WebSocket (RFC 8441, section 4), and greet where it is accepted."""
        stream = self.h2.get_next_available_stream_id()
        self.paths[stream] = path
        fields = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "http"),
            (":path", path),
            (":authority", f"127.0.0.1:{self.port}"),
            ("sec-websocket-version", "13"),
        ]
        self.h2.send_headers(stream, fields)
        self.flush()
        await asyncio.sleep(0.3)
        if self.statuses.get(path) == 200:
            self.sockets[stream] = Connection(ConnectionType.CLIENT)
            self.say(stream, TextMessage(f"hello {path}"))
            self.flush()
        return stream

    async def play(self) -> None:
        """Open all, then let each end; `upgrade` or `begin` comes first."""
        streams = {path: await self.open(path) for path in HOW}
        await asyncio.sleep(0.5)
        stream = streams["/client-closes"]
        self.say(stream, CloseConnection(4001, "bye"), end=True)
        self.flush()
        await asyncio.sleep(0.3)
        self.log("client /client-resets RST_STREAM CANCEL")
        self.h2.reset_stream(streams["/client-resets"], ErrorCodes.CANCEL)
        self.flush()
        await asyncio.sleep(0.5)
        self.log("client closes the TCP connection")
        self.writer.close()
        await asyncio.sleep(0.5)
        await self.reading


# Who is first, how, and the Close that each side sent.
HOW: dict[str, tuple[str | None, str, dict[str, Any] | None]] = {
    "/server-closes": ("server", "close_frame", {"code": 1001, "reason": "restart"}),
    "/client-closes": ("client", "close_frame", {"code": 4001, "reason": "bye"}),
    "/client-resets": ("client", "rst", None),
    "/refused": (None, "refused", None),
    "/left": ("client", "fin", None),
}


def connection(path: str, client: Client, ended: dict[str, Any]) -> dict[str, Any]:
    """Return the truth of one WebSocket: what h2, wsproto and the application said."""
    first, how, close = HOW[path]
    ends: dict[str, dict[str, Any]] = {"client": {"reported": None}, "server": {"reported": None}}
    if how != "refused":
        ends["client"]["received_close"] = client.received.get(path)
    if first is not None:
        ends[first]["sent_close"] = close
    if close is None:
        ends["client"]["sent_close"] = ends["server"]["sent_close"] = None
    event = ended.get(path)
    if event is not None:
        reason = event.get("reason") or ""
        ends["server"]["reported"] = {"code": event.get("code"), "reason": reason}
    return {
        "path": path, "server_port": client.port, "client_port": None, "framing": "rfc6455",
        "version": "13", "status": client.statuses.get(path), "carrier": "h2", **ends,
        "first": first, "how": how,
        "h2": {"client_reset": int(ErrorCodes.CANCEL)} if how == "rst" else {}, "notes": "",
    }  # fmt: skip
