"""What the Python end programs share: the log (a JSON line per event) and the steps of a plan.

An end program is called as ``end_X.py server|client JSON``; the JSON holds ``host``, ``port``,
``path``, ``plan`` (a list of steps, played once the WebSocket is open) and options of that program.
With ``tls`` it speaks TLS: ``certificate``, ``version`` (``TLSv1.2``, ``TLSv1.3``) and ``ciphers`` of
a server, ``keylog`` of a client (a file).
It logs on its standard output, also what its library sends and receives as close frames, at the
moment it does.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import sys
from datetime import datetime
from typing import Any, Protocol

ROLE = sys.argv[1]
CONFIG: dict[str, Any] = json.loads(sys.argv[2])
LATE = "81046c617465"  # an unmasked text frame "late"


def log(event: str, **fields: Any) -> None:
    """Write one event, with its time, for the recording script."""
    at = datetime.now().strftime("%H:%M:%S.%f")[:-3]
    print(json.dumps({"at": at, "event": event, **fields}, ensure_ascii=False), flush=True)


def close_body(data: bytes) -> dict[str, Any]:
    """Code and reason in the body of a close frame."""
    if len(data) < 2:
        return {"code": None, "reason": ""}
    return {"code": int.from_bytes(data[:2], "big"), "reason": data[2:].decode(errors="replace")}


def linger_zero(sock: Any) -> None:
    """Make the coming close of `sock` an RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def text_of(size: int) -> str:
    """A text of `size` characters that compresses, but not to nothing."""
    return "".join(f"{index * 7919 % 100003:06d}," for index in range(size // 7 + 1))[:size]


async def gate() -> None:
    """Wait until the recording script writes a line."""
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


def tls_context() -> ssl.SSLContext | None:
    """What this side speaks TLS with; None where it does not."""
    wanted = CONFIG.get("tls")
    if wanted is None:
        return None
    if ROLE == "client":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # nobody has signed the server's
        context.keylog_filename = wanted["keylog"]
        return context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(wanted["certificate"])
    version = ssl.TLSVersion[wanted["version"].replace(".", "_")]
    context.minimum_version = context.maximum_version = version
    if wanted.get("ciphers"):
        context.set_ciphers(wanted["ciphers"])
    return context


class End(Protocol):
    """What a plan can ask of a library."""

    async def send(self, data: str | bytes) -> None: ...
    async def fragments(self, parts: list[str]) -> None: ...
    async def ping(self) -> None: ...
    async def close(self, code: int | None, reason: str) -> None: ...
    def transport(self) -> asyncio.Transport: ...


async def step(end: End, name: str, args: list[Any]) -> None:
    """Do one step of a plan."""
    match name:
        case "send":
            await end.send(args[0])
        case "binary":
            await end.send(text_of(args[0]).encode())
        case "size":
            await end.send(text_of(args[0]))
        case "stream":  # count, size, seconds between
            for _ in range(args[0]):
                await end.send(text_of(args[1]))
                await asyncio.sleep(args[2])
        case "fragments":
            await end.fragments(args[0])
        case "ping":
            await end.ping()
        case "wait":
            await asyncio.sleep(args[0])
        case "gate":
            await gate()
        case "close":
            await end.close(args[0] if args else None, args[1] if len(args) > 1 else "")
        case "close_then_raw":  # the frame goes out behind the library's back
            closing = asyncio.create_task(end.close(args[0], ""))
            await asyncio.sleep(0)
            end.transport().write(bytes.fromhex(LATE))
            log("raw", hex=LATE)
            await closing
        case "linger":
            linger_zero(end.transport().get_extra_info("socket"))
        case "fin":
            log("transport", did="close")
            end.transport().close()
        case "abort":
            log("transport", did="abort with SO_LINGER 0")
            linger_zero(end.transport().get_extra_info("socket"))
            end.transport().abort()
        case "exit":
            log("exit")
            import os

            os._exit(0)
        case _:
            raise ValueError(name)


async def play(end: End, plan: list[list[Any]]) -> None:
    """Play `plan`; an error of the library ends it and is logged."""
    try:
        for name, *args in plan:
            await step(end, name, args)
    except asyncio.CancelledError:
        raise
    except Exception as error:
        log("plan_ended", error=f"{type(error).__name__}: {error}")
