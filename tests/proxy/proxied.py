"""What proxies and their clients say before the real conversation. In: a kind. Out: what each said.

Written from RFC 1928, RFC 1929, the memos on SOCKS 4 and 4A, RFC 9110 and haproxy's specification of
the PROXY protocol.
"""

from __future__ import annotations

import struct

Said = list[tuple[int, bytes]]

NAME = b"example.com"
PORT = struct.pack(">H", 443)
SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")
CLIENT = (bytes([203, 0, 113, 9]), 56324)
PROXY = (bytes([10, 0, 0, 2]), 443)


def version_2(command: int, family: int, body: bytes) -> bytes:
    """Give a header of the PROXY protocol, version 2 (section 2.2)."""
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack(">H", len(body)) + body


def over_ipv4() -> bytes:
    """Give the addresses of version 2, with a TLV behind them: type 4 is to be ignored."""
    ports = struct.pack(">HH", CLIENT[1], PROXY[1])
    return CLIENT[0] + PROXY[0] + ports + b"\x04\x00\x03abc"


SOCKS5_ANSWER = b"\x05\x00\x00\x01\x0a\x00\x00\x07\x9c\x40"
REQUEST = b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n"
AGAIN = REQUEST + b"Proxy-Authorization: Basic dTpw\r\n\r\n"
NEEDED = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nno\n"
GRANTED = b"HTTP/1.1 200 Connection established\r\n\r\n"

# Kind of the hop, how it reads, and what was said.
FRONTS: dict[str, tuple[str, Said]] = {
    "connect": ("connect example.com:443", [(0, REQUEST + b"\r\n"), (1, GRANTED)]),
    "connect, second attempt": (
        "connect example.com:443",
        [(0, REQUEST + b"\r\n"), (1, NEEDED), (0, AGAIN), (1, GRANTED)],
    ),
    "socks4": (
        "socks4 192.0.2.7:443",
        [(0, b"\x04\x01\x01\xbb\xc0\x00\x02\x07user\x00"), (1, b"\x00\x5a" + bytes(6))],
    ),
    "socks4a": (
        "socks4a example.com:443",
        [(0, b"\x04\x01\x01\xbb\0\0\0\x01\x00example.com\x00"), (1, b"\x00\x5a\x01\xbb\1\2\3\4")],
    ),
    "socks5, by name": (
        "socks5 example.com:443",
        [
            (0, b"\x05\x01\x00"),
            (1, b"\x05\x00"),
            (0, b"\x05\x01\x00\x03\x0b" + NAME + PORT),
            (1, SOCKS5_ANSWER),
        ],
    ),
    "socks5, with a password": (
        "socks5 192.0.2.7:443",
        [
            (0, b"\x05\x02\x00\x02"),
            (1, b"\x05\x02"),
            (0, b"\x01\x04user\x06secret"),
            (1, b"\x01\x00"),
            (0, b"\x05\x01\x00\x01\xc0\x00\x02\x07" + PORT),
            (1, b"\x05\x00\x00\x04" + bytes(18)),
        ],
    ),
    "socks5, by IPv6": (
        "socks5 [2001:db8::7]:443",
        [
            (0, b"\x05\x01\x00"),
            (1, b"\x05\x00"),
            (0, b"\x05\x01\x00\x04" + bytes.fromhex("20010db8" + "00" * 11 + "07") + PORT),
            (1, b"\x05\x00\x00\x03\x04host\x01\x02"),
        ],
    ),
    "proxy-v1": (
        "proxy-v1 203.0.113.9:56324 → 10.0.0.2:443",
        [(0, b"PROXY TCP4 203.0.113.9 10.0.0.2 56324 443\r\n")],
    ),
    "proxy-v1, IPv6": (
        "proxy-v1 [2001:db8::9]:56324 → [2001:db8::2]:443",
        [(0, b"PROXY TCP6 2001:db8::9 2001:db8::2 56324 443\r\n")],
    ),
    "proxy-v1, unknown": ("proxy-v1", [(0, b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n")]),
    "proxy-v2": (
        "proxy-v2 203.0.113.9:56324 → 10.0.0.2:443",
        [(0, version_2(1, 0x11, over_ipv4()))],
    ),
    "proxy-v2, IPv6": (
        "proxy-v2 [::9]:1 → [::2]:2",
        [(0, version_2(1, 0x21, bytes(15) + b"\x09" + bytes(15) + b"\x02" + b"\0\1\0\2"))],
    ),
    "proxy-v2, local": ("proxy-v2", [(0, version_2(0, 0x00, b""))]),
    "proxy-v2, of a socket in the file system": (
        "proxy-v2",
        [(0, version_2(1, 0x31, bytes(216)))],
    ),
}
