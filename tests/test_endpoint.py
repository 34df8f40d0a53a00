"""Addresses as people write them, and what Community ID makes of two."""

from __future__ import annotations

import pytest

from analyzer.endpoint import Endpoint, community_id, endpoint


def test_endpoints_are_written_as_urls_do() -> None:
    assert str(endpoint(4, 0, 0x0A000001, 80)) == "10.0.0.1:80"
    assert endpoint(6, 0x20010DB8 << 32, 1, 443) == Endpoint("2001:db8::1", 443)
    assert str(endpoint(6, 0, 1, 8080)) == "[::1]:8080"


A, B = Endpoint("128.232.110.120", 34855), Endpoint("66.35.250.204", 80)
A6, B6 = Endpoint("fe80:0:0:0:200:86ff:fe05:80da", 1022), Endpoint("fe80::260:97ff:fe07:69ea", 22)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # From the test vectors of the Community ID specification.
        (A, B, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        (B, A, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    ],
)
def test_community_id(one: Endpoint, other: Endpoint, expected: str) -> None:
    assert community_id(one, other) == expected


def test_community_id_depends_on_no_spelling_of_an_address() -> None:
    assert community_id(A6, B6) == community_id(B6, Endpoint("fe80::200:86ff:fe05:80da", 1022))
