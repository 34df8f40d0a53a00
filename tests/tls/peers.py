"""Real TLS peers to record from: Python's ssl in memory, openssl over a recording forwarder.

In: what the two say. Out: who sent which bytes in which order, and the key log that OpenSSL wrote.
The plaintext that a test expects is what it gave to the peers.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import socket
import ssl
import subprocess
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")

NO_ENCRYPT_THEN_MAC = 1 << 19  # SSL_OP_NO_ENCRYPT_THEN_MAC
NO_EXTENDED_MASTER_SECRET = 1 << 0  # SSL_OP_NO_EXTENDED_MASTER_SECRET

Flight = tuple[int, bytes]


class Recording(NamedTuple):
    """Who sent which bytes (0 client, 1 server), in order; and the key log."""

    flights: list[Flight]
    keys: bytes


@cache
def certificate(folder: Path, kind: str = "rsa") -> Path:
    """Make a certificate and its key, in one file."""
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if kind == "rsa":
        key = rsa.generate_private_key(65537, 2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer.example")])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{kind}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


class Peers:
    """Two contexts of Python's ssl, between which any number of connections are made in memory.

    Parameters
    ----------
    folder
        Takes certificate and key log.
    version
        The one version that is spoken.
    ciphers
        As of ``SSLContext.set_ciphers``; not for TLS 1.3.
    options
        Added to both contexts' options.
    alpn
        What both sides speak, or nothing.
    """

    def __init__(
        self,
        folder: Path,
        version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        ciphers: str = "",
        *,
        options: int = 0,
        alpn: str = "",
        kind: str = "rsa",
    ) -> None:
        self.path = folder / "keys.log"
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.client.check_hostname = False
        self.client.verify_mode = ssl.CERT_NONE
        self.server.load_cert_chain(certificate(folder, kind))
        self.client.keylog_filename = str(self.path)
        for context in (self.client, self.server):
            with _deprecated_allowed():
                context.minimum_version = version
                context.maximum_version = version
            if ciphers:
                context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
            context.options |= ssl.Options(options)
            if alpn:
                context.set_alpn_protocols([alpn])

    def connect(self, name: str = "peer.example", session: ssl.SSLSession | None = None) -> Talk:
        """Begin a connection, up to where data can be sent."""
        talk = Talk(self, name, session)
        talk.handshake()
        return talk

    @property
    def keys(self) -> bytes:
        """The key log so far."""
        return self.path.read_bytes()


class Talk:
    """One connection in memory."""

    def __init__(self, peers: Peers, name: str, session: ssl.SSLSession | None) -> None:
        self.peers = peers
        self.flights: list[Flight] = []
        self._in = [ssl.MemoryBIO(), ssl.MemoryBIO()]
        self._out = [ssl.MemoryBIO(), ssl.MemoryBIO()]
        self.ends = [
            peers.client.wrap_bio(self._in[0], self._out[0], server_hostname=name, session=session),
            peers.server.wrap_bio(self._in[1], self._out[1], server_side=True),
        ]

    def handshake(self) -> None:
        """Let both sides finish their handshake."""
        done = [False, False]
        while not all(done):
            for side, end in enumerate(self.ends):
                try:
                    end.do_handshake()
                    done[side] = True
                except ssl.SSLWantReadError:
                    pass
                self.carry(side)

    def carry(self, side: int) -> None:
        """Take what a side wants sent to the other."""
        data = self._out[side].read()
        if data:
            self.flights.append((side, data))
            self._in[1 - side].write(data)

    def say(self, side: int, data: bytes) -> Talk:
        """Send data; the other side reads them."""
        self.ends[side].write(data)
        self.carry(side)
        heard = b""
        while len(heard) < len(data):
            heard += self.ends[1 - side].read(1 << 20)
        assert heard == data
        return self

    def close(self, side: int) -> Talk:
        """Send close_notify."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.ends[side].unwrap()
        self.carry(side)
        return self

    @property
    def session(self) -> ssl.SSLSession:
        """What the connection can be resumed with."""
        session = self.ends[0].session
        assert session is not None
        return session

    @property
    def recording(self) -> Recording:
        """What was sent so far."""
        return Recording(self.flights, self.peers.keys)


@contextlib.contextmanager
def _deprecated_allowed() -> Iterator[None]:
    """Old versions are asked for on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


class OpenSsl:
    """``openssl s_server`` that reverses lines, and ``s_client``s that talk to it, recorded.

    Parameters
    ----------
    folder
        Takes certificate, key log and sessions.
    server
        Further options of ``s_server``.
    """

    def __init__(self, folder: Path, *server: str) -> None:
        self.folder = folder
        self.path = folder / "client.log"
        self.port = _free_port()
        command = [
            "s_server",
            "-accept",
            f"127.0.0.1:{self.port}",
            "-cert",
            str(certificate(folder)),
        ]
        self.server = _openssl(*command, *server)
        _wait_for(lambda: _answers(self.port))

    def talk(self, *client: str, lines: list[str] | None = None) -> Recording:
        """Run ``s_client`` with further options; it sends lines (commands ``K``, ``R``, ``Q``)."""
        flights: list[Flight] = []
        forwarder = _Forwarder(self.port, flights)
        run = _openssl(
            "s_client",
            "-connect",
            f"127.0.0.1:{forwarder.port}",
            "-keylogfile",
            str(self.path),
            *client,
        )
        assert run.stdin is not None
        for line in lines or []:
            # One line at a time, or s_client takes a command for data.
            if line != "Q":
                _wait_for(lambda: len(flights) >= 3)
            before = len(flights)
            run.stdin.write(line.encode() + b"\n")
            run.stdin.flush()
            if line != "Q":
                _wait_for(lambda before=before: len(flights) > before)  # type: ignore[misc]
                time.sleep(0.1)
        run.stdin.close()
        run.wait(timeout=10)
        forwarder.join()
        return Recording(flights, self.path.read_bytes())

    def stop(self) -> None:
        """End the server."""
        self.server.terminate()
        if self.server.stdin is not None:
            self.server.stdin.close()
        self.server.wait(timeout=10)


def _openssl(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(OPENSSL), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class _Forwarder:
    """Passes bytes on between one client and the server, and writes down who sent what."""

    def __init__(self, target: int, flights: list[Flight]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._flights = flights
        self._target = target
        self._threads = [threading.Thread(target=self._run, daemon=True)]
        self._threads[0].start()

    def _run(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self._target))
        back = threading.Thread(target=self._pass_on, args=(1, server, client), daemon=True)
        back.start()
        self._pass_on(0, client, server)
        back.join()
        client.close()
        server.close()
        self._listener.close()

    def _pass_on(self, side: int, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self._flights.append((side, data))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def join(self) -> None:
        self._threads[0].join(timeout=10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("the peers did not talk to each other")
