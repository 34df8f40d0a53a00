"""Header blocks are read as RFC 7541 shows it, late or at once, and never after one was lost."""

from __future__ import annotations

import pytest
from hpack import Decoder, Encoder
from hypothesis import given
from hypothesis import strategies as st

from analyzer.http2.headers import MAX_TABLE, HeaderBlocks, may_ask

# RFC 7541, appendix C.4: three requests with Huffman coding, on one connection.
C4 = [
    bytes.fromhex("828684418cf1e3c2e5f23a6ba0ab90f4ff"),
    bytes.fromhex("828684be5886a8eb10649cbf"),
    bytes.fromhex("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"),
]
FIELDS = [
    [
        (b":method", b"GET"),
        (b":scheme", b"http"),
        (b":path", b"/"),
        (b":authority", b"www.example.com"),
    ],
    [
        (b":method", b"GET"),
        (b":scheme", b"http"),
        (b":path", b"/"),
        (b":authority", b"www.example.com"),
        (b"cache-control", b"no-cache"),
    ],
    [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":path", b"/index.html"),
        (b":authority", b"www.example.com"),
        (b"custom-key", b"custom-value"),
    ],
]
PROTOCOL = [(":method", "CONNECT"), (":protocol", "websocket")]


def test_blocks_of_the_rfc_are_read() -> None:
    blocks = HeaderBlocks()
    assert [blocks.read(block) for block in C4] == FIELDS


@pytest.mark.parametrize("kept", [1, 2])
def test_blocks_that_waited_count_for_those_behind_them(kept: int) -> None:
    blocks = HeaderBlocks()
    for block in C4[:kept]:
        blocks.keep(block)
    assert blocks.waiting == sum(map(len, C4[:kept]))
    assert [blocks.read(block) for block in C4[kept:]] == FIELDS[kept:]
    assert blocks.waiting == 0


def test_sizes_of_the_table_change_as_the_encoder_says() -> None:
    # RFC 7541, section 4.2: smaller, larger than at first, and nothing at all.
    blocks, encoder = HeaderBlocks(), Encoder()
    for number, size in enumerate([4096, 100, 65536, 0, 4096, MAX_TABLE]):
        encoder.header_table_size = size
        fields = [("x-name", f"value {number}"), ("x-long", "y" * 200)]
        for _ in range(3):
            block = encoder.encode(fields)
            expected = [(name.encode(), value.encode()) for name, value in fields]
            assert blocks.read(block) == expected


@pytest.mark.parametrize("huffman", [True, False])
def test_first_request_for_a_protocol_is_noticed_without_reading_it(huffman: bool) -> None:
    encoder = Encoder()
    assert not may_ask(encoder.encode([(":method", "GET"), (":path", "/")], huffman))
    assert may_ask(encoder.encode(PROTOCOL, huffman))


@pytest.mark.parametrize(
    "block",
    [
        "be",  # RFC 7541, section 2.3.3: index 62, of an empty table
        "80",  # section 6.1: index 0
        "ffffffffffffffffff",  # an integer without an end
        "40",  # a literal that ends at once
        "4184ffffffff",  # Huffman: EOS inside a string (section 5.2)
        "8220",  # section 4.2: a size update behind a field
        "3fffffffff0f",  # a table larger than anybody allows
    ],
)
def test_blocks_without_sense_lose_all_that_follow(block: str) -> None:
    blocks = HeaderBlocks()
    assert blocks.read(bytes.fromhex(block)) is None
    assert blocks.lost
    assert blocks.read(C4[0]) is None


def test_a_block_that_grows_beyond_all_bounds_is_not_read() -> None:
    # A field of 4000 bytes in the table, then named a thousand times with one byte each.
    blocks = HeaderBlocks()
    assert blocks.read(Encoder().encode([("x", "y" * 4000)])) is not None
    assert blocks.read(b"\xbe" * 1000) is None


def test_nothing_is_read_behind_a_missing_block() -> None:
    blocks = HeaderBlocks()
    blocks.keep(C4[0])
    blocks.lose()
    blocks.keep(C4[1])
    assert (blocks.read(C4[2]), blocks.waiting, blocks.lost) == (None, 0, True)


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_bytes_are_taken(data: list[bytes]) -> None:
    blocks = HeaderBlocks()
    for block in data:
        fields = blocks.read(block)
        assert (fields is None) == blocks.lost


def test_equal_blocks_mean_the_same_until_the_table_changes() -> None:
    # By hand: 0xbe is index 62, the newest entry of the table (RFC 7541, section 2.3.3).
    blocks = HeaderBlocks()
    first, second = b"\x40\x01a\x01b", b"\x40\x01c\x01d"
    newest = b"\xbe"
    assert blocks.read(first) == [(b"a", b"b")]
    assert [blocks.read(newest), blocks.read(newest)] == [[(b"a", b"b")]] * 2
    assert blocks.read(second) == [(b"c", b"d")]
    assert [blocks.read(newest), blocks.read(b"\xbf")] == [[(b"c", b"d")], [(b"a", b"b")]]
    assert blocks.read(first) == [(b"a", b"b")]  # an entry again, though it looks the same
    assert blocks.read(newest) == [(b"a", b"b")]
    assert blocks.read(b"\x20") == []  # a table of size 0
    assert blocks.read(newest) is None


@given(st.data())
def test_blocks_are_read_as_by_one_who_remembers_nothing(data: st.DataObject) -> None:
    blocks, encoder, plain = HeaderBlocks(), Encoder(), Decoder()
    names = st.sampled_from([":method", "a", "b", "cookie"])
    fields = st.lists(st.tuples(names, st.sampled_from(["", "1", "2", "x" * 60])), max_size=4)
    for _ in range(data.draw(st.integers(1, 12))):
        if data.draw(st.integers(0, 5)) == 0:
            encoder.header_table_size = data.draw(st.sampled_from([0, 40, 80, 4096]))
        block = encoder.encode(data.draw(fields), huffman=data.draw(st.booleans()))
        expected = [tuple(field) for field in plain.decode(block, raw=True)]
        assert blocks.read(block) == expected
