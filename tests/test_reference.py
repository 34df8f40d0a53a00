"""The second decoder against bytes that others have published or that were worked out by hand."""

from __future__ import annotations

import pytest

import reference
from reference import Frame, frames_of, read
from upgrade import refusal, request_bytes, response_bytes, upgrade
from wire import FRAMINGS, Framing, Side, hybi_04_masked, hybi_04_session_key

HYBI = [framing for framing in FRAMINGS if framing.startswith("hybi")]


def one(framing: Framing, side: Side, data: bytes) -> Frame:
    """Give the only frame of `data`, which it has to fill."""
    (frame,) = frames_of(framing, side, data)
    assert (frame.start, frame.end) == (0, len(data))
    return frame


# RFC 6455, section 5.7, byte for byte.


def test_a_single_frame_unmasked_text_message() -> None:
    frame = one("rfc6455", "server", bytes.fromhex("810548656c6c6f"))
    assert (frame.kind, frame.payload, frame.last, frame.masked) == ("text", b"Hello", True, False)


def test_a_single_frame_masked_text_message() -> None:
    frame = one("rfc6455", "client", bytes.fromhex("818537fa213d7f9f4d5158"))
    assert (frame.kind, frame.payload, frame.masked) == ("text", b"Hello", True)


def test_a_fragmented_unmasked_text_message() -> None:
    first, second = frames_of("rfc6455", "server", bytes.fromhex("010348656c80026c6f"))
    assert (first.kind, first.payload, first.last) == ("text", b"Hel", False)
    assert (second.kind, second.payload, second.last) == ("continuation", b"lo", True)


def test_unmasked_ping_request_and_masked_pong_response() -> None:
    ping = one("rfc6455", "server", bytes.fromhex("890548656c6c6f"))
    pong = one("rfc6455", "client", bytes.fromhex("8a8537fa213d7f9f4d5158"))
    assert (ping.kind, ping.payload, pong.kind, pong.payload) == (
        "ping",
        b"Hello",
        "pong",
        b"Hello",
    )


def test_256_bytes_of_binary_in_a_single_unmasked_frame() -> None:
    frame = one("rfc6455", "server", bytes.fromhex("827e0100") + bytes(256))
    assert (frame.kind, len(frame.payload)) == ("binary", 256)


def test_64_kib_of_binary_in_a_single_unmasked_frame() -> None:
    frame = one("rfc6455", "server", bytes.fromhex("827f0000000000010000") + bytes(65536))
    assert (frame.kind, len(frame.payload)) == ("binary", 65536)


def test_rsv_bits_and_unknown_opcodes_are_told_as_they_are() -> None:
    frame = one("rfc6455", "server", bytes.fromhex("db00"))
    assert (frame.rsv, frame.opcode, frame.kind, frame.last) == (5, 11, "other", True)


def test_a_close_has_its_code_unless_it_is_too_short() -> None:
    assert one("rfc6455", "server", bytes.fromhex("880203e9")).close_code == 1001
    assert one("rfc6455", "server", bytes.fromhex("8800")).close_code is None
    assert one("rfc6455", "server", bytes.fromhex("880103")).close_code is None


@pytest.mark.parametrize("cut", range(11))
def test_a_cut_frame_is_no_frame(cut: int) -> None:
    whole = bytes.fromhex("818537fa213d7f9f4d5158")
    assert list(frames_of("rfc6455", "client", whole[:cut])) == []


# The lone Close of each version, as the rules' table has it; client bytes worked out by hand.


@pytest.mark.parametrize(
    ("framing", "data"),
    [
        ("hixie-76", "ff00"),
        ("hybi-01", "0100"),
        ("hybi-02", "0100"),
        ("hybi-03", "0100"),
        ("hybi-04", "8100"),
        ("hybi-05", "810153"),
        ("hybi-06", "810203e8"),
        ("rfc6455", "880203e8"),
    ],
)
def test_the_servers_close_of_each_version(framing: Framing, data: str) -> None:
    frame = one(framing, "server", bytes.fromhex(data))
    assert (frame.kind, frame.last) == ("close", True)


def test_hixie_75_has_no_close() -> None:
    assert one("hixie-75", "server", b"\xff\x00").kind == "other"


def test_ff_with_a_length_is_no_close() -> None:
    frame = one("hixie-76", "server", b"\xff\x01x")
    assert (frame.kind, frame.payload) == ("other", b"x")


def test_ff_00_between_two_hixie_texts_is_no_close() -> None:
    frames = list(frames_of("hixie-76", "client", b"\x00a\xff\x00b\xff\xff\x00"))
    assert [(frame.kind, frame.payload) for frame in frames] == [
        ("text", b"a"),
        ("text", b"b"),
        ("close", b""),
    ]


def test_hixie_lengths_are_in_base_128() -> None:
    frame = one("hixie-76", "client", b"\x80\x81\x02" + bytes(130))
    assert (frame.kind, len(frame.payload)) == ("other", 130)


@pytest.mark.parametrize("data", ["ff", "ff80", "ff8081", "ff05", "00", "0061", "7f61"])
def test_a_cut_hixie_frame_is_no_frame(data: str) -> None:
    assert list(frames_of("hixie-76", "client", bytes.fromhex(data))) == []


def test_hybi_05_masks_the_header_too() -> None:
    # 81 01 43 ("C") under the key 01 02 03 04.
    frame = one("hybi-05", "client", bytes.fromhex("01020304800340"))
    assert (frame.kind, frame.payload, frame.masked) == ("close", b"C", True)


