"""Public captures with their keys: the plaintext of every stream is what tshark makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import tshark
from analyzer.capture.merge import CaptureSet
from analyzer.capture.source import open_captures
from analyzer.packet.decoder import PacketDecoder
from analyzer.stream.layer import Layer, Stack
from analyzer.stream.table import StreamTable
from analyzer.stream.tcpstream import TcpStream
from analyzer.tls.keylog import KeyLog
from analyzer.tls.layer import TlsLayer
from analyzer.tls.opening import OpeningLayer
from analyzer.tls.secure import SecureStack
from shared import CAPTURES, needs_shared
from tls.driving import Above

TLS_KEY_LOG = 0x544C534B

# What is left out, and why.
NOT_OPENED = {
    ("Lekensteyn-wireshark-notes__imap-ssl.pcapng", 0): "TLS begins inside IMAP",
    ("Lekensteyn-wireshark-notes__tls-works-dump.pcapng", 0): "an export cipher",
    ("fkie-cad-pcapFS__feature_test.pcap", 2): "a premaster secret with RFC 7627",
    ("wireshark-wireshark__tls13-20-chacha20poly1305.pcap", 0): "a draft of TLS 1.3",
    ("wireshark-wireshark__tls13-20-chacha20poly1305.pcap", 1): "a draft of TLS 1.3",
}


class Streams:
    """The TLS streams of a capture, with what stood on each."""

    def __init__(self, path: Path) -> None:
        self.log = KeyLog()
        keys = path.with_name(path.name + ".keys")
        if keys.exists():
            self.log.feed(keys.read_bytes())
        self.found: list[tuple[int, TlsLayer, Above]] = []
        self.told = 0
        table = StreamTable(self.first_layer)
        decoder = PacketDecoder()
        captures = CaptureSet(open_captures(str(path)).sources)
        fed = 0
        while captures.next():
            reader = captures.reader
            for kind, secret in getattr(reader, "secrets", [])[fed:]:
                fed += 1
                if kind == TLS_KEY_LOG:
                    self.log.feed(secret)
            if decoder.decode(
                reader.buffer,
                reader.start,
                reader.end,
                reader.original_length,
                reader.link_type,
                reader.time_ns,
                captures.number,
            ):
                table.push(decoder.segment)
        table.finish()

    def first_layer(self, stack: Stack, syn_seen: bool) -> Layer:  # noqa: ARG002
        return OpeningLayer(stack, lambda _: None, self.secure)

    def secure(self, stack: Stack) -> Layer:
        layer = TlsLayer(stack, self.log, self)
        stream = stack.stream
        assert isinstance(stream, TcpStream)
        self.found.append((stream.number, layer, Above()))
        return layer

    def inside(self, stack: SecureStack, whole: bool) -> Layer:  # noqa: ARG002
        return next(above for _, layer, above in self.found if layer is stack.below)

    def opaque(self, layer: TlsLayer) -> None:  # noqa: ARG002
        self.told += 1


def theirs(path: Path, number: int) -> set[bytes]:
    """Both directions of a stream, as ``follow,tls`` gives them."""
    keys = path.with_name(path.name + ".keys")
    options = ["-o", f"tls.keylog_file:{keys}"] if keys.exists() else []
    said = {False: b"", True: b""}
    for line in tshark.run(path, *options, "-q", "-z", f"follow,tls,raw,{number}").splitlines():
        text = line.strip()
        if text and all(letter in "0123456789abcdef" for letter in text):
            said[line.startswith("\t")] += bytes.fromhex(text)
    return set(said.values())


@tshark.needs_tshark
@needs_shared
@pytest.mark.shared
@pytest.mark.parametrize(
    "path",
    sorted(
        path for path in (CAPTURES / "tls").glob("*") if path.suffix in (".pcap", ".pcapng", ".gz")
    ),
    ids=lambda path: path.name,
)
def test_plaintext_is_what_tshark_makes_of_it(path: Path) -> None:
    streams = Streams(path)
    for number, layer, above in streams.found:
        mine = {above.text(0), above.text(1)}
        if (path.name, number) in NOT_OPENED:
            assert mine == {b""}, NOT_OPENED[path.name, number]
            continue
        assert mine == theirs(path, number)
        assert (layer.session.keys == "found") == (mine != {b""} or layer.session.client.opened > 0)
    without = [layer for _, layer, _ in streams.found if layer.session.keys != "found"]
    assert streams.told == len(without)


@needs_shared
@pytest.mark.shared
def test_early_data_of_wiresharks_capture_are_found() -> None:
    found = Streams(CAPTURES / "tls" / "wireshark-wireshark__tls13-rfc8446.pcap").found
    first, second = (layer.session.early_data for _, layer, _ in found)
    assert (first, second) == (None, "accepted")
    # README of the captures: the second request is early data.
    assert found[1][2].text(0).startswith(b"GET /early HTTP/1.1\r\n")
