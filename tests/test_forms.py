"""The compiled and the interpreted form say the same of every capture."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import analyzer
from analyzer.errors import CaptureError
from analyzer.read import read
from capture_files import pcap
from packet_files import captured
from packets import Packet
from shared import CAPTURES as SHARED
from stale import compiled_modules, folder_of
from test_fuzz import CHANGES, FRAMINGS, Random, conversation, spoil

ROOT = Path(__file__).resolve().parents[1]
COMPILED = compiled_modules(analyzer)
pytestmark = pytest.mark.skipif(not COMPILED, reason="the form under test is the interpreted one")

# Runs in the other form; it gets paths and gives one line of JSON for each.
PROGRAM = """
import json, sys
import analyzer.stream.bytestream as hot
assert hot.__file__.endswith(".py"), hot.__file__
from analyzer.errors import CaptureError
from analyzer.read import read
sys.path.insert(0, sys.argv[1])
from records import plain
for path in sys.stdin.read().splitlines():
    try:
        analysis = read(path, frames=True, messages=True)
    except CaptureError as error:
        print(json.dumps(str(error)))
        continue
    found = [plain(one) for one in analysis.connections]
    print(json.dumps([found, [str(one) for one in analysis.anomalies]]))
"""


def said(path: Path) -> object:
    """Give what the form under test says of a capture, as PROGRAM does."""
    from records import plain  # noqa: PLC0415 - as in the other process

    try:
        analysis = read(path, frames=True, messages=True)
    except CaptureError as error:
        return str(error)
    found = [plain(one) for one in analysis.connections]
    return json.loads(json.dumps([found, [str(one) for one in analysis.anomalies]]))


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the package without what was compiled."""
    folder = tmp_path_factory.mktemp("interpreted")
    skipped = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    shutil.copytree(folder_of(analyzer), folder / "analyzer", ignore=skipped)
    return folder


def assert_forms_agree(interpreted: Path, paths: list[Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROOT / "tests")],
        cwd=interpreted,
        env={**os.environ, "PYTHONPATH": str(interpreted)},
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    different = [
        path.name for path, line in zip(paths, lines, strict=True) if json.loads(line) != said(path)
    ]
    assert different == []


def test_forms_agree_on_every_recording(interpreted: Path) -> None:
    assert_forms_agree(interpreted, sorted(ROOT.glob("captures/*/*.pcap*")))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the team's public captures are not here")
@pytest.mark.shared
def test_forms_agree_on_public_captures(interpreted: Path) -> None:
    paths = [path for path in sorted(SHARED.glob("*/*")) if path.stat().st_size < 300_000]
    assert_forms_agree(
        interpreted, [path for path in paths if path.suffix not in {".keys", ".pem"}]
    )


def test_forms_agree_on_what_makes_no_sense(interpreted: Path, tmp_path: Path) -> None:
    """Numbers that are too large for C, or would be negative there, are in spoiled captures."""
    recordings = sorted(ROOT.glob("captures/*/*close*.pcap"))
    paths = []
    for number in range(300):
        random = Random(number)
        if number % 3:
            packets = conversation(random.choice(FRAMINGS), random)
            for change in random.sample(CHANGES, 2):
                packets = change(packets, random)
        else:
            origin = captured(random.choice(recordings))
            packets = [Packet(one.time_ns, one.data, one.original_length) for one in origin]
        packets = [
            packet._replace(data=spoil(random, packet.data)) if random.random() < 0.1 else packet
            for packet in packets
        ]
        path = tmp_path / f"{number}.pcap"
        path.write_bytes(pcap(packets) if number % 7 else spoil(random, pcap(packets)))
        paths.append(path)
    assert_forms_agree(interpreted, paths)
