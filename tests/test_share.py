"""What is asked of a share, and what it tells."""

from __future__ import annotations

import io
import pickle

import pytest

from analyzer.capture.source import open_captures
from analyzer.engine import AFTER_ALL
from analyzer.errors import UsageError
from analyzer.share import ALL, END, ShareRun, Task
from capture_files import pcap
from conversation import START_NS
from told import SECOND, closed, merged, opened


def run_of(task: Task) -> ShareRun:
    packets = merged(closed(40000), opened(40001, start_ns=START_NS + SECOND).packets)
    return ShareRun(open_captures(io.BytesIO(pcap(packets))).sources, task)


def test_all_numbers_are_in_everything_also_in_another_process() -> None:
    assert 12345 in ALL
    assert pickle.loads(pickle.dumps(Task(frames=ALL))).frames is ALL


def test_shares_divide_what_may_be_remembered() -> None:
    shares = [Task(max_streams=10).share(index, 3) for index in range(3)]
    assert [(one.index, one.count, one.max_streams) for one in shares] == [
        (0, 3, 4),
        (1, 3, 4),
        (2, 3, 4),
    ]


@pytest.mark.parametrize(
    ("task", "divisible"),
    [
        (Task(), True),
        (Task(frames=ALL, messages=ALL), True),
        (Task(frames={1}), False),
        (Task(messages={1}), False),
    ],
)
def test_what_depends_on_numbers_cannot_be_divided(task: Task, divisible: bool) -> None:
    assert task.divisible is divisible


def test_the_streams_of_all_shares_are_all_streams_once() -> None:
    found = []
    for index in range(4):
        run = run_of(Task().share(index, 4))
        while run.advance(1000):
            pass
        found += [told.connection.client.port for told in run.told() if told.connection]
    assert sorted(found) == [40000, 40001]


def test_a_share_tells_when_its_connections_began_and_ended() -> None:
    began = {}
    for index in range(4):
        run = run_of(Task().share(index, 4))
        while run.advance(1000):
            pass
        told = [*run.told(), run.end()]
        assert (told[-1].position, told[-1].connection) == (END, None)
        # No packet came so late that time would have made it happen before the end.
        assert all(one.position.packet == AFTER_ALL for one in told)
        opened_at = [position for one in told for position in one.opened]
        created = [packet for one in told for packet in one.created]
        for one in told:
            if one.connection is not None:
                place = opened_at[one.connection.id], created[one.connection.tcp_stream]
                began[one.connection.client.port] = place
    # Behind the three packets of a handshake comes the request; the first stream's packets up to
    # its Close (SYN to ACK of the text) lie before the second one's SYN, a second later.
    assert began[40000] == ((4, 0), 1)
    (asked, nothing), syn = began[40001]
    assert (asked - syn, nothing) == (3, 0)


def test_key_log_that_cannot_be_read_is_said() -> None:
    with pytest.raises(UsageError, match="cannot read the key log /nowhere/keys"):
        run_of(Task(keylog="/nowhere/keys"))
