"""Messages of every framing and extension: what was said, and where it cannot be told."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.websocket.message_log import KEPT_ANYHOW, KEPT_BYTES, KEPT_RATIO, LARGEST
from decoding import Talk
from upgrade import upgrade
from wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FRAMINGS,
    MASK,
    PING,
    TEXT,
    Side,
    close_body,
    frame,
    hixie_sized,
    hixie_text,
)

CLIENT, SERVER = 0, 1
MS = 1_000_000
DEFLATE = "permessage-deflate"


class Said(NamedTuple):
    """A message: what a test compares."""

    side: int
    opcode: int
    payload: bytes
    size: int
    valid: int
    missing: int = 0


def talk_of(framing: str = "rfc6455", extensions: str | None = None, **options: int) -> Talk:
    return Talk(framing, messages=True, extensions=extensions, **options)


def said(talk: Talk) -> list[Said]:
    talk.end()
    assert talk.log.messages is not None
    rows = talk.log.messages.columns
    for side, log in ((CLIENT, talk.log.client), (SERVER, talk.log.server)):
        assert rows.side.count(side) == log.messages
    columns = (rows.side, rows.opcode, rows.payload, rows.size, rows.valid, rows.missing)
    return [Said(*row) for row in zip(*columns, strict=True)]


def text(side: int, payload: bytes) -> Said:
    """A whole text that is UTF-8."""
    return Said(side, TEXT, payload, len(payload), 1)


def mask_of(side: int) -> bytes | None:
    return None if side else MASK


class Packer:
    """Compresses messages as RFC 7692, section 7.2.1 says, with zlib."""

    def __init__(self, *, takeover: bool = True, bits: int = 15) -> None:
        self._takeover, self._bits = takeover, bits
        self._packer = zlib.compressobj(wbits=-bits)

    def pack(self, data: bytes) -> bytes:
        packed = self._packer.compress(data) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        if not self._takeover:
            self._packer = zlib.compressobj(wbits=-self._bits)
        return packed[:-4]


def fragments(
    opcode: int, payload: bytes, cuts: Sequence[int], *, side: int, rsv: int = 0
) -> list[bytes]:
    """Give the frames of one message, cut where asked."""
    edges = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    return [
        frame(
            CONTINUATION if number else opcode,
            payload[start:end],
            mask=mask_of(side),
            fin=number == len(edges) - 2,
            rsv=0 if number else rsv,
        )
        for number, (start, end) in enumerate(zip(edges[:-1], edges[1:], strict=True))
    ]


# -- examples of the specifications --------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("side", "wire"),
    [
        # RFC 6455, section 5.7, and RFC 7692, section 7.2.3, byte for byte.
        (SERVER, "810548656c6c6f"),
        (CLIENT, "818537fa213d7f9f4d5158"),
        (SERVER, "010348656c80026c6f"),
        (SERVER, "0103 48656c 8900 8002 6c6f"),
        (SERVER, "c107f248cdc9c90700"),
        (SERVER, "4103f248cd8004c9c90700"),
        (SERVER, "c10b000500faff48656c6c6f00"),
        (SERVER, "c108f348cdc9c9070000"),
        (SERVER, "c10df24805000000ffffcac9c90700"),
    ],
)
def test_examples_of_the_rfcs_say_hello(side: int, wire: str, size: int) -> None:
    data = bytes.fromhex(wire)
    talk = talk_of(extensions=DEFLATE)
    for start in range(0, len(data), size):
        talk.say(side, data[start : start + size])
    assert said(talk) == [text(side, b"Hello")]
    assert talk.odd == []


def test_second_example_refers_to_the_first() -> None:
    talk = talk_of(extensions=DEFLATE)
    for wire in ("c107f248cdc9c90700", "c105f200110000", "c10100"):
        talk.say(SERVER, bytes.fromhex(wire))
    assert said(talk) == [text(SERVER, b"Hello"), text(SERVER, b"Hello"), text(SERVER, b"")]


def test_256_bytes_and_64_kib_of_binary() -> None:
    talk = talk_of()
    sizes = (256, 65536)  # RFC 6455, section 5.7
    for size in sizes:
        talk.say(SERVER, frame(BINARY, bytes(size)))
    assert said(talk) == [Said(SERVER, BINARY, bytes(size), size, -1) for size in sizes]


# Cases of the Autobahn test suite, sections 6.2 to 6.23: bytes, and what RFC 3629 says of them.
VALID_UTF_8 = [
    "48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121",  # 6.2.1
    "cebae1bdb9cf83cebcceb5",  # 6.5.5
    "00",  # 6.7.1, and the first and last of each length in 6.7 and 6.9
    "c280",
    "e0a080",
    "f0908080",
    "7f",
    "dfbf",
    "efbfbf",
    "f48fbfbf",
    "ed9fbf",  # 6.11.1
    "ee8080",
    "efbfbd",
    "efbfbe",  # 6.22.1: noncharacters are characters here
    "f09fbfbe",
]
INVALID_UTF_8 = [
    ("cebae1bdb9cf83cebcceb5eda080656469746564", 11),  # 6.3.1: a surrogate
    ("cebae1bdb9cf83cebcceb5f4908080656469746564", 11),  # 6.4.1: too large
    ("ce", 0),  # 6.6.1: cut off
    ("cebae1bd", 2),  # 6.6.4
    ("cebae1bdb9cf83cebcce", 9),  # 6.6.10
    ("f888808080", 0),  # 6.8.1
    ("f7bfbfbf", 0),  # 6.10.1
    ("f4908080", 0),  # 6.11.5
    ("80", 0),  # 6.12.1: a continuation alone
    ("bf", 0),
    ("c020c120", 0),  # 6.13.1: a beginning alone
    ("c0", 0),  # 6.14.1
    ("fe", 0),  # 6.16.1
    ("ff", 0),
    ("c0af", 0),  # 6.17.1: longer than need be
    ("e080af", 0),
    ("f08080af", 0),
    ("c1bf", 0),  # 6.18.1
    ("eda080", 0),  # 6.20.1: surrogates
    ("edbfbf", 0),
    ("eda080edb080", 0),  # 6.21.1: in pairs
]


@pytest.mark.parametrize("cut", ["whole", "segments", "fragments"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("payload", VALID_UTF_8)
def test_texts_of_autobahn_that_are_utf_8(payload: str, packed: bool, cut: str) -> None:
    talk = spoken(bytes.fromhex(payload), packed=packed, cut=cut)
    assert said(talk) == [text(CLIENT, bytes.fromhex(payload))]
    assert talk.odd == []


@pytest.mark.parametrize("cut", ["whole", "segments", "fragments"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("payload", "place"), INVALID_UTF_8)
def test_texts_of_autobahn_that_are_not(payload: str, place: int, packed: bool, cut: str) -> None:
    data = bytes.fromhex(payload)
    talk = spoken(data, packed=packed, cut=cut)
    assert said(talk) == [Said(CLIENT, TEXT, data, len(data), 0)]
    (odd,) = talk.log.anomalies
    assert (odd.name, str(odd.side)) == ("text_not_utf8", "client")
    assert odd.detail == f"byte {place} of the message"


def spoken(data: bytes, *, packed: bool, cut: str) -> Talk:
    talk = talk_of(extensions=DEFLATE)
    payload = Packer().pack(data) if packed else data
    cuts = range(1, len(payload)) if cut == "fragments" else []
    wire = b"".join(fragments(TEXT, payload, cuts, side=CLIENT, rsv=4 * packed))
    size = 1 if cut == "segments" else len(wire)
    for start in range(0, len(wire), size):
        talk.say(CLIENT, wire[start : start + size])
    return talk


def test_bad_text_is_told_when_it_is_sent_though_the_message_never_ends() -> None:
    # Autobahn 6.4.2: who checks at once closes with 1007 before the message is whole.
    talk = talk_of()
    talk.say(CLIENT, frame(TEXT, bytes.fromhex("cebaf4"), mask=MASK, fin=False))
    talk.say(CLIENT, frame(CONTINUATION, bytes.fromhex("90"), mask=MASK, fin=False))
    talk.say(SERVER, frame(CLOSE, close_body(1007)))
    assert said(talk) == []
    (odd,) = talk.log.anomalies
    assert (odd.name, odd.packet, odd.time_ns) == ("text_not_utf8", 2, 2 * MS)


@pytest.mark.parametrize(
    ("framing", "version", "violates"),
    # RULES D4: only from hybi-10, whose version 8 is that of drafts before it.
    [("rfc6455", 13, True), ("rfc6455", 8, False), ("hybi-06", 6, False), ("hixie-76", 0, False)],
)
def test_only_version_13_makes_bad_text_a_violation(
    framing: str, version: int, violates: bool
) -> None:
    talk = talk_of(framing, version=version)
    wire = {
        "hixie-76": b"\x00a\xc0\xff",
        "hybi-06": b"\x84\x02a\xc0",
    }.get(framing, frame(TEXT, b"a\xc0"))
    talk.say(SERVER, wire)
    assert said(talk) == [Said(SERVER, TEXT, b"a\xc0", 2, 0)]
    assert talk.odd == ["text_not_utf8"] * violates


# -- every framing -------------------------------------------------------------------------------


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("size", [1, 2, 7, 5000])
@pytest.mark.parametrize("side", ["client", "server"])
def test_every_framing_says_what_was_said(framing: str, size: int, side: Side) -> None:
    writer = upgrade(framing).frames()  # type: ignore[arg-type]
    number = SERVER if side == "server" else CLIENT
    words = ["", "a", "häuser", "𝄞" * 50, "long " * 500]
    wire = b"".join(writer.text(side, word) for word in words)
    expected = [text(number, word.encode()) for word in words]
    if framing.startswith("hixie"):
        wire += hixie_sized(0xFF, b"discarded") + hixie_text("end")
        expected.append(text(number, b"end"))
    else:
        wire += writer.write(side, "binary", b"\xff\0")
        for kind, body, last in (
            ("text", "é".encode()[:1], False),
            ("ping", b"p", True),
            ("continuation", b"", False),
            ("continuation", "é".encode()[1:], True),
        ):
            wire += writer.write(side, kind, body, last=last)
        expected += [Said(number, BINARY, b"\xff\0", 2, -1), text(number, "é".encode())]
    talk = talk_of(framing)
    for start in range(0, len(wire), size):
        talk.say(number, wire[start : start + size])
    assert said(talk) == expected
    assert talk.odd == []


def test_hybi_01_is_told_by_its_first_frame_and_says_it() -> None:
    talk = talk_of("hybi-01")
    talk.say(SERVER, b"\x04\x02hi")
    assert said(talk) == [text(SERVER, b"hi")]


@pytest.mark.parametrize("framing", ["hybi-03", "hybi-04", "hybi-05", "hybi-06", "rfc6455"])
@pytest.mark.parametrize("side", ["client", "server"])
def test_gap_in_a_payload_leaves_what_stands_before_it(framing: str, side: Side) -> None:
    writer = upgrade(framing).frames()  # type: ignore[arg-type]
    number = SERVER if side == "server" else CLIENT
    body = "0123456789" * 4
    wire = writer.text(side, body)
    head = len(wire) - len(body)
    for start in range(len(body)):
        for length in range(1, len(body) - start + 1):
            talk = talk_of(framing)
            talk.say(number, wire[: head + start])
            talk.gap(number, length)
            if start + length < len(body):
                talk.say(number, wire[head + start + length :])
            talk.say(number, writer.text(side, "next"))
            assert said(talk) == [
                Said(number, TEXT, body[:start].encode(), 40, -1, length),
                text(number, b"next"),
            ]


# -- where it cannot be told ---------------------------------------------------------------------


def test_what_a_gap_leaves_is_never_called_invalid() -> None:
    talk = talk_of()
    wire = frame(TEXT, "é".encode() * 20)
    talk.say(SERVER, wire[:5])  # in the middle of a letter
    talk.gap(SERVER, 4)
    talk.say(SERVER, wire[9:])
    assert said(talk) == [Said(SERVER, TEXT, "é".encode() + b"\xc3", 40, -1, 4)]
    assert talk.odd == ["capture_gap"]


def test_what_is_proven_before_a_gap_stays_so() -> None:
    talk = talk_of()
    talk.say(SERVER, frame(TEXT, b"\xc0bcd")[:4])
    talk.gap(SERVER, 2)
    assert said(talk) == [Said(SERVER, TEXT, b"\xc0b", 4, 0, 2)]


def test_message_whose_beginning_is_hidden_has_no_kind() -> None:
    talk = talk_of()
    talk.say(SERVER, frame(TEXT, b"hidden", fin=False)[:1])
    talk.gap(SERVER, 7)
    rest = frame(CONTINUATION, b"rest, not small enough to be missed")
    after = [frame(TEXT, b"after that " * 20), frame(TEXT, b"and that " * 20)]
    for data in (rest, *after):
        talk.say(SERVER, data)
    assert said(talk) == [
        Said(SERVER, CONTINUATION, b"", -1, -1),
        text(SERVER, b"after that " * 20),
        text(SERVER, b"and that " * 20),
    ]


def test_message_that_was_interrupted_by_a_loss_of_place_is_not_continued() -> None:
    talk = talk_of()
    talk.say(SERVER, frame(TEXT, b"first", fin=False))
    talk.gap(SERVER, 50)
    for word in (b"second", b"third"):
        talk.say(SERVER, frame(TEXT, word * 30))
    assert said(talk) == [text(SERVER, b"second" * 30), text(SERVER, b"third" * 30)]


def packed_frames(words: Sequence[bytes], **options: int) -> list[bytes]:
    packer = Packer(**options)  # type: ignore[arg-type]
    return [frame(TEXT, packer.pack(word), rsv=4) for word in words]


WORDS = [b'{"price": 100, "name": "one"}', b'{"price": 101, "name": "one"}', b"\xe2\x82\xac 7"]


def test_gap_takes_the_window_from_all_that_refers_to_it() -> None:
    talk = talk_of(extensions=DEFLATE)
    wire = packed_frames([*WORDS, WORDS[0]])
    talk.say(SERVER, wire[0][:-9])
    talk.gap(SERVER, 4)
    talk.say(SERVER, wire[0][-5:])
    for data in wire[1:]:
        talk.say(SERVER, data)
    first, *rest = said(talk)
    assert WORDS[0].startswith(first.payload)
    assert (first.size, first.valid, first.missing) == (-1, -1, 4)
    # What refers to nothing is read, what refers to that message, too.
    assert rest == [
        Said(SERVER, TEXT, b"", -1, -1),
        text(SERVER, WORDS[2]),
        Said(SERVER, TEXT, b"", -1, -1),
    ]
    assert talk.odd == ["capture_gap"]


def test_gap_takes_nothing_from_what_is_compressed_alone() -> None:
    talk = talk_of(extensions=f"{DEFLATE}; server_no_context_takeover")
    wire = packed_frames(WORDS, takeover=False)
    talk.say(SERVER, wire[0][:-9])
    talk.gap(SERVER, 4)
    talk.say(SERVER, wire[0][-5:] + wire[1])
    talk.say(SERVER, frame(TEXT, bytes.fromhex("f200110000"), rsv=4))
    talk.say(SERVER, wire[2])
    _, second, third, last = said(talk)
    assert (second, last) == (text(SERVER, WORDS[1]), text(SERVER, WORDS[2]))
    # It refers to a message before it, which it must not: that is certain even behind a gap.
    assert third == Said(SERVER, TEXT, b"H", -1, -1)
    assert talk.odd == ["capture_gap", "message_not_inflatable"]


def test_gap_in_what_is_not_compressed_leaves_the_window_alone() -> None:
    talk = talk_of(extensions=DEFLATE)
    wire = packed_frames(WORDS)
    talk.say(SERVER, wire[0] + frame(TEXT, b"plain text")[:4])
    talk.gap(SERVER, 8)
    talk.say(SERVER, wire[1])
    assert [one.payload for one in said(talk)] == [WORDS[0], b"pl", WORDS[1]]


def test_each_side_has_a_window_of_its_own() -> None:
    talk = talk_of(extensions=f"{DEFLATE}; client_max_window_bits=9; server_no_context_takeover")
    ours, theirs = Packer(bits=9), Packer(takeover=False)
    for word in WORDS * 30:
        talk.say(CLIENT, frame(TEXT, ours.pack(word), rsv=4, mask=MASK))
        talk.say(SERVER, frame(TEXT, theirs.pack(word), rsv=4))
        talk.say(CLIENT, frame(TEXT, b"plain", mask=MASK))
    each = [[text(CLIENT, word), text(SERVER, word), text(CLIENT, b"plain")] for word in WORDS]
    assert said(talk) == [one for three in each * 30 for one in three]


def test_what_does_not_inflate_is_told() -> None:
    talk = talk_of(extensions=DEFLATE)
    talk.say(SERVER, packed_frames([b"good"])[0])
    talk.say(SERVER, frame(TEXT, Packer().pack(b"so far ") + b"\0\0\xff\xff\xff", rsv=4))
    talk.say(SERVER, frame(TEXT, bytes.fromhex("f200110000"), rsv=4))
    talk.say(SERVER, frame(TEXT, b"plain"))
    assert said(talk) == [
        text(SERVER, b"good"),
        Said(SERVER, TEXT, b"so far ", -1, -1),
        # What it refers to is not known any more: no violation of its own.
        Said(SERVER, TEXT, b"", -1, -1),
        text(SERVER, b"plain"),
    ]
    (odd,) = talk.log.anomalies
    assert (odd.name, odd.packet, odd.detail) == (
        "message_not_inflatable",
        2,
        "invalid block type",
    )


def test_reserved_bits_that_nobody_agreed_on_hide_what_was_said() -> None:
    talk = talk_of()
    talk.say(SERVER, frame(TEXT, b"what?", rsv=4) + frame(TEXT, b"plain"))
    assert said(talk) == [Said(SERVER, TEXT, b"", -1, -1), text(SERVER, b"plain")]
    assert talk.odd == ["reserved_bit_set"]


def test_extension_that_is_not_known_may_have_made_text_of_its_own() -> None:
    talk = talk_of(extensions="something-new")
    talk.say(SERVER, frame(TEXT, b"\xc0 odd") + frame(TEXT, b"text") + frame(TEXT, b"?", rsv=1))
    assert said(talk) == [
        Said(SERVER, TEXT, b"\xc0 odd", 5, -1),
        text(SERVER, b"text"),
        Said(SERVER, TEXT, b"", -1, -1),
    ]
    assert talk.odd == []


def test_opcodes_that_nobody_defined_are_no_messages() -> None:
    talk = talk_of()
    talk.say(SERVER, frame(3, b"?", fin=False) + frame(CONTINUATION, b"!") + frame(TEXT, b"text"))
    assert said(talk) == [Said(SERVER, CONTINUATION, b"", -1, -1), text(SERVER, b"text")]


def test_message_that_another_interrupts_is_none() -> None:
    talk = talk_of(extensions=DEFLATE)
    packer = Packer()
    first, second, third = (packer.pack(word) for word in (WORDS[0], WORDS[1], b"new"))
    talk.say(SERVER, frame(TEXT, first, fin=False, rsv=4))
    talk.say(SERVER, frame(TEXT, second, rsv=4) + frame(TEXT, third, rsv=4))
    assert said(talk) == [Said(SERVER, TEXT, b"", -1, -1), text(SERVER, b"new")]
    assert talk.odd == ["message_interrupted"]


# -- other extensions ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize("options", ["", "; no_context_takeover"])
def test_extension_may_compress_frame_by_frame(options: str, size: int) -> None:
    talk = talk_of(extensions=f"x-webkit-deflate-frame{options}", version=13)
    packer = Packer(takeover=not options)
    wire = b"".join(
        [
            frame(TEXT, packer.pack(WORDS[0]), rsv=4, mask=MASK),
            frame(TEXT, packer.pack(b"one, "), rsv=4, fin=False, mask=MASK),
            frame(PING, b"p", mask=MASK),
            frame(CONTINUATION, b"two, ", fin=False, mask=MASK),
            frame(CONTINUATION, packer.pack(b"one, three"), rsv=4, mask=MASK),
            frame(TEXT, packer.pack(WORDS[1]), rsv=4, mask=MASK),
        ]
    )
    for start in range(0, len(wire), size):
        talk.say(CLIENT, wire[start : start + size])
    assert [one.payload for one in said(talk)] == [WORDS[0], b"one, two, one, three", WORDS[1]]
    assert {one.valid for one in said(talk)} == {1}


def test_gap_in_one_frame_of_many_hides_the_rest_of_its_message_only() -> None:
    talk = talk_of(extensions="deflate-frame; no_context_takeover")
    packer = Packer(takeover=False)
    parts = [frame(TEXT, packer.pack(b"begin "), rsv=4, fin=False, mask=MASK)]
    parts.append(frame(CONTINUATION, b"0123456789", fin=False, mask=MASK))
    parts.append(frame(CONTINUATION, packer.pack(b" end"), rsv=4, mask=MASK))
    talk.say(CLIENT, parts[0] + parts[1][:8])
    talk.gap(CLIENT, 8)
    talk.say(CLIENT, parts[2] + frame(TEXT, packer.pack(b"next"), rsv=4, mask=MASK))
    assert said(talk) == [
        Said(CLIENT, TEXT, b"begin 01", -1, -1, 8),
        text(CLIENT, b"next"),
    ]


@pytest.mark.parametrize("size", [1, 10_000])
def test_deflate_stream_is_read_underneath(size: int) -> None:
    talk = talk_of(extensions="deflate-stream", version=8)
    packer = zlib.compressobj(wbits=-15)
    wire = packer.compress(frame(TEXT, b"hello" * 20) + frame(BINARY, b"\xff"))
    wire += packer.flush(zlib.Z_SYNC_FLUSH)
    for start in range(0, len(wire), size):
        talk.say(SERVER, wire[start : start + size])
    assert said(talk) == [text(SERVER, b"hello" * 20), Said(SERVER, BINARY, b"\xff", 1, -1)]


# -- bounds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_of_a_long_message_the_first_64_kib_are_kept_and_all_is_checked(packed: bool) -> None:
    words = [b"x" * 200_000 + b"\xc0", Random(1).randbytes(100).hex().encode() * 1000]
    packer = Packer()
    talk = talk_of(extensions=DEFLATE)
    for word in (*words, words[1][-300:]):
        data = frame(TEXT, packer.pack(word) if packed else word, rsv=4 * packed)
        for start in range(0, len(data), 1400):
            talk.say(SERVER, data[start : start + 1400])
    assert said(talk) == [
        Said(SERVER, TEXT, words[0][:KEPT_BYTES], 200_001, 0),
        Said(SERVER, TEXT, words[1][:KEPT_BYTES], 200_000, 1),
        text(SERVER, words[1][-300:]),  # what was not kept was not forgotten by the window
    ]
    assert talk.odd == ["text_not_utf8"]


def test_bomb_is_not_followed_to_its_end() -> None:
    packer = Packer()
    bomb, after = packer.pack(bytes(LARGEST + PIECE)), packer.pack(bytes(10))
    talk = talk_of(extensions=DEFLATE)
    talk.say(SERVER, frame(BINARY, bomb, rsv=4))
    talk.say(SERVER, frame(BINARY, after, rsv=4) + frame(TEXT, b"plain"))
    first, second, last = said(talk)
    assert first == Said(SERVER, BINARY, bytes(KEPT_BYTES), -1, -1)
    assert (second.size, last) == (-1, text(SERVER, b"plain"))
    assert talk.odd == ["message_inflates_too_far"]


PIECE = 65536


def test_many_small_bombs_do_not_fill_the_memory() -> None:
    talk = talk_of(extensions=f"{DEFLATE}; server_no_context_takeover")
    bomb = frame(BINARY, Packer().pack(bytes(KEPT_BYTES)), rsv=4)
    for _ in range(400):
        talk.say(SERVER, bomb)
    talk.say(SERVER, frame(TEXT, b"x" * 70_000))
    rows = said(talk)
    kept = sum(len(one.payload) for one in rows)
    assert kept <= KEPT_ANYHOW + KEPT_RATIO * (400 * len(bomb) + 70_000)
    assert {one.size for one in rows[:-1]} == {KEPT_BYTES}
    assert talk.odd == ["messages_not_kept"]


# -- however it is cut ---------------------------------------------------------------------------


@st.composite
def conversations(draw: st.DrawFn) -> tuple[str, list[tuple[int, bytes]], list[Said]]:
    """Give an extension, frames in turn, and the messages that they stand for."""
    options = draw(st.sampled_from(["", "no_context_takeover", "max_window_bits=9"]))
    asked = "".join(f"; {side}_{options}" for side in ("client", "server") if options)
    bits = 9 if "bits" in options else 15
    packers = [Packer(takeover="no" not in options, bits=bits) for _ in range(2)]
    frames: list[tuple[int, bytes]] = []
    expected = []
    for _ in range(draw(st.integers(1, 8))):
        side = draw(st.sampled_from([CLIENT, SERVER]))
        word = draw(
            st.one_of(
                st.text(max_size=40).map(str.encode),
                st.binary(max_size=40),
                st.sampled_from([b"x" * 5000, b"\xed\xa0\x80", b"\xe2\x82", b"ab\xf4\x90c"]),
            )
        )
        opcode = draw(st.sampled_from([TEXT, BINARY]))
        packed = draw(st.booleans())
        payload = packers[side].pack(word) if packed else word
        cuts = draw(st.lists(st.integers(0, len(payload)), max_size=4))
        for part in fragments(opcode, payload, cuts, side=side, rsv=4 * packed):
            frames.append((side, part))
            if draw(st.booleans()):
                frames.append((side, frame(PING, b"p", mask=mask_of(side))))
        valid = -1 if opcode == BINARY else int(is_utf_8(word))
        expected.append(Said(side, opcode, word, len(word), valid))
    return DEFLATE + asked, frames, expected


def is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@settings(max_examples=60, deadline=None)
@given(told=conversations(), sizes=st.lists(st.integers(1, 60), min_size=1, max_size=9))
def test_messages_are_the_same_however_they_are_cut(
    told: tuple[str, list[tuple[int, bytes]], list[Said]], sizes: list[int]
) -> None:
    extensions, frames, expected = told
    details = []
    for lengths in ([10_000], [1], sizes):
        talk = talk_of(extensions=extensions)
        turn = 0
        for side, data in frames:
            start = 0
            while start < len(data):
                size = lengths[turn % len(lengths)]
                turn += 1
                talk.say(side, data[start : start + size])
                start += size
        assert said(talk) == expected
        invalid = sum(one.valid == 0 for one in expected)
        assert talk.odd == ["text_not_utf8"] * invalid
        details.append([one.detail for one in talk.log.anomalies])
    assert details[0] == details[1] == details[2]


@settings(max_examples=100, deadline=None)
@given(
    told=conversations(),
    side=st.sampled_from([CLIENT, SERVER]),
    place=st.floats(0, 1, exclude_max=True),
    length=st.integers(1, 80),
)
def test_around_a_gap_nothing_untrue_is_told(
    told: tuple[str, list[tuple[int, bytes]], list[Said]], side: int, place: float, length: int
) -> None:
    extensions, frames, expected = told
    sent = b"".join(data for who, data in frames if who == side)
    start = int(place * len(sent))
    talk = talk_of(extensions=extensions)
    talk.say(side, sent[:start]) if start else None
    talk.gap(side, min(length, len(sent) - start)) if sent else None
    if sent[start + length :]:
        talk.say(side, sent[start + length :])
    mine = [one for one in expected if one.side == side]
    rows = said(talk)
    assert len(rows) <= len(mine)
    possible = iter(mine)
    for row in rows:
        assert any(may_be(row, one) for one in possible), (row, mine)
    assert set(talk.odd) <= {"capture_gap", "decoding_resumed", "text_not_utf8", "frame_cut_off"}
    bad = talk.odd.count("text_not_utf8")
    assert bad <= sum(one.valid == 0 for one in mine)


def may_be(row: Said, truth: Said) -> bool:
    """Whether all that is told of a message is true."""
    return (
        row.opcode in {truth.opcode, CONTINUATION}
        and truth.payload.startswith(row.payload)
        and row.size in {truth.size, -1}
        and row.valid in {truth.valid, -1}
    )
