"""A server on eventlet.websocket: eventlet_server.py PORT. Events on stdout, one JSON line each.

It echoes texts; "please close" ends the handler (eventlet then says goodbye), "please burst" sends three texts.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import eventlet
from eventlet import websocket, wsgi


def say(event: str, **facts: object) -> None:
    now = time.time()
    at = time.strftime("%H:%M:%S", time.localtime(now)) + f".{int(now * 1000) % 1000:03d}"
    print(json.dumps({"at": at, "who": "server", "event": event, **facts}), flush=True)


def watch_close_frames(ws: Any) -> None:
    """Log the FF 00 that eventlet writes, where it writes it."""
    send_close = ws._send_closing_frame

    def logged(ignore_send_errors: bool = False) -> None:
        if ws.version == 76 and not ws.websocket_closed:
            say("sent_close", code=None, reason="")
        send_close(ignore_send_errors)

    ws._send_closing_frame = logged


@websocket.WebSocketWSGI
def handle(ws: Any) -> None:
    environ = ws.environ
    say(
        "open",
        path=environ["PATH_INFO"],
        version=ws.version,
        client_port=int(environ["REMOTE_PORT"]),
    )
    watch_close_frames(ws)
    while (text := ws.wait()) is not None:
        say("received", text=text)
        if text == "please close":
            return
        for part in ["eins", "zwei", "drei"] if text == "please burst" else [text]:
            ws.send(part)
    if ws.websocket_closed:
        say("received_close", code=None, reason="")
    say("wait() returned None", websocket_closed=ws.websocket_closed)


if __name__ == "__main__":
    port = int(sys.argv[1])
    listener = eventlet.listen(("127.0.0.1", port))
    say("listening", port=port)
    wsgi.server(listener, handle, log_output=False)