def test_hybi_06_starts_each_frame_with_a_key_of_its_own() -> None:
    # 84 01 68 ("h") under the key 01 02 03 04, then 81 00 under the key 00 00 00 00.
    data = bytes.fromhex("01020304 85036b 00000000 8100")
    first, second = frames_of("hybi-06", "client", data)
    assert (first.kind, first.payload) == ("text", b"h")
    assert (second.kind, second.start) == ("close", 7)


def test_hybi_04_masks_with_a_key_of_twenty_bytes() -> None:
    session = hybi_04_session_key("key", "nonce")
    payload = bytes(range(60))
    data = hybi_04_masked(b"\x84\x3c" + payload, b"abcd", session)
    (frame,) = frames_of("hybi-04", "client", data, 0, session)
    assert (frame.kind, frame.payload, frame.end) == ("text", payload, len(data))


def test_the_top_bit_turned_from_more_into_fin_with_hybi_04() -> None:
    assert not one("hybi-03", "server", b"\x84\x01a").last
    assert one("hybi-04", "server", b"\x84\x01a").last


# Handshakes.


def test_the_worked_example_of_hixie_76() -> None:
    agreed = upgrade("hixie-76")
    assert agreed.request.endswith(b"\r\n\r\n^n:ds[4U")
    assert agreed.response.endswith(b"\r\n\r\n8jKS'y:G*Co,Wxa-")
    assert read(agreed.request, agreed.response).accept_valid


def test_the_worked_example_of_rfc_6455() -> None:
    agreed = upgrade()
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in agreed.response
    assert read(agreed.request, agreed.response).accept_valid


def test_a_wrong_accept_is_told_and_changes_nothing_else() -> None:
    agreed = upgrade()
    reading = read(agreed.request, agreed.response.replace(b"s3pP", b"xxxx") + b"\x88\x00")
    assert (reading.accept_valid, reading.framing, len(reading.server)) == (False, "rfc6455", 1)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_the_handshake_tells_the_framing(framing: Framing) -> None:
    agreed = upgrade(framing)
    first = agreed.frames().text("server", "a")
    assert read(agreed.request, agreed.response + first).framing == framing


@pytest.mark.parametrize(("framing", "version"), [("rfc6455", 7), ("rfc6455", 8), ("rfc6455", 13)])
def test_versions_from_7_on_are_one_wire_format(framing: Framing, version: int) -> None:
    agreed = upgrade(framing, version=version)
    assert read(agreed.request, agreed.response).framing == "rfc6455"


@pytest.mark.parametrize("framing", HYBI)
def test_a_conversation_of_each_hybi_draft_is_read_back(framing: Framing) -> None:
    agreed = upgrade(framing)
    frames = agreed.frames()
    client = frames.text("client", "a" * 200) + frames.ping("client", b"p")
    server = frames.pong("server", b"p") + frames.text("server", "b" * 70_000)
    reading = read(
        agreed.request + client + frames.close("client", 1000),
        agreed.response + server + frames.close("server", 1000),
    )
    assert [frame.kind for frame in reading.client] == ["text", "ping", "close"]
    assert [frame.kind for frame in reading.server] == ["pong", "text", "close"]
    assert (reading.client[0].payload, len(reading.server[1].payload)) == (b"a" * 200, 70_000)
    assert (reading.client_rest, reading.server_rest) == (b"", b"")


def test_a_refused_upgrade_has_no_framing() -> None:
    reading = read(upgrade().request, refusal(403))
    assert (reading.status, reading.framing, reading.server) == (403, None, [])


def test_an_upgrade_may_follow_a_refused_one() -> None:
    agreed = upgrade()
    reading = read(agreed.request * 2, refusal(401) + agreed.response + b"\x88\x00")
    assert (reading.status, [frame.kind for frame in reading.server]) == (101, ["close"])


def test_an_interim_answer_is_passed_over() -> None:
    agreed = upgrade()
    interim = response_bytes(103, [("Link", "</x>")])
    assert read(agreed.request, interim + agreed.response).status == 101


def test_no_answer_and_no_request_are_told() -> None:
    request = request_bytes("/", [("Upgrade", "websocket")])
    assert read(request, b"").response is None
    assert read(b"\x16\x03\x01", b"").request is None


def test_what_follows_the_last_whole_frame_is_kept() -> None:
    agreed = upgrade()
    reading = read(agreed.request + b"\x88", agreed.response + b"\x88\x00\x81\x05He")
    assert (reading.client_rest, reading.server_rest) == (b"\x88", b"\x81\x05He")


def test_closes_gives_only_close_frames() -> None:
    agreed = upgrade()
    reading = read(agreed.request, agreed.response + bytes.fromhex("8100880203e8"))
    assert [frame.close_code for frame in reading.closes("server")] == [1000]
    assert reading.closes("client") == []


def test_hybi_01_and_hixie_76_differ_by_their_first_byte() -> None:
    request = reference.Head("GET / HTTP/1.1", {"sec-websocket-key1": "1 "}, 0)
    assert reference.choose_framing(request, b"\x04\x01a", b"") == "hybi-01"
    assert reference.choose_framing(request, b"\x84\x01a", b"") == "hybi-01"
    assert reference.choose_framing(request, b"", b"\x01\x00") == "hybi-01"
    assert reference.choose_framing(request, b"\x00a\xff", b"") == "hixie-76"
    assert reference.choose_framing(request, b"\xff\x00", b"") == "hixie-76"
    assert reference.choose_framing(request, b"", b"") == "hixie-76"
