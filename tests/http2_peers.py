"""Two ends of HTTP/2 that talk, made by the library h2. In: who says what on which stream. Out: TCP data.

::

    talk = Conversation().handshake()
    peers = Peers(lambda side, data: talk.say(SIDES[side], data))
    stream = peers.open("/chat")
    peers.say(stream, 0, frame(TEXT, b"hi", mask=MASK))
    peers.end(stream, 1)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived
from h2.settings import SettingCodes, Settings
from hyperframe.frame import Frame

Fields = list[tuple[str, str]]
ENABLED = {SettingCodes.ENABLE_CONNECT_PROTOCOL: 1}


class Peers:
    """A client and a server.

    Parameters
    ----------
    carry
        Takes what a side (0 client, 1 server) sends.
    settings
        Of the server, beside those that h2 sends anyway.
    upgraded
        The connection began as HTTP/1.1 (`Upgrade: h2c`).
    """

    def __init__(
        self,
        carry: Callable[[int, bytes], Any],
        settings: dict[SettingCodes, int] | None = None,
        *,
        upgraded: bool = False,
    ) -> None:
        self.carry = carry
        self.ends = tuple(
            H2Connection(H2Configuration(client_side=client)) for client in (True, False)
        )
        client, server = self.ends
        chosen = ENABLED if settings is None else settings
        server.local_settings = Settings(client=False, initial_values=chosen)
        if upgraded:
            server.initiate_upgrade_connection(client.initiate_upgrade_connection())
        else:
            client.initiate_connection()
            server.initiate_connection()
        self.next = 3 if upgraded else 1
        self.flush()

    def flush(self) -> None:
        """Let both ends say what they have to, until nothing is left."""
        said = True
        while said:
            said = False
            for side, end in enumerate(self.ends):
                data = end.data_to_send()
                if data:
                    said = True
                    self.carry(side, data)
                    self._receive(1 - side, data)

    def _receive(self, side: int, data: bytes) -> None:
        end = self.ends[side]
        for event in end.receive_data(data):
            if isinstance(event, DataReceived) and event.flow_controlled_length:
                end.acknowledge_received_data(event.flow_controlled_length, event.stream_id)

    def ask(self, path: str = "/", extra: Iterable[tuple[str, str]] = ()) -> int:
        """Ask for a WebSocket (RFC 8441, section 4); return the stream."""
        stream = self.next
        self.next += 2
        fields = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https"),
            (":path", path),
            (":authority", "server.example.com"),
            ("sec-websocket-version", "13"),
            ("origin", "http://www.example.com"),
            *extra,
        ]
        self.ends[0].send_headers(stream, fields)
        self.flush()
        return stream

    def answer(
        self, stream: int, status: str = "200", *extra: tuple[str, str], end: bool = False
    ) -> None:
        """Answer a request."""
        self.ends[1].send_headers(stream, [(":status", status), *extra], end_stream=end)
        self.flush()

    def open(self, path: str = "/", *extra: tuple[str, str]) -> int:
        """Ask for a WebSocket and accept."""
        stream = self.ask(path, extra)
        self.answer(stream)
        return stream

    def get(self, path: str, body: bytes = b"hello", *extra: tuple[str, str]) -> int:
        """Make a request that is no WebSocket."""
        stream = self.next
        self.next += 2
        fields = [(":method", "GET"), (":scheme", "https"), (":path", path), (":authority", "a")]
        self.ends[0].send_headers(stream, [*fields, *extra], end_stream=True)
        self.flush()
        self.ends[1].send_headers(stream, [(":status", "200"), ("x-of", path), *extra])
        self.ends[1].send_data(stream, body, end_stream=True)
        self.flush()
        return stream

    def say(
        self, stream: int, side: int, data: bytes, *, pad: int | None = None, end: bool = False
    ) -> None:
        """Send DATA, in as many frames as the limits ask for."""
        one = self.ends[side]
        while True:
            room = min(one.max_outbound_frame_size, one.local_flow_control_window(stream))
            room -= pad + 1 if pad is not None else 0
            part, data = data[:room], data[room:]
            one.send_data(stream, part, end_stream=end and not data, pad_length=pad)
            self.flush()
            if not data:
                return

    def end(self, stream: int, side: int) -> None:
        """Send END_STREAM."""
        self.ends[side].end_stream(stream)
        self.flush()

    def reset(self, stream: int, side: int, code: int = 8) -> None:
        """Send RST_STREAM; CANCEL unless told otherwise."""
        self.ends[side].reset_stream(stream, code)
        self.flush()

    def goaway(
        self, side: int, code: int = 0, last: int | None = None, debug: bytes | None = None
    ) -> None:
        """Send GOAWAY; h2 says nothing more afterwards, and takes nothing."""
        one = self.ends[side]
        one.close_connection(code, debug, last)
        self.carry(side, one.data_to_send())

    def raw(self, side: int, frame: Frame) -> None:
        """Send a frame that the other end does not get to see."""
        self.carry(side, frame.serialize())
