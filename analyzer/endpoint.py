"""Addresses and ports in; out come the two ends of a connection, and the name that both share."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha1
from ipaddress import ip_address

from analyzer.quick import maker


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
    first, second = sorted(
        (ip_address(end.ip).packed, end.port.to_bytes(2, "big")) for end in (a, b)
    )
    data = b"\0\0" + first[0] + second[0] + b"\x06\0" + first[1] + second[1]
    return "1:" + b64encode(sha1(data, usedforsecurity=False).digest()).decode("ascii")
