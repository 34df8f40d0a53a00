"""A raw-socket server that misbehaves on purpose; the other end is always a real program.

Call: see end_common. Option ``on_close``: what it does on receiving a close frame: fin, rst, silent
(never answers, keeps TCP open).
Option ``upgrade``: false = reads the upgrade and never answers it.
"""

from __future__ import annotations

import base64
import hashlib
import socket

from end_common import CONFIG, close_body, linger_zero, log

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def read_head(sock: socket.socket) -> bytes:
    """The upgrade request."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(4096)
    return data


def accept(head: bytes) -> bytes:
    """The 101 for that request."""
    lines = head.split(b"\r\n")
    key = next(
        line.split(b":")[1].strip()
        for line in lines
        if line.lower().startswith(b"sec-websocket-key:")
    )
    token = base64.b64encode(hashlib.sha1(key + GUID).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n"
    )


def read_frame(sock: socket.socket) -> tuple[int, bytes] | None:
    """A short masked frame: opcode and payload; None at the end of the stream."""
    head = sock.recv(2, socket.MSG_WAITALL)
    if len(head) < 2:
        return None
    size = head[1] & 0x7F
    body = sock.recv(4 + size, socket.MSG_WAITALL)
    mask, data = body[:4], body[4:]
    return head[0] & 15, bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))


def end(sock: socket.socket, how: str) -> None:
    """Cut TCP as told."""
    log("transport", did=how)
    if how == "rst":
        linger_zero(sock)
    sock.close()


def serve(sock: socket.socket, port: int) -> None:
    """One connection."""
    head = read_head(sock)
    path = head.split(b" ")[1].decode()
    if CONFIG.get("upgrade") is False:
        log("unanswered", port=port, path=path)
        while sock.recv(4096):
            pass
        log("transport", did="the client closed TCP", port=port)
        return
    sock.sendall(accept(head))
    log("open", port=port, path=path, status=101)
    sock.sendall(b"\x81\x05hello")
    while frame := read_frame(sock):
        if frame[0] == 8:
            log("received_close", port=port, **close_body(frame[1]))
            if CONFIG["on_close"] != "silent":
                return end(sock, CONFIG["on_close"])
    log("transport", did="the client closed TCP", port=port)
    sock.close()


listener = socket.create_server((CONFIG["host"], CONFIG["port"]))
log("program", name="raw socket (Python)")
log("listening")
while True:
    connection, address = listener.accept()
    try:
        serve(connection, address[1])
    except OSError as error:
        log("transport", did=f"{type(error).__name__}: {error}")
