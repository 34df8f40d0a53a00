"""Which segment belongs to which stream, and when a stream is over."""

from __future__ import annotations

import gc
import tracemalloc

import analyzer
from analyzer.packet.segment import Segment
from analyzer.stream.layer import Layer
from analyzer.stream.table import StreamTable
from segments import MS, A, B, Wire
from stale import compiled_modules

SYN = 0x02
RST = 0x04
FIN_ACK = 0x11
C = (0x0A000003, 40000)


def test_both_directions_are_one_stream_and_others_are_others() -> None:
    wire = Wire()
    wire.connect()
    wire.push(C, 1, b"x", to=B)
    wire.push(B, 5001, b"y", ack=1001)
    assert wire.table.created == 2
    assert (wire.layers[0].bytes[1], wire.layers[1].bytes[0]) == (b"y", b"x")


def test_equal_addresses_in_different_networks_stay_apart() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"here", ack=5001)
    wire.push(A, 1001, b"there", ack=5001, network=7)
    assert [layer.bytes[0] for layer in wire.layers] == [b"here", b"there"]


def test_the_one_who_sends_the_syn_ack_was_asked() -> None:
    wire = Wire()
    wire.push(B, 5000, flags=0x12, ack=1001)
    wire.push(A, 1001, b"question", ack=5001)
    assert wire.layer.bytes == [b"question", b""]


def test_a_syn_with_another_number_begins_another_stream_on_the_same_ports() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"one", ack=5001)
    old = wire.stream
    wire.connect(a=900_000, b=800_000)
    wire.push(A, 900_001, b"two", ack=800_001)
    assert [layer.bytes[0] for layer in wire.layers] == [b"one", b"two"]
    assert (old.reused, old.reused_by, old.number, wire.stream.number) == (True, 0, 0, 1)
    assert wire.layers[0].events[-1] == ("finish",)


def test_a_repeated_syn_begins_nothing() -> None:
    wire = Wire()
    wire.push(A, 1000, flags=SYN)
    wire.push(A, 1000, flags=SYN, after=1000 * MS)
    assert wire.table.created == 1


def test_syn_may_carry_bytes() -> None:
    wire = Wire()
    wire.push(A, 1000, b"early", flags=SYN)
    wire.push(B, 5000, flags=0x12, ack=1006)
    wire.push(A, 1006, b" bird", ack=5001)
    assert wire.layer.bytes[0] == b"early bird"


def test_a_simultaneous_open_is_one_stream() -> None:
    wire = Wire()
    wire.push(A, 1000, flags=SYN)
    wire.push(B, 5000, flags=SYN)
    wire.push(A, 1000, flags=0x12, ack=5001)
    wire.push(B, 5000, flags=0x12, ack=1001)
    wire.push(A, 1001, b"hello", ack=5001)
    assert (wire.table.created, wire.layer.bytes[0]) == (1, b"hello")


def test_a_closed_stream_is_over_a_while_later_and_its_ports_stay_known() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, flags=FIN_ACK, ack=5001)
    wire.push(B, 5001, flags=FIN_ACK, ack=1002)
    wire.table.expire(wire.now + 4_000 * MS)
    assert ("finish",) not in wire.layer.events
    wire.table.expire(wire.now + 6_000 * MS)
    assert wire.layer.events[-1] == ("finish",)
    wire.push(A, 1001, flags=FIN_ACK, ack=5001, after=7_000 * MS)
    assert wire.table.created == 1


def test_a_straggler_comes_too_late_however_the_capture_is_cut() -> None:
    """Nothing that arrives after the linger time counts, whether `expire` was called or not."""
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, flags=RST)
    wire.push(B, 5001, b"late", ack=1001, after=6_000 * MS)
    assert wire.layer.bytes[1] == b""


def test_the_table_is_bounded() -> None:
    wire = Wire(maximum=100)
    for port in range(1000):
        wire.push((A[0], port), 1000, flags=SYN, to=B)
        wire.push(B, 5000, flags=0x12, ack=1001, to=(A[0], port))
    wire.table.finish()
    assert (wire.table.created, wire.table.evicted, wire.table.evicted_asleep) == (1000, 900, 0)
    assert sum(layer.events == [("finish",)] for layer in wire.layers) == 1000


