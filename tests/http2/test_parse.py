"""Whole frames are read by hyperframe, and those that break their own layout are none."""

from __future__ import annotations

import pytest
from hyperframe.frame import HeadersFrame
from hypothesis import given
from hypothesis import strategies as st

from analyzer.http2.parse import parse, upgrade_settings
from analyzer.http2.registry import (
    CONTINUATION,
    GOAWAY,
    HEADERS,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
)

KINDS = (HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, GOAWAY, WINDOW_UPDATE, CONTINUATION)


def test_headers_with_padding_and_priority() -> None:
    sent = HeadersFrame(
        1, b"block", pad_length=3, flags=["PADDED", "PRIORITY"], depends_on=5, stream_weight=9
    )
    wire = sent.serialize()
    found = parse(HEADERS, wire[4], 1, wire[9:])
    assert isinstance(found, HeadersFrame)
    assert found.data == b"block"


def test_goaway_in_hexadecimal_digits() -> None:
    # By hand, after RFC 9113, section 6.8: last stream 5, code 11, "hi".
    frame = parse(GOAWAY, 0, 0, bytes.fromhex("00000005 0000000b 6869"))
    assert frame is not None
    assert (frame.last_stream_id, frame.error_code, frame.additional_data) == (5, 11, b"hi")


@pytest.mark.parametrize(
    ("kind", "flags", "stream", "body"),
    [
        (RST_STREAM, 0, 1, b"\0\0\0"),  # RFC 9113, section 6.4: four octets
        (RST_STREAM, 0, 0, b"\0\0\0\0"),  # of no stream
        (GOAWAY, 0, 0, b"\0\0\0"),
        (SETTINGS, 0, 0, b"\0"),
        (WINDOW_UPDATE, 0, 0, bytes(4)),  # section 6.9: an increment of 0
        (HEADERS, 8, 1, b"\xffabc"),  # padding longer than the frame
    ],
)
def test_broken_layouts_are_none(kind: int, flags: int, stream: int, body: bytes) -> None:
    assert parse(kind, flags, stream, body) is None


@given(
    st.sampled_from(KINDS), st.integers(0, 255), st.integers(0, 2**31 - 1), st.binary(max_size=40)
)
def test_any_body_is_taken(kind: int, flags: int, stream: int, body: bytes) -> None:
    parse(kind, flags, stream, body)


@pytest.mark.parametrize(
    ("field", "settings"),
    [
        ("AAQAAAAK", {4: 10}),  # 0004 0000000a, by hand
        ("AAMAAABkAARAAAAAAAIAAAAA", {3: 100, 4: 1 << 30, 2: 0}),  # as curl sends it
        ("AAQAAP-_", {4: 0xFFBF}),  # 0004 0000ffbf
        ("AAQAAAA", {}),  # five bytes
        ("AAQAAAAK, AAQAAAAK", {}),  # "MUST NOT ... more than one" (RFC 7540, section 3.2.1)
        ("A", {}),
        ("\xe9", {}),
        ("=", {}),
    ],
)
def test_settings_of_an_upgrade(field: str, settings: dict[int, int]) -> None:
    assert upgrade_settings(field) == settings


@given(st.text(max_size=20))
def test_any_field_is_taken_for_settings_or_for_none(field: str) -> None:
    upgrade_settings(field)
