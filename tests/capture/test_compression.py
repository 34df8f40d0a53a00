from __future__ import annotations

import bz2
import gzip
import lzma
import random
import struct
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard

from analyzer.capture.compression import LARGEST_PIECE, Expansion, compression_of

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "lz4": lz4.frame.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
NAMES = sorted(COMPRESS)
TEXT = random.Random(1).randbytes(90_000) + bytes(400_000)


def expand(name: str, chunks: list[bytes]) -> tuple[bytes, str]:
    expansion = Expansion(name)
    return b"".join(expansion.expand(iter(chunks))), expansion.problem


@pytest.mark.parametrize("name", NAMES)
def test_compression_is_told_by_the_first_bytes(name: str) -> None:
    assert compression_of(COMPRESS[name](b"x")[:6]) == name


def test_other_bytes_are_not_compressed() -> None:
    assert [compression_of(head) for head in (b"", b"\x1f", b"\x0a\x0d\x0d\x0a\0\0")] == [""] * 3


@pytest.mark.parametrize("size", [1 << 20, 1000, 7])
@pytest.mark.parametrize("name", NAMES)
def test_chunks_of_any_size_give_what_was_packed(name: str, size: int) -> None:
    text = TEXT if size > 7 else TEXT[-5000:]
    packed = COMPRESS[name](text)
    chunks = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert expand(name, chunks) == (text, "")


@pytest.mark.parametrize("name", NAMES)
def test_members_may_follow_each_other(name: str) -> None:
    packed = COMPRESS[name](TEXT) + COMPRESS[name](b"") + COMPRESS[name](b"end")
    for size in (1 << 20, 4099):
        chunks = [packed[at : at + size] for at in range(0, len(packed), size)]
        assert expand(name, chunks) == (TEXT + b"end", "")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_in_the_middle_is_read_up_to_the_cut(name: str) -> None:
    # bzip2 packs blocks of up to 900 kB and gives nothing of one that is not whole.
    text = random.Random(2).randbytes(2_000_000)
    packed = COMPRESS[name](text)
    found, problem = expand(name, [packed[: len(packed) * 3 // 4]])
    assert problem == f"the {name} data is cut short"
    assert text.startswith(found)
    assert len(found) > 800_000


@pytest.mark.parametrize("name", NAMES)
def test_damage_is_told_in_one_line_and_what_came_before_is_kept(name: str) -> None:
    text = random.Random(3).randbytes(2_000_000)
    packed = bytearray(COMPRESS[name](text))
    middle = len(packed) * 3 // 4
    packed[middle : middle + 200_000] = b"\xff" * 200_000
    found, problem = expand(name, [bytes(packed)])
    assert problem.startswith(f"the {name} data is damaged: ")
    assert "\n" not in problem
    # The check of a block comes behind it, so some of what is given may be wrong.
    assert found[:800_000] == text[:800_000]


@pytest.mark.parametrize("name", NAMES)
def test_zeros_behind_the_data_are_padding_and_other_bytes_are_told(name: str) -> None:
    packed = COMPRESS[name](b"text")
    assert expand(name, [packed + bytes(512)]) == (b"text", "")
    problem = f"what follows the {name} data is left out"
    assert expand(name, [packed + b"something else"]) == (b"text", problem)


@pytest.mark.parametrize("name", NAMES)
def test_a_bomb_unfolds_in_bounded_pieces(name: str) -> None:
    size = 200 << 20
    packed = COMPRESS[name](bytes(size))
    found = 0
    for piece in Expansion(name).expand([packed]):
        # zstd has no bound of its own: 1 KiB of it gives at most 32 MiB.
        assert len(piece) <= LARGEST_PIECE + (32 << 20)
        found += len(piece)
    assert found == size


def test_zstd_may_begin_with_a_skippable_frame() -> None:
    packed = struct.pack("<II", 0x184D2A50, 4) + b"size" + COMPRESS["zstd"](b"text")
    assert compression_of(packed[:6]) == "zstd"
    assert expand("zstd", [packed]) == (b"text", "")


@pytest.mark.parametrize("name", NAMES)
def test_a_chunk_is_unpacked_before_the_next_is_asked_for(name: str) -> None:
    asked = []

    def chunks() -> object:
        for number in range(3):
            asked.append(number)
            yield COMPRESS[name](b"text")

    pieces = Expansion(name).expand(chunks())  # type: ignore[arg-type]
    assert next(pieces) == b"text"
    assert asked == [0]
