"""What stands behind lighttpd's mod_wstunnel: a TCP server that echoes, and hangs up when asked to "please close".

line_backend.py PORT
"""

from __future__ import annotations

import socket
import sys


def serve(connection: socket.socket) -> None:
    while data := connection.recv(4096):
        if b"please close" in data:
            break
        connection.sendall(data)
    connection.close()


def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            serve(listener.accept()[0])


if __name__ == "__main__":
    main(int(sys.argv[1]))
