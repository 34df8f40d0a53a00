"""The hash that upgrades use."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from analyzer.sha1 import sha1


# RFC 3174, section 7.3: the first two, as RFC 6234 writes them out.
@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
        ),
    ],
)
def test_it_is_that_of_the_standard(text: bytes, digest: str) -> None:
    assert sha1(text, usedforsecurity=False).hexdigest() == digest


def test_an_interpreter_without_its_own_takes_that_of_hashlib() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.modules['_sha1'] = None\n"
            "from analyzer.sha1 import sha1; print(sha1(b'abc').hexdigest())",
        ],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert told.stdout.strip() == "a9993e364706816aba3e25717850c26c9cd0d89d"
