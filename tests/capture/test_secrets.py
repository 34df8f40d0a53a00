from __future__ import annotations

import struct
from pathlib import Path

import pytest

from analyzer.capture.secrets import secrets_in
from capture_files import Order, pcap, pcapng
from told import closed

TLS = 0x544C534B


def block(kind: int, body: bytes, order: Order = "<") -> bytes:
    length = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + length + body + length


def secret(data: bytes, order: Order = "<", size: int | None = None) -> bytes:
    """A decryption secrets block (draft-ietf-opsawg-pcapng, section 4.7)."""
    head = struct.pack(f"{order}II", TLS, len(data) if size is None else size)
    return block(10, head + data + bytes(-len(data) % 4), order)


@pytest.mark.parametrize("order", ["<", ">"])
def test_secrets_are_found_wherever_they_stand(tmp_path: Path, order: Order) -> None:
    path = tmp_path / "a.pcapng"
    packets = pcapng(closed(), order=order)
    # A block that no window holds, so that what is behind it must be sought.
    large = block(0xBAD, bytes(3 << 20), order)
    path.write_bytes(packets + secret(b"one", order) + large + secret(b"second", order))
    assert list(secrets_in(path)) == [(TLS, b"one"), (TLS, b"second")]


def test_sections_may_change_their_byte_order(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    both = [pcapng(closed(), order=order) + secret(b"k", order) for order in ("<", ">")]
    path.write_bytes(b"".join(both))
    assert len(list(secrets_in(path))) == 2


@pytest.mark.parametrize(
    "tail", [b"", b"\0" * 11, b"\0" * 64, struct.pack("<II", 10, 1 << 31), secret(b"x", size=99)]
)
def test_damage_ends_the_search(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "a.pcapng"
    path.write_bytes(pcapng(closed()) + secret(b"one") + tail)
    assert list(secrets_in(path)) == [(TLS, b"one")]


def test_what_is_no_such_file_has_no_secrets(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(closed()))
    assert list(secrets_in(path)) == []
    assert list(secrets_in(tmp_path / "none")) == []
