"""Where a record of a large pcap file begins: bytes from anywhere in, an offset out.

Nothing marks a record, and a payload may hold what looks like records, even a whole capture. So
every offset of a window that is longer than any record is tried: one of them begins a record. From
each that is plausible, records are followed for megabytes, by the lengths that they claim. What was
no beginning soon leads to something that no record looks like, or runs into the true records and
stays among them. Where all that are left have come together, there is a cut; where not, there is
none. Whoever reads the piece before a cut must find that a record ends there: that is the proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Literal

from analyzer.capture.pcap import FILE_HEADER, byte_order

if TYPE_CHECKING:
    import numpy as np

Order = Literal["little", "big"]

RECORD_HEADER = 16
LONGEST_PACKET = 262_144  # what `PcapReader` accepts
LONGEST = RECORD_HEADER + LONGEST_PACKET
FOLLOWED = 4 * 1024 * 1024
TRIES = 3
A_YEAR_S = 366 * 86_400
FRACTIONS = 1_000_000_000  # of a second, in the finer of the two forms


def can_cut(head: bytes) -> Order | None:
    """Return the byte order of a file whose records can be found, by its header; else None.

    Others than version 2.4 of the common form are left whole: some exchange two lengths.
    """
    found = byte_order(head[:4])
    order: Order = "big" if found == "big" else "little"
    if len(head) < FILE_HEADER or not found:
        return None
    magic = int.from_bytes(head[:4], order)
    version = int.from_bytes(head[4:6], order), int.from_bytes(head[6:8], order)
    return order if magic in {0xA1B2C3D4, 0xA1B23C4D} and version == (2, 4) else None


def cuts(file: BinaryIO, size: int, piece: int, followed: int = FOLLOWED) -> list[int]:
    """Return offsets at which records begin, each about `piece` bytes behind the last.

    Parameters
    ----------
    file : binary file
        A pcap file that can be positioned.
    size : int
        Of the file, bytes.
    piece : int
        Bytes that a piece should have.
    followed : int
        How far records are followed, bytes.
    """
    file.seek(0)
    head = file.read(FILE_HEADER + RECORD_HEADER)
    order = can_cut(head)
    found: list[int] = []
    if order is None or len(head) < FILE_HEADER + RECORD_HEADER:
        return found
    about_s = int.from_bytes(head[FILE_HEADER : FILE_HEADER + 4], order)
    at = FILE_HEADER + piece
    while at + piece // 2 < size:
        offset = _find(file, at, order, about_s, followed)
        if offset is not None and offset < size:
            found.append(offset)
        at = (offset or at) + piece
    return found


def _find(file: BinaryIO, at: int, order: Order, about_s: int, followed: int) -> int | None:
    for _ in range(TRIES):
        file.seek(at)
        window = file.read(followed + 2 * LONGEST)
        if len(window) < followed + LONGEST:
            return None  # the end is near: not worth a cut
        offset = record_in(window, order, about_s, followed)
        if offset is not None:
            return at + offset
        at += followed
    return None


def record_in(window: bytes, order: Order, about_s: int, followed: int = FOLLOWED) -> int | None:
    """Return where a record begins in bytes from the middle of a file.

    Parameters
    ----------
    window : bytes
        More than `followed` and the longest record.
    order : str
        ``little`` or ``big``.
    about_s : int
        The time of some record, seconds since the epoch: others are within a year of it.
    followed : int
        How far records are followed, bytes.

    Returns
    -------
    int or None
        The first record behind `followed`; None where what might be one has not come together.
    """
    import numpy as np  # noqa: PLC0415 - a cluster has it

    jump = _next_records(window, order, about_s, followed)
    ahead = np.arange(min(LONGEST, followed), dtype=np.int64)
    # Twice as far with every round: 2**22 records of 16 bytes are more than there are.
    for _ in range(22):
        ahead = jump[ahead]
        jump = jump[jump]
    reached = np.unique(ahead[ahead < len(jump) - 1])
    return int(reached[0]) if len(reached) == 1 else None


def _next_records(window: bytes, order: Order, about_s: int, followed: int) -> np.ndarray:
    """Return for every offset where the record after one that begins there would begin.

    Offsets behind `followed` lead to themselves, impossible records to the last place of all.
    """
    import numpy as np  # noqa: PLC0415 - a cluster has it

    places = min(len(window) - RECORD_HEADER, followed + LONGEST)
    words = np.empty(places + 12, dtype=np.int64)  # the number that stands at each offset
    for shift in range(4):
        number = np.dtype("<u4" if order == "little" else ">u4")
        some = len(range(shift, places + 12, 4))
        words[shift::4] = np.frombuffer(window, number, some, offset=shift)
    seconds, fraction = words[:places], words[4 : places + 4]
    captured, original = words[8 : places + 8], words[12 : places + 12]
    plausible = (
        (abs(seconds - about_s) < A_YEAR_S)
        & (fraction < FRACTIONS)
        & (captured <= LONGEST_PACKET)
        & (captured <= original)
    )
    offsets = np.arange(places, dtype=np.int64)
    following = np.where(plausible, np.minimum(offsets + RECORD_HEADER + captured, places), places)
    following[followed:] = offsets[followed:]
    return np.append(following, places)
