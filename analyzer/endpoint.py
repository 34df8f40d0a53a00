"""Addresses and ports in; out come the two ends of a connection, and the name that both share."""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from analyzer.quick import maker
from analyzer.sha1 import sha1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port."""

    ip: str
    port: int

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"

    def to_dict(self) -> dict[str, str | int]:
        """Return it ready for JSON."""
        return {"ip": self.ip, "port": self.port}


_endpoint = maker(Endpoint)


@lru_cache(4096)
def endpoint(ip_version: int, high: int, low: int, port: int) -> Endpoint:
    """Return an endpoint from two halves of an address; one object for all that are equal."""
    if ip_version == 4:
        return _endpoint(f"{low >> 24}.{low >> 16 & 255}.{low >> 8 & 255}.{low & 255}", port)
    return _endpoint(str(ip_address((high << 64 | low).to_bytes(16, "big"))), port)


def community_id(a: Endpoint, b: Endpoint) -> str:
    """Return the Community ID, version 1, seed 0, of the TCP stream between two endpoints.

    Examples
    --------
    >>> community_id(Endpoint("128.232.110.120", 34855), Endpoint("66.35.250.204", 80))
    '1:LQU9qZlK+B5F3KDmev6m5PMibrg='
    """
    first, second = sorted([_in_bytes(a), _in_bytes(b)])
    data = b"\0\0" + first[0] + second[0] + b"\x06\0" + first[1] + second[1]
    digest = sha1(data, usedforsecurity=False).digest()
    return "1:" + b2a_base64(digest, newline=False).decode("ascii")


def _in_bytes(end: Endpoint) -> tuple[bytes, bytes]:
    port = end.port.to_bytes(2, "big")
    if ":" in end.ip:
        return ip_address(end.ip).packed, port
    return bytes([int(part) for part in end.ip.split(".")]), port
