"""Built conversations, as tshark sees them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import capture_files
import tshark
from conversation import START_NS, Conversation, Options
from packets import ACK, FIN, PSH, RST, SYN, TcpPacket, checksum, take_apart
from upgrade import upgrade
from wire import BINARY, CLOSE, MASK, TEXT, close_body, frame


def parts(talk: Conversation) -> list[TcpPacket]:
    found = [take_apart(packet.data) for packet in talk.packets]
    return [tcp for tcp in found if tcp is not None]


def told(talk: Conversation) -> list[tuple[str, int, int, int]]:
    """Port told by name, flags, and both numbers counted from the initial ones."""
    return [
        (
            "client" if tcp.source[1] == 40000 else "server",
            tcp.flags,
            tcp.sequence - (1000 if tcp.source[1] == 40000 else 500_000),
            tcp.acknowledgment - (500_000 if tcp.source[1] == 40000 else 1000),
        )
        for tcp in parts(talk)
    ]


def whole_talk(talk: Conversation) -> Conversation:
    """From SYN to the last ACK; the closes stand in packets 8 and 9."""
    talk.handshake().upgrade()
    talk.client(frame(TEXT, b"hi", mask=MASK) + frame(BINARY, bytes(130), mask=MASK))
    talk.server(frame(TEXT, b"x" * 70, fin=False) + frame(0, b"y"))
    talk.wait(60).server(frame(CLOSE, close_body(1001, "restart")))
    return talk.client(frame(CLOSE, close_body(1001), mask=MASK)).close_tcp("server")


def test_sequence_numbers_of_a_whole_conversation() -> None:
    talk = Conversation().handshake().client(b"abc").server(b"defgh").close_tcp("client")
    assert told(talk) == [
        ("client", SYN, 0, -500_000),
        ("server", SYN | ACK, 0, 1),
        ("client", ACK, 1, 1),
        ("client", PSH | ACK, 1, 1),
        ("server", PSH | ACK, 1, 4),
        ("client", FIN | ACK, 4, 6),
        ("server", FIN | ACK, 6, 5),
        ("client", ACK, 5, 7),
    ]


def test_sequence_numbers_wrap() -> None:
    talk = Conversation(isn=(0xFFFFFFFE, 0)).handshake().client(b"abcd").ack("server")
    assert [tcp.sequence for tcp in parts(talk)] == [0xFFFFFFFE, 0, 0xFFFFFFFF, 0xFFFFFFFF, 1]
    assert parts(talk)[-1].acknowledgment == 3
    assert talk.next_sequence("client") == 3


def test_what_crosses_does_not_acknowledge_what_it_crossed() -> None:
    talk = Conversation().handshake()
    with talk.crossing():
        talk.server(b"12345").client(b"123")
    talk.ack("server").ack("client")
    assert [ack for _, _, _, ack in told(talk)[3:]] == [1, 1, 4, 6]


def test_a_lost_segment_is_acknowledged_only_when_it_came_again() -> None:
    talk = Conversation().handshake()
    talk.client(b"ab", arrives=False).client(b"cd").ack("server")
    talk.retransmit("client", back=2).ack("server")
    assert [(sequence, ack) for _, _, sequence, ack in told(talk)[3:]] == [
        (1, 1),
        (3, 1),
        (1, 1),
        (1, 1),
        (1, 5),
    ]


def test_what_the_capture_missed_was_still_received() -> None:
    talk = Conversation().handshake().client(b"abc", captured=False).ack("server")
    assert told(talk)[3:] == [("server", ACK, 1, 4)]
    assert talk.sent("client") == b"abc"


def test_a_retransmission_may_overlap_in_part() -> None:
    talk = Conversation().handshake().client(b"abcd").client(b"efgh")
    talk.retransmit("client", back=2, skip=1, extra=2)
    last = parts(talk)[-1]
    assert (last.payload, last.sequence) == (b"bcdef", 1002)
    assert last.ip_id != parts(talk)[-3].ip_id


def test_a_keepalive_probe_stands_one_byte_before_the_next() -> None:
    talk = Conversation().handshake().client(b"abc").ack("server").keepalive("client")
    assert told(talk)[-2:] == [("client", ACK, 3, 1), ("server", ACK, 1, 4)]


def test_a_reset_may_be_bare_and_out_of_place() -> None:
    options: Options = {"sequence": 7}
    talk = Conversation().handshake().rst("server", bare=True, **options)
    assert told(talk)[-1] == ("server", RST, 7 - 500_000, -1000)


def test_acknowledgment_numbers_can_be_given() -> None:
    talk = Conversation().handshake().client(b"abc", ack=500_000)
    assert told(talk)[-1] == ("client", PSH | ACK, 1, 0)


def test_without_a_handshake_it_is_mid_stream() -> None:
    talk = Conversation().client(b"abc").server(b"d")
    assert told(talk) == [("client", PSH | ACK, 0, 0), ("server", PSH | ACK, 0, 3)]


def test_time_passes_by_steps_and_by_waiting() -> None:
    talk = Conversation().handshake().wait(0.5).client(b"abc")
    assert talk.packets[-1].time_ns == START_NS + 3 * 100_000 + 500_000_000


def test_frames_need_an_upgrade() -> None:
    with pytest.raises(ValueError, match="upgrade"):
        _ = Conversation().frames
    assert Conversation().upgrade(upgrade("hybi-05")).frames.framing == "hybi-05"


def test_the_checksum_of_a_header_worked_out_by_hand() -> None:
    # 0001 + f203 + f4f5 + f6f7 = 2ddf0 -> ddf2, complement 220d (RFC 1071, section 3).
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D


def test_a_packet_taken_apart_is_built_again_as_it_was() -> None:
    for talk in (Conversation(timestamps=True, vlan=5), Conversation(("::1", 1), ("::2", 2))):
        for packet in whole_talk(talk).packets:
            tcp = take_apart(packet.data)
            assert tcp is not None
            assert tcp.build() == packet.data


def test_what_is_no_tcp_or_cut_short_is_not_taken_apart() -> None:
    whole = Conversation().client(b"abc").packets[0].data
    assert take_apart(whole[:-1]) is None
    assert take_apart(whole[:23] + b"\x11" + whole[24:]) is None
    assert take_apart(whole[:12] + b"\x08\x06" + whole[14:]) is None


@tshark.needs_tshark
@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(Conversation(), id="ipv4"),
        pytest.param(Conversation(("2001:db8::1", 40000), ("2001:db8::2", 80)), id="ipv6"),
        pytest.param(Conversation(vlan=7, timestamps=True), id="vlan and timestamps"),
        pytest.param(Conversation(isn=(0xFFFFFFF0, 0xFFFFFFFE)), id="wrapping numbers"),
    ],
)
def test_tshark_sees_what_was_built(talk: Conversation, tmp_path: Path) -> None:
    path = capture_files.write(tmp_path / "a.pcap", whole_talk(talk).packets)
    assert tshark.complaints(path) == []
    assert tshark.fields(path, "tcp.analysis.flags", "frame.number", "tcp.analysis.flags") == []
    assert [
        (seen.packet, seen.side, seen.opcode, seen.length, seen.fin, seen.masked)
        for seen in tshark.websocket_frames(path)
    ] == [
        (6, "client", TEXT, 2, True, True),
        (6, "client", BINARY, 130, True, True),
        (7, "server", TEXT, 70, False, False),
        (7, "server", 0, 1, True, False),
        (8, "server", CLOSE, 9, True, False),
        (9, "client", CLOSE, 2, True, True),
    ]
    assert [(seen.packet, seen.port) for seen in tshark.fins(path)] == [(10, 80), (11, 40000)]
    assert tshark.rsts(path) == []


@tshark.needs_tshark
def test_tshark_reads_code_reason_and_time_of_the_close(tmp_path: Path) -> None:
    path = capture_files.write(tmp_path / "a.pcap", whole_talk(Conversation()).packets)
    server, client = (seen for seen in tshark.websocket_frames(path) if seen.opcode == CLOSE)
    assert (server.close_code, server.close_reason) == (1001, "restart")
    assert (client.close_code, client.close_reason) == (1001, "")
    assert server.time_ns == START_NS + 7 * 100_000 + 60_000_000_000


@tshark.needs_tshark
def test_tshark_names_what_was_done_to_tcp(tmp_path: Path) -> None:
    talk = Conversation().handshake().client(b"abcd").ack("server").wait(1)
    talk.retransmit("client").keepalive("server").rst("client")
    path = capture_files.write(tmp_path / "a.pcap", talk.packets)
    assert tshark.fields(path, "tcp.analysis.retransmission", "frame.number") == [("6",)]
    assert tshark.fields(path, "tcp.analysis.keep_alive", "frame.number") == [("7",)]
    assert [seen.packet for seen in tshark.rsts(path)] == [9]
    assert tshark.tcp_streams(path) == dict.fromkeys(range(1, 10), 0)


@tshark.needs_tshark
@pytest.mark.parametrize("name", capture_files.FORMATS)
def test_tshark_reads_every_file_format(name: str, tmp_path: Path) -> None:
    packets = whole_talk(Conversation(start_ns=START_NS + 123)).packets
    path = capture_files.write(tmp_path / "a", packets, capture_files.FORMATS[name])
    times = tshark.fields(path, "frame", "frame.time_epoch", "frame.len")
    assert len(times) == len(packets)
    for (time, length), packet in zip(times, packets, strict=True):
        seen = int(time.replace(".", ""))
        assert seen in (packet.time_ns, packet.time_ns // 1000 * 1000)
        assert int(length) == packet.original_length


def test_gzip_files_are_the_same_every_time() -> None:
    assert capture_files.gzipped(b"abc") == capture_files.gzipped(b"abc")
    assert gzip.decompress(capture_files.gzipped(b"abc")) == b"abc"


def test_rotated_files_hold_all_packets_in_order(tmp_path: Path) -> None:
    packets = whole_talk(Conversation()).packets
    paths = capture_files.write_rotated(tmp_path, packets, 5)
    bodies = b"".join(path.read_bytes()[24:] for path in paths)
    assert len(paths) == 5
    assert bodies == capture_files.pcap(packets)[24:]