def test_a_syn_that_nothing_followed_is_told_when_it_is_over() -> None:
    found: list[int] = []
    wire = Wire(unanswered=lambda stream: found.append(stream.first_packet))
    wire.push(A, 1000, flags=SYN)
    wire.push(A, 1000, flags=SYN, after=1000 * MS)
    wire.push(C, 1000, flags=SYN)
    wire.push(A, 7000, flags=SYN, after=9000 * MS)  # the same ports, another connection
    assert len(found) == 1
    wire.push(B, 5000, flags=0x12, ack=7001, to=A)
    wire.table.finish()
    assert len(found) == 2


def test_a_syn_that_was_given_up_is_not_said_to_be_unanswered() -> None:
    found: list[int] = []
    wire = Wire(maximum=10, unanswered=lambda stream: found.append(stream.port_a))
    for port in range(100):
        wire.push((A[0], port), 1000, flags=SYN)
    assert (wire.table.evicted_asleep, found) == (90, [])
    wire.table.finish()
    assert sorted(found) == list(range(90, 100))


def test_streams_that_are_no_more_than_a_syn_are_given_up_first() -> None:
    wire = Wire(maximum=100)
    wire.connect()
    for port in range(1000):
        wire.push((A[0], port), 1000, flags=SYN)
        wire.push((A[0], port), 1000, flags=SYN, after=1000 * MS)
    assert len(wire.layers) == 1
    wire.push(A, 1001, b"still there", ack=5001)
    assert wire.layer.bytes[0] == b"still there"
    assert (wire.table.count, wire.table.evicted, wire.table.evicted_asleep) == (100, 901, 901)


def test_a_flood_of_syns_takes_less_than_a_kilobyte_each() -> None:
    wire = StreamTable(lambda _stack, _seen: None)
    segment = Segment()
    segment.flags = SYN
    tracemalloc.start()
    for number in range(2000):
        segment.source_low = number
        wire.push(segment)
    taken = tracemalloc.get_traced_memory()[0] / 2000
    tracemalloc.stop()
    assert taken < (1024 if compiled_modules(analyzer) else 4096)


def test_what_is_over_needs_no_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        wire = StreamTable(lambda _stack, _seen: Layer())
        segment = Segment()
        for number in range(500):
            segment.source_low = number
            for flags, sequence in ((SYN, 0), (0x10, 1), (RST, 1)):
                segment.flags, segment.sequence = flags, sequence
                wire.push(segment)
        del segment
        wire.expire(10_000 * MS)
        wire.expire(1_000_000 * MS)
        assert len(gc.get_objects()) - before < 50
    finally:
        gc.enable()


def test_finishing_twice_is_finishing_once() -> None:
    wire = Wire()
    wire.connect()
    wire.table.finish()
    wire.table.finish()
    assert wire.layer.events == [("finish",)]


# -- numbers ------------------------------------------------------------------------------------


def test_streams_of_several_networks_share_the_number_that_wireshark_gives() -> None:
    wire = Wire()
    wire.push(A, 1000, flags=SYN, network=1)
    wire.push(A, 1000, flags=SYN, network=2)
    wire.push(C, 1, b"x", to=B)
    # Wireshark sees the ports used again, in whichever network.
    wire.push(A, 7000, flags=SYN, network=2)
    numbers = [(stream.number, stream.network) for stream in wire.streams]
    assert numbers == [(0, 1), (0, 2), (1, 0), (2, 2)]
    assert wire.table.created == 3


def test_syn_that_only_wireshark_takes_for_another_connection_takes_a_number() -> None:
    """Seen twice, once in each network: the second one differs from what went before it."""
    wire = Wire()
    wire.push(A, 1000, flags=SYN, network=1)
    wire.push(A, 9000, flags=SYN, network=2)
    wire.push(A, 1000, flags=SYN, network=1, after=1000 * MS)
    wire.push(C, 1, b"x", to=B)
    assert [stream.number for stream in wire.streams] == [0, 1, 3]


def test_another_syn_ack_begins_another_stream_of_the_same_number() -> None:
    """As Wireshark 4.0 counts: of the second connection only the server was captured."""
    wire = Wire()
    wire.push(B, 5000, flags=0x12, ack=1001)
    wire.push(B, 5001, b"one", ack=1100)
    wire.push(B, 8000, flags=0x12, ack=77_001)
    wire.push(B, 8001, b"two", ack=77_100)
    assert [layer.bytes[1] for layer in wire.layers] == [b"one", b"two"]
    assert (wire.stream.number, wire.table.created) == (0, 1)


