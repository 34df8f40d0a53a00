"""What the record says of who talked, and since when it was seen."""

from __future__ import annotations

import io

from analyzer.assembly import endpoints_of, handshake_of, seen_since
from analyzer.endpoint import Endpoint
from analyzer.read import read
from analyzer.record import Handshake
from capture_files import pcap
from conversation import Conversation
from packets import Packet, take_apart
from segments import A, B, Wire
from told import closed
from upgrade import refusal, upgrade
from wire import MASK, TEXT, frame


def test_the_client_is_who_asked_whoever_was_seen_first() -> None:
    wire = Wire()
    wire.connect()
    wire.push(A, 1001, b"hello", ack=5001)
    stream = wire.stream
    assert endpoints_of(stream) == (Endpoint("10.0.0.1", 40000), Endpoint("10.0.0.2", 80))
    stream.stack.flipped = 1
    assert endpoints_of(stream) == (Endpoint("10.0.0.2", 80), Endpoint("10.0.0.1", 40000))


def test_a_stream_is_seen_since_its_syn_or_since_the_upgrade() -> None:
    whole, late = Wire(), Wire()
    whole.connect()
    whole.push(A, 1001, b"hello", ack=5001)
    late.push(A, 1001, b"hello", ack=5001)
    late.push(B, 5001, b"hello", ack=1006)
    assert (seen_since(whole.stream), seen_since(late.stream)) == ("syn", "upgrade")


def test_without_a_handshake_nothing_is_said_of_it() -> None:
    assert handshake_of(None) == Handshake()


def test_a_record_has_the_first_and_last_packets_of_its_stream() -> None:
    (one,) = read(io.BytesIO(pcap(closed()))).connections
    assert (one.first_packet, one.last_packet) == (1, len(closed()))


def test_a_client_that_is_seen_alone_and_asks_again_was_refused() -> None:
    talk = Conversation().handshake()
    talk.client(upgrade().request).server(refusal(401))
    talk.client(upgrade().request).server(upgrade().response)
    talk.client(frame(TEXT, b"hello", mask=MASK))
    both = read(io.BytesIO(pcap(talk.packets))).connections
    alone = [one for one in talk.packets if is_of_client(one)]
    found = read(io.BytesIO(pcap(alone))).connections
    assert (str(both[0].ending.kind), both[0].handshake.status) == ("refused", 401)
    assert (str(found[0].ending.kind), found[0].handshake.status) == ("refused", None)
    assert [str(one.ending.kind) for one in (both[1], found[1])] == ["open", "undetermined"]
    assert "the answer to the upgrade is not in the capture" in found[0].ending.caveats


def is_of_client(packet: Packet) -> bool:
    tcp = take_apart(packet.data)
    return tcp is not None and tcp.source[0] == "10.0.0.1"
