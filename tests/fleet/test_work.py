"""What workers do, one after the other in this process: any cut gives what no cut gives."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.fleet.piece import Piece
from analyzer.fleet.run import _befores, _joined, _own, _share, in_order
from analyzer.fleet.work import Scan, analyse, analyse_share, common, number, renumbered, scan
from analyzer.read import Session
from analyzer.record import Connection
from analyzer.share import ALL, Task
from capture_files import pcap
from conversation import START_NS
from generated import several_talks
from packets import Packet
from records import plain
from told import SECOND, closed, finished, merged, opened
from transform import HARMLESS

RECORDINGS = sorted((Path(__file__).resolve().parents[2] / "captures").glob("*/*.pcap"))
ANY_FOLDER = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def written(folder: Path, packets: Sequence[Packet], cuts: Sequence[int]) -> list[Path]:
    """Write packets into files, cut before these ones."""
    for old in folder.glob("*.pcap"):
        old.unlink()
    edges = [0, *sorted(min(cut, len(packets)) for cut in cuts), len(packets)]
    paths = []
    for index, (begin, end) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        paths.append(folder / f"web_{index:03d}.pcap")
        paths[-1].write_bytes(pcap(list(packets[begin:end])))
    return paths


def by_pieces(pieces: list[Piece], shares: int) -> list[Connection]:
    """Do what a cluster does, in the same steps."""
    task = Task(frames=ALL, messages=ALL)
    groups = in_order([one for one in map(scan, pieces) if one.packets])
    shared = common([one.keys for group in groups for one in group])
    *befores, behind = _befores(groups, [])
    done = [
        # What goes from worker to worker is pickled.
        pickle.loads(pickle.dumps(analyse(_joined(group), before, shared, shares, task)))
        for group, before in zip(groups, befores, strict=True)
    ]
    parts = [_own(one) for one in done]
    parts += [
        analyse_share([_share(one, index) for one in done], behind.secrets, task)
        for index in range(shares)
    ]
    numbers = number([(part.opened, part.created) for part in parts])
    found = [
        one for part, mine in zip(parts, numbers, strict=True) for one in renumbered(part, mine)
    ]
    return sorted(found, key=lambda one: one.id)


def test_secrets_of_all_that_was_read_are_known_behind_it() -> None:
    piece = Piece("web", ("a",))
    groups = [
        [Scan(piece, [], packets=2, latest_ns=5, secrets=[b"1"])],
        [
            Scan(piece, [], packets=1, latest_ns=9, secrets=[b"2"]),
            Scan(piece, [], packets=4, latest_ns=7, secrets=[b"3"]),
        ],
    ]
    first, second, behind = _befores(groups, [b"0"])
    assert (first.packets, first.secrets) == (0, [b"0"])
    assert (second.packets, second.latest_ns, second.secrets) == (2, 5, [b"0", b"1"])
    assert (behind.packets, behind.latest_ns) == (7, 9)
    assert behind.secrets == [b"0", b"1", b"2", b"3"]


def alone(packets: Sequence[Packet]) -> list[Connection]:
    data = io.BytesIO(pcap(list(packets)))
    return sorted(Session(data, ALL, ALL), key=lambda one: one.id)


def crowd() -> list[Packet]:
    talks = [
        (closed, finished)[n % 2](40000 + n, start_ns=START_NS + n * SECOND // 3) for n in range(40)
    ]
    left = [opened(50000 + n, start_ns=START_NS + n * 2 * SECOND).packets for n in range(5)]
    return merged(*talks, *left)


def assert_same(found: list[Connection], expected: list[Connection]) -> None:
    assert [plain(one) for one in found] == [plain(one) for one in expected]


@ANY_FOLDER
@given(
    packets=several_talks(),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    shares=st.integers(1, 3),
)
def test_generated_talks_come_out_of_any_pieces_as_of_one(
    tmp_path: Path, packets: list[Packet], cuts: list[int], shares: int
) -> None:
    paths = written(tmp_path, packets, cuts)
    pieces = [Piece("web", (str(path),)) for path in paths]
    assert_same(by_pieces(pieces, shares), alone(packets))


@pytest.mark.parametrize(
    "path", RECORDINGS[::3], ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_recordings_come_out_of_any_records_of_one_file(path: Path) -> None:
    """Pieces of one file, cut where records begin; each with other streams in it."""
    data = path.read_bytes()
    begins, at = [], 24
    while at < len(data):
        begins.append(at)
        at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
    random = Random(path.name)
    cuts = sorted(random.sample(begins[1:], min(3, len(begins) - 1)))
    pieces = [
        Piece("web", (str(path),), data[:24] if begin else b"", begin, end)
        for begin, end in zip([0, *cuts], [*cuts, None], strict=True)
    ]
    session = sorted(Session(path, ALL, ALL, jobs=1), key=lambda one: one.id)
    assert_same(by_pieces(pieces, 2), session)


@pytest.mark.parametrize("change", ["reordered", "retransmitted", "captured twice", "everything"])
@pytest.mark.parametrize("count", [2, 7])
def test_a_crowd_comes_out_of_pieces_however_it_was_changed(
    tmp_path: Path, change: str, count: int
) -> None:
    packets = HARMLESS[change](crowd(), Random(11))
    cuts = [index * len(packets) // count for index in range(1, count)]
    pieces = [Piece("web", (str(path),)) for path in written(tmp_path, packets, cuts)]
    expected = alone(packets)
    assert len(expected) == 45
    assert_same(by_pieces(pieces, 3), expected)


def test_files_that_overlap_in_time_are_read_at_one_go(tmp_path: Path) -> None:
    packets = crowd()
    halves = [packets[::2], packets[1::2]]
    pieces = []
    for index, half in enumerate(halves):
        path = tmp_path / f"if{index}.pcap"
        path.write_bytes(pcap(half))
        pieces.append(Piece("web", (str(path),)))
    scans = [scan(one) for one in pieces]
    assert [len(group) for group in in_order(scans)] == [2]
    expected = sorted(Session(tmp_path, ALL, ALL), key=lambda one: one.id)
    assert len(expected) == 45
    assert_same(by_pieces(pieces, 2), expected)


def test_files_are_put_in_the_order_of_their_times(tmp_path: Path) -> None:
    packets = crowd()
    paths = written(tmp_path, packets, [100, 200, 300])
    pieces = [Piece("web", (str(path),)) for path in reversed(paths)]
    groups = in_order([scan(one) for one in pieces])
    assert [Path(one.piece.paths[0]) for group in groups for one in group] == paths
    assert_same(by_pieces(pieces, 2), alone(packets))


def test_a_scan_tells_what_a_piece_holds(tmp_path: Path) -> None:
    packets = merged(closed(40000), finished(40001, start_ns=START_NS + SECOND))
    (path,) = written(tmp_path, packets, [])
    found = scan(Piece("web", (str(path),)))
    assert (found.packets, len(found.keys)) == (len(packets), 2)
    assert (found.first_ns, found.latest_ns) == (packets[0].time_ns, packets[-1].time_ns)
    assert list(found.keys) == sorted(found.keys)


def test_what_is_no_capture_and_what_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no capture")
    notes = scan(Piece("web", (str(tmp_path / "notes.txt"),)))
    assert (notes.packets, notes.is_capture) == (0, False)
    assert "no pcap or pcapng capture" in notes.records[0].problem
    gone = scan(Piece("web", (str(tmp_path / "gone.pcap"),)))
    assert gone.records[0].problem == "No such file or directory"
    assert gone.is_capture


def test_a_capture_that_is_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (path,) = written(tmp_path, closed(), [])
    path.write_bytes(path.read_bytes()[:-3])
    found = scan(Piece("web", (str(path),)))
    assert found.packets == len(closed()) - 1
    assert found.records[0].problem == "cut short in the middle of a packet"
    assert not found.records[0].complete


def test_only_what_several_pieces_hold_is_common() -> None:
    np = pytest.importorskip("numpy")
    pieces = [np.array(keys, np.uint64) for keys in ([1, 2, 3], [3, 4], [5], [1, 5])]
    assert common(pieces).tolist() == [1, 3, 5]
    assert common(pieces[:1]).tolist() == []
