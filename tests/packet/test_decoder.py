"""The whole room: whatever stands in a packet, nothing raises and nothing is made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.packet.anomalies import KEPT
from analyzer.packet.decoder import PacketDecoder
from headers import TCP, TIMESTAMP, decode, ethernet, fragment_header, ipv4, ipv6, names, tcp
from packet_files import captured

CAPTURES = Path(__file__).parents[2].parent / "shared" / "captures"

FAST_LINKS = [0, 1, 12, 14, 101, 108, 113, 228, 229, 276]
RARE_LINKS = [9, 50, 51, 104, 105, 127, 219, 239]
SLOW_LINKS = [100, 119, 192]  # by way of scapy
WHOLE = [
    (1, ethernet(ipv4(tcp(bytes(30), options=TIMESTAMP)))),
    (1, ethernet(ipv4(tcp(bytes(30)), options=b"\x94\x04\0\0"), 0x0800, (0x88A8, 1), (0x8100, 2))),
    (1, ethernet(ipv6(tcp(bytes(30), flags=2, options=b"\2\4\5\xb4\1\3\3\7")), 0x86DD)),
    (101, ipv6(bytes([6, 1]) + bytes(14) + tcp(bytes(30)), 0)),
    (101, ipv6(fragment_header(TCP, 0, 9, more=False) + tcp(bytes(30)), 44)),
    (276, b"\x08\x00" + bytes(18) + ipv4(tcp(bytes(30)))),
]


@settings(deadline=None)  # the first packet that needs scapy waits for its import
@given(
    data=st.binary(max_size=200),
    link_type=st.one_of(st.sampled_from(FAST_LINKS + RARE_LINKS + SLOW_LINKS), st.integers(0, 300)),
    more=st.integers(-300, 2**40),
)
def test_any_bytes_are_taken(data: bytes, link_type: int, more: int) -> None:
    decoder = PacketDecoder()
    segment = decode(data, link_type, len(data) + more, decoder=decoder)
    assert sum(decoder.counts.values()) == 1
    if segment is not None and segment.buffer != data:
        assert 0 <= segment.start <= segment.end <= len(segment.buffer)
        assert segment.missing >= 0


@settings(deadline=None)  # the first packet that needs scapy waits for its import
@given(
    data=st.binary(max_size=120),
    kind=st.sampled_from([0x0800, 0x86DD, 0x8100, 0x8847, 0x8864, 0x6558, 0x88E7, 0x894F, 0x0005]),
)
def test_any_bytes_behind_ethernet_are_taken(data: bytes, kind: int) -> None:
    decoder = PacketDecoder()
    decode(ethernet(data, kind), decoder=decoder)
    assert sum(decoder.counts.values()) == 1


@settings(deadline=None)  # the first packet that needs scapy waits for its import
@given(data=st.binary(max_size=120), protocol=st.sampled_from([4, 6, 17, 41, 44, 47, 51, 137]))
def test_any_bytes_behind_ip_are_taken(data: bytes, protocol: int) -> None:
    decoder = PacketDecoder()
    ports = b"\x9c\x40\x12\xb5" if protocol == 17 else b""  # VXLAN's
    decode(ipv4(ports + data, protocol), 101, decoder=decoder)
    decode(ipv6(ports + data, protocol), 101, decoder=decoder)
    assert sum(decoder.counts.values()) == 2


@settings(deadline=None)  # the first packet that needs scapy waits for its import
@given(
    pieces=st.lists(
        st.tuples(st.integers(0, 12), st.binary(max_size=48), st.booleans(), st.integers(0, 1)),
        max_size=12,
    )
)
def test_any_fragments_are_taken(pieces: list[tuple[int, bytes, bool, int]]) -> None:
    decoder = PacketDecoder()
    for offset, data, more, identification in pieces:
        fragment = (0x2000 if more else 0) | offset
        packet = ipv4(data, fragment=fragment, identification=identification)
        decode(packet, 101, decoder=decoder)
    decoder.finish()
    assert sum(decoder.counts.values()) == len(pieces)


@pytest.mark.parametrize(("link_type", "packet"), WHOLE)
@settings(deadline=None)  # the first packet that needs scapy waits for its import
@given(data=st.data())
def test_damaged_packets_are_taken(link_type: int, packet: bytes, data: st.DataObject) -> None:
    damaged = bytearray(packet)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(packet)))
    decoder = PacketDecoder()
    segment = decode(bytes(damaged[:end]), link_type, len(packet), decoder=decoder)
    if segment is not None:
        # `decode` puts 50 bytes before and behind: what is outside may not be looked at.
        if len(segment.buffer) == end + 100:
            assert 50 <= segment.start <= segment.end <= 50 + end
        assert segment.missing >= 0


@pytest.mark.parametrize(("link_type", "packet"), WHOLE)
def test_a_packet_cut_at_any_length_keeps_its_fields_or_gives_none(
    link_type: int, packet: bytes
) -> None:
    whole = fields(packet, link_type, len(packet))
    assert whole is not None
    for length in range(len(packet)):
        cut = fields(packet[:length], link_type, len(packet))
        # 30 bytes of payload at the end, and before it a TCP header with at most 12 of options.
        assert cut is not None or length < len(packet) - 30
        if cut is not None:
            assert cut[:9] == whole[:9]
            assert cut[9] == 30
            assert cut[10] == min(30, len(packet) - length)


def fields(packet: bytes, link_type: int, original_length: int) -> tuple[int, ...] | None:
    segment = decode(packet, link_type, original_length)
    if segment is None:
        return None
    ends = (segment.source_low, segment.destination_low, segment.source_port)
    ends += (segment.destination_port, segment.network, segment.sequence, segment.acknowledgment)
    length = segment.end - segment.start + segment.missing
    return (*ends, segment.flags, segment.window, length, segment.missing)


def test_anomalies_are_bounded_and_the_rest_is_counted() -> None:
    decoder = PacketDecoder()
    for number in range(KEPT + 5):
        decode(b"\x45", 101, 60, decoder=decoder, packet=number)
    assert len(decoder.anomalies) == KEPT == 1000
    assert decoder.log.dropped == {"truncated_header": 5}
    assert decoder.counts["undecodable"] == KEPT + 5


def test_an_anomaly_is_placed() -> None:
    decoder = PacketDecoder()
    decode(b"\x45", 101, 60, decoder=decoder, packet=17, time_ns=99)
    (anomaly,) = decoder.anomalies
    assert (anomaly.packet, anomaly.time_ns, anomaly.side) == (17, 99, None)
    assert anomaly.detail == "IPv4 header"


def test_one_decoder_takes_packets_of_many_kinds_in_turn() -> None:
    decoder = PacketDecoder()
    for number, (link_type, packet) in enumerate(WHOLE, 1):
        segment = decode(packet, link_type, decoder=decoder, packet=number)
        assert segment is not None
        assert segment.packet == number
        assert decode(ethernet(bytes(46), 0x0806), decoder=decoder) is None
    assert decoder.counts == {"tcp": 6, "not_tcp": 6, "undecodable": 0, "fragments": 0}
    assert names(decoder) == []


@pytest.mark.shared
@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the team's captures are not there")
def test_every_packet_of_the_shared_captures_may_be_damaged() -> None:
    for path in sorted((CAPTURES / "containers").glob("*")):
        decoder = PacketDecoder()
        packets = list(captured(path))[:40]
        for number, (data, length, link_type, time_ns) in enumerate(packets):
            for at in range(0, min(len(data), 120), 7):
                damaged = data[:at] + bytes([data[at] ^ (1 << number % 8)]) + data[at + 1 :]
                decode(damaged, link_type, length, decoder=decoder, time_ns=time_ns)
        assert "dissection_failed" not in names(decoder)
