"""A small client for drafts hybi-05 and hybi-06, written from the drafts: no client program for them is left.

    spec_client.py PORT PATH VERSION STEP...        (VERSION 5 or 6)

Steps: text:T  ping:T  wait:S  close[:CODE:REASON]  answer[:CODE:REASON]  expect:N  await_close  await_eof  fin
rst  server:SIGNAL. Draft 05 has no codes: its client closes with the single byte "C". Events on stdout, one JSON
line each. From the client every frame is masked whole, header included, after four bytes of key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import socket
import struct
import sys
import time

OPCODES = {0: "continuation", 1: "close", 2: "ping", 3: "pong", 4: "text", 5: "binary"}
NUMBERS = {name: number for number, name in OPCODES.items()}
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def say(event: str, **facts: object) -> None:
    now = time.time()
    at = time.strftime("%H:%M:%S", time.localtime(now)) + f".{int(now * 1000) % 1000:03d}"
    print(json.dumps({"at": at, "who": "client", "event": event, **facts}), flush=True)


class Client:
    def __init__(self, port: int, path: str, version: int) -> None:
        self.version = version
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=70)
        self.data = b""
        self.frames: list[str] = []
        self.eof = False
        self.open(port, path)

    def open(self, port: int, path: str) -> None:
        key = base64.b64encode(os.urandom(16))
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection:"
            f" Upgrade\r\nSec-WebSocket-Key: {key.decode()}\r\nSec-WebSocket-Origin:"
            f" http://127.0.0.1\r\nSec-WebSocket-Version: {self.version}\r\n\r\n"
        )
        self.socket.sendall(request.encode())
        while b"\r\n\r\n" not in self.data:
            self.data += self.socket.recv(4096)
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        assert accept in head, head
        status = int(head.split()[1])
        say("open", client_port=self.socket.getsockname()[1], status=status)

    def send(self, kind: str, payload: bytes) -> None:
        assert len(payload) < 126
        frame = bytes([0x80 | NUMBERS[kind], len(payload)]) + payload
        key = os.urandom(4)
        masked = bytes(byte ^ key[i % 4] for i, byte in enumerate(frame))
        self.socket.sendall(key + masked)

    def text(self, text: str) -> None:
        self.send("text", text.encode())
        say("sent", text=text)

    def ping(self, text: str) -> None:
        self.send("ping", text.encode())
        say("sent", frame="ping", data=text)

    def close(self, argument: str = "") -> None:
        code, _, reason = argument.partition(":")
        if self.version == 5:
            code, reason, payload = "", "C", b"C"
        else:
            payload = struct.pack("!H", int(code)) + reason.encode() if code else b""
        self.send("close", payload)
        say("sent_close", code=int(code) if code else None, reason=reason)

    answer = close

    def wait(self, seconds: str) -> None:
        time.sleep(float(seconds))

    def expect(self, count: str) -> None:
        for _ in range(int(count)):
            self.until("text")

    def await_close(self) -> None:
        self.until("close")

    def await_eof(self) -> None:
        while not self.eof:
            self.pull()

    def until(self, kind: str) -> None:
        while kind not in self.frames:
            assert not self.eof, f"no {kind} came"
            self.pull()
        self.frames.remove(kind)

    def pull(self) -> None:
        try:
            read = self.socket.recv(65536)
        except OSError as error:
            say("error", text=str(error))
            read = b""
        if not read:
            self.eof = True
            say("end of stream read")
        self.data += read
        while len(self.data) >= 2 and len(self.data) >= 2 + self.data[1]:
            kind, payload = OPCODES[self.data[0] & 15], self.data[2 : 2 + self.data[1]]
            self.data = self.data[2 + len(payload) :]
            self.heard(kind, payload)

    def heard(self, kind: str, payload: bytes) -> None:
        self.frames.append(kind)
        if kind == "close":
            coded = self.version == 6 and len(payload) >= 2
            code = struct.unpack("!H", payload[:2])[0] if coded else None
            say("received_close", code=code, reason=payload[2 if coded else 0 :].decode())
        elif kind == "ping":
            say("received", frame="ping", data=payload.decode())
            self.send("pong", payload)
        else:
            say("received", frame=kind, text=payload.decode())

    def fin(self) -> None:
        self.socket.close()
        say("socket closed")

    def rst(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
        say("socket closed with SO_LINGER 0")

    def server(self, name: str) -> None:
        os.kill(int(os.environ["SERVER_PID"]), signal.Signals["SIG" + name])
        say(f"server process was sent SIG{name}")


def main(port: str, path: str, version: str, *steps: str) -> None:
    client = Client(int(port), path, int(version))
    for step in steps:
        name, _, argument = step.partition(":")
        getattr(client, name)(*([argument] if argument else []))


if __name__ == "__main__":
    main(*sys.argv[1:])
