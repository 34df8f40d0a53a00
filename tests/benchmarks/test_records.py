"""What a TLS record costs beside the bare cipher: a line for each version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RECORDS = Path(__file__).with_name("records.py")


def test_each_version_has_a_line_with_all_its_records(tmp_path: Path) -> None:
    ours = tmp_path / "wsanalyze"
    ours.write_text(
        f"#!{sys.executable}\nimport sys\nfrom analyzer.cli import main\nsys.exit(main())\n",
        encoding="utf-8",
    )
    ours.chmod(0o755)
    command = [
        sys.executable,
        str(RECORDS),
        "--packets",
        "2000",
        "--runs",
        "1",
        "--ours",
        str(ours),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    heading, *lines = done.stdout.splitlines()
    assert heading.split()[0] == "profile"
    assert [line.split()[0] for line in lines] == ["tls12", "tls13", "tls13-bulk"]
    # Of the packets the half or more are frames; the others acknowledge. A long record takes twelve.
    records = [int(line.split()[1].replace(",", "")) for line in lines]
    assert all(1000 <= number <= 2000 for number in records[:2])
    assert 50 <= records[2] <= 200
    assert all(float(line.split()[4].replace(",", "")) > 0 for line in lines)
