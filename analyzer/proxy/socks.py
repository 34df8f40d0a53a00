"""SOCKS in front of what it carries: version 4, 4A, and 5 with user names (RFC 1928, RFC 1929).

Version 4 and 4A have no RFC; they are described by the memos of their makers, "SOCKS: A protocol
for TCP proxy across firewalls" and "SOCKS 4A: A Simple Extension to SOCKS 4 Protocol".
"""

from __future__ import annotations

from ipaddress import ip_address

from analyzer.proxy.hop import Hop
from analyzer.proxy.preamble import FOREIGN, MORE, PreambleLayer

CONNECT = 1
NO_AUTHENTICATION = 0
USER_AND_PASSWORD = 2
GRANTED = 90  # the answer of version 4
SUCCEEDED = 0  # that of version 5
# A name longer than this is none; neither is a user of version 4 whose end does not come.
LONGEST_TEXT = 255


class SocksLayer(PreambleLayer):
    """Reads what the client asks of a SOCKS server, and its answers."""

    _state = "greeting"
    _kind = "socks5"
    _target = ""
    _asked = (0, 0)

    def read(self, data: bytes) -> int:
        """Read the message that comes next."""
        if not data:
            return MORE
        length: int = getattr(self, f"_{self._state}")(data)
        return length

    def _expect(self, state: str, side: int, length: int) -> int:
        self._state, self.asks = state, side
        return length

    def _greeting(self, data: bytes) -> int:
        """Read the client's first message: methods of version 5, or a request of version 4."""
        if data[0] == 4:
            return self._old_request(data)
        if len(data) < 2:
            return MORE
        length = 2 + data[1]
        if data[1] == 0:
            return FOREIGN
        return self._expect("method", 1, length) if len(data) >= length else MORE

    def _method(self, data: bytes) -> int:
        """Read which method the server chose (RFC 1928, section 3)."""
        if len(data) < 2:
            return MORE if data[0] == 5 else FOREIGN
        if data[0] != 5 or data[1] not in (NO_AUTHENTICATION, USER_AND_PASSWORD):
            return FOREIGN  # refused, or GSSAPI, which may wrap all that follows
        return self._expect("login" if data[1] else "request", 0, 2)

    def _login(self, data: bytes) -> int:
        """Read past user and password, which nobody needs to see (RFC 1929, section 2)."""
        if data[0] != 1:
            return FOREIGN
        password = 2 + data[1] if len(data) > 1 else len(data)
        if len(data) <= password or len(data) < password + 1 + data[password]:
            return MORE
        return self._expect("login_answer", 1, password + 1 + data[password])

    def _login_answer(self, data: bytes) -> int:
        """Read whether the server believes the client: 0 says so."""
        if len(data) < 2:
            return MORE
        return self._expect("request", 0, 2) if data[0] <= 5 and data[1] == 0 else FOREIGN

    def _request(self, data: bytes) -> int:
        """Read where the client wants to go (RFC 1928, section 4)."""
        if data[0] != 5 or (len(data) > 1 and data[1] != CONNECT):
            return FOREIGN
        length = _address_end(data)
        if length <= 0 or len(data) < length:
            return min(length, MORE)
        self._ask("socks5", _address(data, length))
        return self._expect("answer", 1, length)

    def _answer(self, data: bytes) -> int:
        """Read whether version 5 grants it (RFC 1928, section 6)."""
        if data[0] != 5 or (len(data) > 1 and data[1] != SUCCEEDED):
            return FOREIGN
        length = _address_end(data)
        if length <= 0 or len(data) < length:
            return min(length, MORE)
        self._granted(SUCCEEDED)
        return length

    def _old_request(self, data: bytes) -> int:
        """Read a whole request of version 4 or 4A: address, user, and with 4A a name."""
        if len(data) > 1 and data[1] != CONNECT:
            return FOREIGN
        user = data.find(b"\0", 8)
        if user < 0:
            return FOREIGN if len(data) > 8 + LONGEST_TEXT else MORE
        # An address that nobody has, 0.0.0.x, announces a name behind the user.
        named = data[4:7] == bytes(3) and data[7] != 0
        end = data.find(b"\0", user + 1) if named else user
        if end < 0:
            return FOREIGN if len(data) > user + 1 + LONGEST_TEXT else MORE
        host = data[user + 1 : end].decode("latin-1") if named else str(ip_address(data[4:8]))
        self._ask("socks4a" if named else "socks4", f"{host}:{data[2] << 8 | data[3]}")
        return self._expect("old_answer", 1, end + 1)

    def _old_answer(self, data: bytes) -> int:
        """Read whether version 4 grants it."""
        if data[0] != 0 or (len(data) > 1 and data[1] != GRANTED):
            return FOREIGN
        if len(data) < 8:
            return MORE
        self._granted(GRANTED)
        return 8

    def _ask(self, kind: str, target: str) -> None:
        self._kind, self._target, self._asked = kind, target, (self.at, self.packet)

    def _granted(self, status: int) -> None:
        asked_at, packet = self._asked
        self.hop = Hop(
            self._kind,
            self._target,
            status,
            asked_at=asked_at,
            answered_at=self.at,
            packet=packet,
        )


def _address_end(data: bytes) -> int:
    """Return the length of a message whose address begins at 3; as `PreambleLayer.read`."""
    if len(data) < 5:
        return MORE
    if data[2] != 0:
        return FOREIGN
    # IPv4, a name with its length, IPv6 (RFC 1928, section 5).
    return {1: 10, 3: 7 + data[4], 4: 22}.get(data[3], FOREIGN)


def _address(data: bytes, length: int) -> str:
    """Return address and port of a whole message, as a URL would have them."""
    port = int.from_bytes(data[length - 2 : length], "big")
    if data[3] == 3:
        return f"{data[5 : length - 2].decode('latin-1')}:{port}"
    host = ip_address(data[4 : length - 2])
    return f"[{host}]:{port}" if host.version == 6 else f"{host}:{port}"