def test_another_answer_to_the_same_syn_begins_nothing() -> None:
    """SYN cookies: a SYN sent again may be answered with another number."""
    wire = Wire()
    wire.push(A, 1000, flags=SYN)
    wire.push(B, 5000, flags=0x12, ack=1001)
    wire.push(B, 9000, flags=0x12, ack=1001, after=1000 * MS)
    wire.push(A, 1001, b"question", ack=9001)
    wire.push(B, 9001, b"answer", ack=1009)
    assert (len(wire.layers), wire.layer.bytes) == (1, [b"question", b"answer"])


def test_a_syn_that_was_refused_and_is_sent_again_begins_another_stream() -> None:
    wire = Wire()
    wire.push(A, 1000, flags=SYN, fingerprint=7)
    wire.push(B, 0, flags=0x14, ack=1001)
    wire.push(A, 1000, flags=SYN, fingerprint=7)  # a copy
    assert len(wire.layers) == 1
    wire.push(A, 1000, flags=SYN, after=500 * MS)
    wire.push(B, 5000, flags=0x12, ack=1001)
    wire.push(A, 1001, b"hello", ack=5001)
    assert (len(wire.layers), wire.layer.bytes[0], wire.stream.b.rst_at) == (2, b"hello", 0)
    assert wire.table.created == 1  # Wireshark 4.0 sees one


# -- what is forgotten --------------------------------------------------------------------------


def test_a_stream_that_is_still_talked_on_does_not_hold_up_others() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, flags=RST)
    for number in range(8):
        wire.push(C, number * 1000, flags=RST, to=(B[0], 81 + number))
    for _ in range(8):
        wire.push(B, 5001, b"x", ack=1001, after=1000 * MS)
        wire.table.expire(wire.now)
    over = [("finish",) in layer.events for layer in wire.layers]
    assert over == [False, *[True] * 8]


def test_streams_that_nobody_wants_are_forgotten_when_they_end() -> None:
    wire = Wire()
    for port in range(50):
        wire.push((A[0], port), 1000, flags=SYN, to=B)
        wire.push((A[0], port), 1001, ack=5001, to=B)
        wire.stacks[-1].top = None
        wire.push((A[0], port), 1001, b"not ours", ack=5001, to=B)
        wire.push((A[0], port), 1009, flags=FIN_ACK, ack=5001, to=B)
        wire.push(B, 5001, flags=FIN_ACK, ack=1010, to=(A[0], port))
    wire.table.expire(wire.now + 6_000 * MS)
    assert wire.table.count == 50
    wire.table.expire(wire.now + 400_000 * MS)
    assert wire.table.count == 0


def test_streams_that_have_ended_are_given_up_before_those_in_progress() -> None:
    wire = Wire(maximum=10)
    wire.connect()
    for port in range(100):
        wire.push((A[0], port), 1000, flags=SYN, to=B)
        wire.push(B, 0, flags=0x14, ack=1001, to=(A[0], port))
        wire.table.expire(wire.now + 6_000 * MS)
    wire.push(A, 1001, b"still there", ack=5001)
    assert wire.layers[0].bytes[0] == b"still there"
    assert (wire.table.created, wire.table.count, wire.table.evicted) == (101, 10, 0)


def test_a_copy_is_recognised_whatever_others_send_in_between() -> None:
    wire = Wire()
    wire.connect()
    stream = wire.stream
    wire.push(A, 1001, b"once", ack=5001, fingerprint=77)
    for number in range(300):
        wire.push((0x0A000100 + number, 50000), 1, b"noise", to=B, after=0)
    wire.push(A, 1001, b"once", ack=5001, fingerprint=77)
    assert stream.a.retransmitted_segments == 0
    wire.push(A, 1001, b"once", ack=5001, fingerprint=78)
    assert stream.a.retransmitted_segments == 1


def test_a_copied_syn_begins_nothing_even_where_the_stream_has_ended() -> None:
    wire = Wire()
    wire.push(A, 1000, flags=SYN, fingerprint=77)
    wire.push(B, 0, flags=RST | 0x10, ack=1001)
    wire.push(A, 1000, flags=SYN, fingerprint=77)
    assert wire.table.created == 1
    assert len(wire.streams) == 1


def test_what_comes_after_a_stream_is_forgotten_begins_another() -> None:
    """However seldom `expire` was called: ports are remembered for five minutes."""
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, flags=RST)
    wire.push(B, 5001, b"late", ack=1001, after=299_000 * MS)
    assert (wire.table.created, len(wire.streams)) == (1, 1)
    wire.push(B, 5001, b"later", ack=1001, after=301_000 * MS)
    assert (wire.table.created, len(wire.streams)) == (2, 2)
