"""A proxy that reads WebSocket and writes its own: another key, and no Close to the client.

Call: ``cutting_proxy.py HOST PORT BACKEND_PORT``. Messages are passed on both ways; when the server
closes, the client's TCP is closed without a close frame. Logs a line for each thing it does.
"""

from __future__ import annotations

import asyncio
import sys
import time

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

HOST, PORT, BACKEND = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def log(text: str) -> None:
    now = time.time()
    print(
        f"proxy {time.strftime('%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03d} {text}",
        flush=True,
    )


async def pump(source: Connection, target: Connection) -> None:
    async for message in source:
        await target.send(message)


async def handle(client: ServerConnection) -> None:
    path = client.request.path if client.request else "/"
    options = {"compression": None, "ping_interval": None, "proxy": None}
    async with connect(f"ws://127.0.0.1:{BACKEND}{path}", **options) as backend:
        log(f"open client_port={client.remote_address[1]} backend_port={backend.local_address[1]}")
        up = asyncio.create_task(pump(client, backend))
        try:
            await pump(backend, client)
        except ConnectionClosed:
            pass
        close = backend.protocol.close_rcvd
        log(f"backend closed code={close.code if close else None}")
        client.transport.close()
        log("closed the client's TCP without a close frame")
        up.cancel()


async def main() -> None:
    async with serve(handle, HOST, PORT, compression=None, ping_interval=None):
        log("listening")
        await asyncio.Future()


asyncio.run(main())
