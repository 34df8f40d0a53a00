"""IP reassembly (RFC 791, section 3.2; RFC 8200, section 4.5): fragments in, datagrams out.

Whatever does not come together within `MAX_AGE_NS`, or does not fit, is dropped and told; a hole is
never filled. A fragment that the snap length has cut leaves a hole as well.
"""

from __future__ import annotations

from bisect import bisect_right

from analyzer.packet.anomalies import AnomalyLog
from analyzer.packet.cursor import Cursor
from analyzer.packet.segment import Segment

MAX_AGE_NS = 30_000_000_000  # Linux keeps fragments as long (net.ipv4.ipfrag_time)
MAX_DATAGRAMS = 1024
MAX_BYTES = 16 * 1024 * 1024
LONGEST = 65_535  # bytes behind the IP header
PIECE_COST = 128  # memory of one piece besides its bytes, about

# Network, version, both addresses, identification, and on IPv4 the protocol.
Key = tuple[int, int, int, int, int, int, int, int]


class Datagram:
    """One datagram that is being put together; pieces are in order and do not overlap."""

    def __init__(self, cursor: Cursor) -> None:
        self.offsets: list[int] = []
        self.pieces: list[bytes] = []
        self.total = -1  # known from the last fragment
        self.held = 0
        self.cost = 0
        self.protocol = cursor.fragment_protocol
        self.since_ns = cursor.time_ns
        self.packet = cursor.packet

    def end(self) -> int:
        """Offset behind the last piece."""
        return self.offsets[-1] + len(self.pieces[-1]) if self.pieces else 0

    def add(self, offset: int, data: bytes) -> str:
        """Put a piece where nothing is yet; tell how it overlaps, empty when it does not."""
        overlap = ""
        position = bisect_right(self.offsets, offset)
        if position and data:
            before = self.pieces[position - 1]
            shift = offset - self.offsets[position - 1]
            if shift < len(before):
                common = before[shift : shift + len(data)]
                overlap = self._compare(common, data)
                if len(common) == len(data) == len(before) and not overlap:
                    return ""  # captured twice
                overlap = overlap or "same bytes"
                offset, data = offset + len(common), data[len(common) :]
        while data:
            following = self.offsets[position] if position < len(self.offsets) else LONGEST + 1
            free = data[: max(0, following - offset)]
            if free:
                self._insert(position, offset, free)
                position += 1
            offset, data = offset + len(free), data[len(free) :]
            if data:
                common = self.pieces[position][: len(data)]
                overlap = self._compare(common, data) or overlap or "same bytes"
                offset, data = offset + len(common), data[len(common) :]
                position += 1
        return overlap

    def _insert(self, position: int, offset: int, data: bytes) -> None:
        self.offsets.insert(position, offset)
        self.pieces.insert(position, data)
        self.held += len(data)
        self.cost += len(data) + PIECE_COST

    @staticmethod
    def _compare(common: bytes, data: bytes) -> str:
        return "" if data.startswith(common) else "different bytes; the first captured count"


class FragmentTable:
    """All datagrams that are being put together.

    Parameters
    ----------
    log : AnomalyLog
        Takes ``ip_fragment_overlap``, ``ip_fragment_missing`` and ``ip_fragment_malformed``.
    """

    def __init__(self, log: AnomalyLog) -> None:
        self._log = log
        self._datagrams: dict[Key, Datagram] = {}  # the oldest first
        self._cost = 0

    def add(self, cursor: Cursor, segment: Segment, buffer: bytes, *, start_new: bool) -> bytes:
        """Take a fragment.

        Parameters
        ----------
        cursor : Cursor
            At the data of a fragment; when a datagram is complete, its `fragment_protocol` becomes
            that of the datagram's first fragment.
        segment : Segment
            Has the addresses.
        buffer : bytes
            Holds the packet.
        start_new : bool
            Whether the fragment may be the first one seen of its datagram.

        Returns
        -------
        bytes
            The datagram that the fragment completes; empty when it completes none.
        """
        self._drop_old(cursor.time_ns)
        key = _key(cursor, segment)
        datagram = self._datagrams.get(key)
        if datagram is None:
            if not start_new:
                return b""
            datagram = self._datagrams[key] = Datagram(cursor)
        cost = datagram.cost
        complete = self._put(datagram, cursor, buffer)
        self._cost += datagram.cost - cost
        if not complete:
            self._keep_bounds()
            return b""
        del self._datagrams[key]
        self._cost -= datagram.cost
        cursor.fragment_protocol = datagram.protocol
        return b"".join(datagram.pieces)

    def finish(self) -> None:
        """Report what is still incomplete: there is no more to come."""
        while self._datagrams:
            self._drop(next(iter(self._datagrams)), "the capture ended")

    def _put(self, datagram: Datagram, cursor: Cursor, buffer: bytes) -> bool:
        """Add the cursor's fragment; tell whether the datagram is complete."""
        offset = cursor.fragment_offset
        end = offset + cursor.wire_end - cursor.start
        known = datagram.total if datagram.total >= 0 else LONGEST
        uneven = cursor.fragment_more and (end - offset) % 8 != 0
        shrinks = not cursor.fragment_more and end < datagram.end()
        if uneven or shrinks or end == offset or end > known:
            self._tell(cursor, "ip_fragment_malformed", f"offset {offset}, {end - offset} bytes")
            return False
        if not cursor.fragment_more:
            datagram.total = end
        if offset == 0:
            datagram.protocol = cursor.fragment_protocol
        overlap = datagram.add(offset, buffer[cursor.start : cursor.end])
        if overlap:
            self._tell(cursor, "ip_fragment_overlap", f"offset {offset}: {overlap}")
        return datagram.held == datagram.total

    def _tell(self, cursor: Cursor, name: str, detail: str) -> None:
        self._log.add(name, cursor.time_ns, cursor.packet, detail)

    def _drop_old(self, now_ns: int) -> None:
        while self._datagrams:
            key = next(iter(self._datagrams))
            if now_ns - self._datagrams[key].since_ns <= MAX_AGE_NS:
                return
            self._drop(key, "30 s have passed")

    def _keep_bounds(self) -> None:
        while len(self._datagrams) > MAX_DATAGRAMS or self._cost > MAX_BYTES:
            self._drop(next(iter(self._datagrams)), "too many fragments at once")

    def _drop(self, key: Key, reason: str) -> None:
        datagram = self._datagrams.pop(key)
        self._cost -= datagram.cost
        total = datagram.total if datagram.total >= 0 else "an unknown number of"
        detail = f"{datagram.held} of {total} bytes were there when {reason}"
        self._log.add("ip_fragment_missing", datagram.since_ns, datagram.packet, detail)


def _key(cursor: Cursor, segment: Segment) -> Key:
    return (
        segment.network,
        segment.ip_version,
        segment.source_high,
        segment.source_low,
        segment.destination_high,
        segment.destination_low,
        cursor.fragment_id,
        cursor.fragment_protocol if segment.ip_version == 4 else 0,
    )
