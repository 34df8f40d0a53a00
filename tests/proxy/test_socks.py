"""SOCKS: what is granted is a hop, everything else is none."""

from __future__ import annotations

import pytest

from analyzer.proxy.hop import Hop
from analyzer.proxy.socks import SocksLayer
from proxy.proxied import FRONTS
from proxy.reading import Rooms


def socks() -> Rooms:
    rooms = Rooms()
    rooms.stack.top = SocksLayer(rooms.stack, rooms)
    return rooms


def test_a_hop_has_target_answer_and_times() -> None:
    rooms = socks().talk(FRONTS["socks5, with a password"][1])
    # Six messages, ten nanoseconds apart; the fifth asks.
    assert rooms.hops == [Hop("socks5", "192.0.2.7:443", 0, asked_at=50, answered_at=60, packet=5)]
    (old,) = socks().talk(FRONTS["socks4a"][1]).hops
    assert (old.status, old.asked_at, old.answered_at, old.packet) == (90, 10, 20, 1)


def test_no_password_is_kept() -> None:
    (hop,) = socks().talk(FRONTS["socks5, with a password"][1]).hops
    assert "secret" not in repr(hop)
    assert "user" not in repr(hop)


def test_a_client_that_does_not_wait_for_answers_is_understood() -> None:
    _, said = FRONTS["socks5, by name"]
    everything = b"".join(data for side, data in said if side == 0)
    answers = b"".join(data for side, data in said if side == 1)
    rooms = socks().talk([(0, everything + b"GET"), (1, answers + b"HTTP")])
    assert [hop.kind for hop in rooms.hops] == ["socks5"]
    assert rooms.top.bytes == [b"GET", b"HTTP"]


@pytest.mark.parametrize(
    "said",
    [
        [(0, b"\x05\x00")],  # no methods
        [(0, b"\x05\x01\x00"), (1, b"\x05\xff")],  # none of them will do (RFC 1928, section 3)
        [(0, b"\x05\x01\x01"), (1, b"\x05\x01")],  # GSSAPI
        [(0, b"\x05\x01\x02"), (1, b"\x05\x02"), (0, b"\x01\x01a\x01b"), (1, b"\x01\x01")],
        [(0, b"\x05\x01\x00"), (1, b"\x05\x00"), (0, b"\x05\x02\x00\x01\1\2\3\4\0\1")],  # BIND
        [
            (0, b"\x05\x01\x00"),
            (1, b"\x05\x00"),
            (0, b"\x05\x01\x00\x01\1\2\3\4\0\1"),
            (1, b"\x05\x05\x00\x01\0\0\0\0\0\0"),  # refused
        ],
        [(0, b"\x05\x01\x00"), (1, b"\x05\x00"), (0, b"\x05\x01\x00\x09\1\2\3\4\0\1")],
        [(0, b"\x05\x01\x00"), (1, b"\x04\x00")],
        [(0, b"\x04\x02\0\1\1\2\3\4\0")],  # BIND
        [(0, b"\x04\x01\0\1\1\2\3\4\0"), (1, b"\0\x5b" + bytes(6))],  # refused
        [(0, b"\x04\x01\0\1\1\2\3\4" + bytes([65]) * 300)],
        [(0, b"\x04\x01\0\1\0\0\0\1\0" + bytes([65]) * 300)],
    ],
)
def test_what_is_refused_or_no_socks_is_left_to_the_usual_layer(
    said: list[tuple[int, bytes]],
) -> None:
    rooms = socks().talk(said)
    assert (rooms.hops, rooms.usual_asked) == ([], 1)
