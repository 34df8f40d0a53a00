"""Key logs (draft-ietf-tls-keylogfile): lines of a file that may still grow in; secrets out.

Browsers, curl, OpenSSL and Python write them where ``SSLKEYLOGFILE`` says; pcapng files carry them
in decryption secrets blocks. A line that makes no sense is passed over.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from analyzer.tls.protection import Scratch

CLIENT_RANDOM = "CLIENT_RANDOM"  # the master secret of TLS 1.2 and before
CLIENT_EARLY = "CLIENT_EARLY_TRAFFIC_SECRET"
CLIENT_HANDSHAKE = "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
SERVER_HANDSHAKE = "SERVER_HANDSHAKE_TRAFFIC_SECRET"
CLIENT_TRAFFIC = "CLIENT_TRAFFIC_SECRET_0"
SERVER_TRAFFIC = "SERVER_TRAFFIC_SECRET_0"
# Older forms: a premaster secret by the random, or by the first bytes of its RSA encryption.
PREMASTER = "PMS_CLIENT_RANDOM"

_BY_RANDOM = frozenset(
    {
        CLIENT_RANDOM,
        CLIENT_EARLY,
        CLIENT_HANDSHAKE,
        SERVER_HANDSHAKE,
        CLIENT_TRAFFIC,
        SERVER_TRAFFIC,
        PREMASTER,
    }
)
# Master and premaster secrets have 48 bytes (Diffie-Hellman: as many as the group), traffic secrets
# those of their hash.
_LENGTHS = {CLIENT_RANDOM: (48,), PREMASTER: tuple(range(1, 1025))}
_HASH_LENGTHS = (32, 48)
LONGEST_LINE = 4096
# Sessions that are remembered in case they are resumed.
MOST_SESSIONS = 100_000

Key = TypeVar("Key", bytes, str)


class KeyLog:
    """The secrets that are known.

    Parameters
    ----------
    path : Path or None
        A key log file; None for secrets that come from elsewhere (`feed`).
    growing : bool
        More may come: who misses a secret may wait for it.
    more : callable or None
        Asked whenever a secret is missing: key logs that came meanwhile, such as the contents of
        decryption secrets blocks.
    search : callable or None
        Asked once, when a secret is missing all the same: key logs that stand further on, and are
        costly to find.

    Attributes
    ----------
    growing : bool
        See above.
    version : int
        Changes whenever secrets came in.
    scratch : Scratch
        Shared by whatever opens records with these secrets.

    Raises
    ------
    OSError
        The file cannot be read. Where it is still `growing`, it need not exist yet.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        growing: bool = False,
        more: Callable[[], Iterable[bytes]] | None = None,
        search: Callable[[], Iterable[bytes]] | None = None,
    ) -> None:
        self._search = search
        self.path = path
        self.growing = growing
        self._more = more
        self.version = 0
        self.scratch = Scratch()
        self._secrets: dict[bytes, dict[str, bytes]] = {}
        self._premasters: dict[bytes, bytes] = {}
        self._masters: dict[bytes, bytes] = {}
        self._tail = b""
        self._position = 0
        self._file = (0, 0)
        if path is not None:
            try:
                self._read(path)
            except FileNotFoundError:
                if not growing:
                    raise

    def __len__(self) -> int:
        return len(self._secrets) + len(self._premasters) + len(self._masters)

    @property
    def hopeful(self) -> bool:
        """Whether a TLS stream may find its secrets here, or was expected to."""
        given = self.path is not None or self.growing or self._search is not None
        return given or len(self) > 0 or self.refresh()

    @property
    def given(self) -> bool:
        """Whether there is a key log at all."""
        return self.path is not None or len(self) > 0

    def refresh(self) -> bool:
        """Read what was written to the file since, and what else came; True if it was something."""
        before = self.version
        if self.path is not None:
            with suppress(OSError):  # gone for now: it may come again
                self._read(self.path)
        for data in self._more() if self._more is not None else ():
            self.feed(data)
        return self.version != before

    def feed(self, data: bytes) -> None:
        """Take a key log that is whole, such as that of a decryption secrets block.

        What the user's own file says counts more.
        """
        for line in data.splitlines():
            self._line(line, override=False)

    def secrets(self, client_random: bytes) -> dict[str, bytes]:
        """Return the secrets of a connection by their labels; the file is read on for it."""
        found = self._secrets.get(client_random)
        if found is None and self.refresh():
            found = self._secrets.get(client_random)
        if found is None and self._search is not None:
            search, self._search = self._search, None
            for data in search():
                self.feed(data)
            found = self._secrets.get(client_random)
        return found or {}

    def premaster(self, encrypted: bytes) -> bytes | None:
        """Return the premaster secret whose RSA encryption begins with these bytes."""
        return self._premasters.get(encrypted[:8])

    def master_of(self, session_id: bytes) -> bytes | None:
        """Return the master secret of an earlier session, by its id or ticket."""
        return self._masters.get(session_id)

    def remember(self, session_id: bytes, master: bytes) -> None:
        """Keep the master secret of a session that may be resumed, by its id or ticket."""
        if session_id not in self._masters:
            self._masters[session_id] = master
            if len(self._masters) > MOST_SESSIONS:
                del self._masters[next(iter(self._masters))]

    def _read(self, path: Path) -> None:
        found = path.stat()
        regular = stat.S_ISREG(found.st_mode)
        identity = (found.st_dev, found.st_ino)
        same = identity == self._file
        if regular and (not same or found.st_size < self._position):
            # Another file took its place, or it was emptied.
            self._position, self._tail = 0, b""
        if same and (not regular or found.st_size == self._position):
            return  # a pipe is read once: who opens it again may wait for ever
        with path.open("rb") as file:
            if regular:
                file.seek(self._position)
            data = file.read()
        self._file = identity
        self._position += len(data)
        self._take(data)

    def _take(self, data: bytes) -> None:
        lines = (self._tail + data).split(b"\n")
        # The writer may be in the middle of the last line: it is tried, and read again when whole.
        self._tail = lines[-1] if len(lines[-1]) <= LONGEST_LINE else b""
        for line in lines:
            self._line(line, override=True)

    def _line(self, line: bytes, *, override: bool) -> None:
        if len(line) > LONGEST_LINE:
            return
        words = line.split()
        if len(words) != 3:
            return
        label = words[0].decode("ascii", errors="replace")
        if label in _BY_RANDOM:
            random, secret = _hex(words[1]), _hex(words[2])
            if len(random) != 32 or len(secret) not in _LENGTHS.get(label, _HASH_LENGTHS):
                return
            self._keep(self._secrets.setdefault(random, {}), label, secret, override)
        elif label == "RSA":
            self._line_rsa(words[1], words[2], override)

    def _line_rsa(self, first: bytes, second: bytes, override: bool) -> None:
        if first.startswith(b"Session-ID:") and second.startswith(b"Master-Key:"):
            session, master = _hex(first[11:]), _hex(second[11:])
            if session and len(master) == 48:
                self._keep(self._masters, session, master, override)
            return
        encrypted, premaster = _hex(first), _hex(second)
        if len(encrypted) == 8 and len(premaster) == 48:
            self._keep(self._premasters, encrypted, premaster, override)

    def _keep(self, into: dict[Key, bytes], key: Key, secret: bytes, override: bool) -> None:
        if into.get(key) == secret or (key in into and not override):
            return
        into[key] = secret
        self.version += 1


def _hex(text: bytes) -> bytes:
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return b""
