"""The bytes of a piece."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.capture.merge import CaptureSet
from analyzer.errors import CaptureError
from analyzer.fleet.piece import Piece, PieceFile
from capture_files import pcap
from told import closed


def packets_of(piece: Piece) -> int:
    captures = CaptureSet(piece.sources())
    while captures.next():
        pass
    assert [one.problem for one in captures.records] == [""] * len(captures.records)
    return int(captures.number)


def test_a_whole_file_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(closed()))
    file = PieceFile(str(path), Piece("a", (str(path),)))
    assert file.readable()
    assert b"".join(iter(lambda: file.read(100), b"")) == path.read_bytes()
    assert file.closed


def test_pieces_of_a_file_have_all_its_packets(tmp_path: Path) -> None:
    packets = closed()
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(packets))
    paths = (str(path),)
    cut = 24 + sum(16 + len(packet.data) for packet in packets[:5])
    assert packets_of(Piece("a", paths, b"", 0, cut)) == 5
    assert packets_of(Piece("a", paths, path.read_bytes()[:24], cut)) == len(packets) - 5
    assert packets_of(Piece("a", paths)) == len(packets)


def test_a_piece_has_the_name_of_its_file_and_no_size(tmp_path: Path) -> None:
    (source,) = Piece("a", (str(tmp_path / "a.pcap"),)).sources()
    assert source.path == str(tmp_path / "a.pcap")
    assert source.size is None
    assert not source.can_reopen


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    (source,) = Piece("a", (str(tmp_path / "gone.pcap"),)).sources()
    with pytest.raises(CaptureError, match="No such file"):
        source.identify()
