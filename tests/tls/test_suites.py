from __future__ import annotations

import pytest

from analyzer.tls.suites import suite_name, suite_of


@pytest.mark.parametrize(
    ("code", "name", "cipher", "hash_name"),
    [
        # From the IANA registry "TLS Cipher Suites".
        (0x1301, "TLS_AES_128_GCM_SHA256", "AES_128_GCM", "sha256"),
        (0x1302, "TLS_AES_256_GCM_SHA384", "AES_256_GCM", "sha384"),
        (0x1303, "TLS_CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305", "sha256"),
        (0x1305, "TLS_AES_128_CCM_8_SHA256", "AES_128_CCM_8", "sha256"),
        (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", "AES_128_CBC", "sha1"),
        (0x0004, "TLS_RSA_WITH_RC4_128_MD5", "RC4_128", "md5"),
        (0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256", "AES_128_GCM", "sha256"),
        (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "AES_128_GCM", "sha256"),
        (0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "AES_256_GCM", "sha384"),
        (0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "AES_256_CBC", "sha384"),
        (0xC09C, "TLS_RSA_WITH_AES_128_CCM", "AES_128_CCM", "sha256"),
        (0xC0AE, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "AES_128_CCM_8", "sha256"),
        (0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305", "sha256"),
        (0xD001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", "AES_128_GCM", "sha256"),
    ],
)
def test_suites_are_named_as_in_the_registry(
    code: int, name: str, cipher: str, hash_name: str
) -> None:
    suite = suite_of(code)
    assert suite is not None
    assert (suite.name, suite.cipher, suite.hash) == (name, cipher, hash_name)
    assert suite.served
    assert suite_name(code) == name


def test_prf_has_sha_256_unless_the_suite_says_sha_384() -> None:
    assert [suite_of(code).prf for code in (0x002F, 0x003C, 0xC030)] == [  # type: ignore[union-attr]
        "sha256",
        "sha256",
        "sha384",
    ]


def test_suites_that_nothing_here_opens_are_named_all_the_same() -> None:
    suite = suite_of(0xC060)
    assert suite is not None
    assert suite.name == "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256"
    assert not suite.served


def test_unknown_suite_has_its_number_for_a_name() -> None:
    assert suite_of(0xFAFA) is None
    assert suite_name(0xFAFA) == "0xFAFA"
