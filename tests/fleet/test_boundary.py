"""Records are found from anywhere in a file, or not at all."""

from __future__ import annotations

import io
import itertools
import struct
from random import Random

import pytest

from analyzer.fleet.boundary import LONGEST, can_cut, cuts, record_in

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
FOLLOWED = 1 << 20
ABOUT_S = 1_700_000_000


def record(payload: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "IIII", 1_700_000_000, 7, len(payload), len(payload)) + payload


def records(payloads: list[bytes], order: str = "<") -> tuple[bytes, set[int]]:
    """Give records one behind the other, and where each begins."""
    data, begins = bytearray(), set()
    for payload in payloads:
        begins.add(len(data))
        data += record(payload, order)
    return bytes(data), begins


def some(kind: str, random: Random) -> bytes:
    """Make a payload that is hard in one way or another."""
    size = random.randrange(40, 1500)
    if kind == "zeros":
        return bytes(size)
    if kind == "a capture inside":
        return records([random.randbytes(60) for _ in range(size // 76)])[0]
    if kind == "numbers":
        return struct.pack("<I", random.randrange(1, 90)) * (size // 4)
    return random.randbytes(size)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["noise", "zeros", "a capture inside", "numbers"])
def test_what_is_found_begins_a_record(kind: str, order: str) -> None:
    random = Random(kind)
    data, begins = records([some(kind, random) for _ in range(3000)], order)
    found = 0
    for _ in range(3):
        at = random.randrange(0, 100_000)
        offset = record_in(
            data[at : at + FOLLOWED + 2 * LONGEST],
            "little" if order == "<" else "big",
            ABOUT_S,
            FOLLOWED,
        )
        if offset is not None:
            assert at + offset in begins
            assert offset >= FOLLOWED
            found += 1
    # What is found must be right; with payload of which none looks like records it is found, too.
    assert found == 3 or kind != "noise"


def test_a_payload_that_leads_to_a_true_record_changes_nothing() -> None:
    """False records that end where true ones begin come together with them."""
    random = Random(3)
    payloads = []
    for _ in range(3000):
        before = random.randbytes(random.randrange(100))
        rest = random.randbytes(random.randrange(100))
        payloads.append(before + record(rest))
    data, begins = records(payloads)
    offset = record_in(data, "little", ABOUT_S, 200_000)
    assert offset in begins


def test_two_chains_that_never_meet_are_no_cut() -> None:
    """One record so long that what is inside it goes on as far as is followed."""
    inside, _ = records([bytes([7]) * 60 for _ in range(1200)])
    data, _ = records([inside[:90_000] for _ in range(10)])
    # Followed no further than to the middle of a record: those inside it are as good as it.
    assert record_in(data[:400_000], "little", ABOUT_S, 45_000) is None


def test_only_the_common_form_is_cut() -> None:
    assert can_cut(HEADER) == "little"
    assert can_cut(struct.pack(">IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)) == "big"
    assert can_cut(struct.pack("<IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 262_144, 1)) is None  # modified
    assert can_cut(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 3, 0, 0, 262_144, 1)) is None
    assert can_cut(b"\x0a\x0d\x0d\x0a" + bytes(20)) is None
    assert can_cut(HEADER[:10]) is None


def test_a_large_file_is_cut_into_pieces_of_about_the_size() -> None:
    random = Random(5)
    data, begins = records([random.randbytes(random.randrange(40, 1500)) for _ in range(12_000)])
    file = io.BytesIO(HEADER + data)
    size = len(HEADER) + len(data)
    found = cuts(file, size, 2_000_000, FOLLOWED)
    assert {offset - len(HEADER) for offset in found} <= begins
    edges = [0, *found, size]
    lengths = [after - before for before, after in itertools.pairwise(edges)]
    assert len(lengths) >= 2
    assert max(lengths) < 2 * (2_000_000 + FOLLOWED)


def test_small_files_and_others_have_no_cuts() -> None:
    assert cuts(io.BytesIO(HEADER), 24, 1000) == []
    assert cuts(io.BytesIO(b"no capture"), 10, 1000) == []
