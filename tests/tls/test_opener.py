from __future__ import annotations

from analyzer.tls.opener import EARLY, INITIAL, MOST_TRIES, TRAFFIC, Opener
from analyzer.tls.protection import Protection


class Named(Protection):
    """Opens the records that carry its name and their number: ``name:number``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tried = 0

    def open(self, header: bytes, body: bytes, sequence: int) -> bytes | None:  # noqa: ARG002
        self.tried += 1
        return b"plain" if body == f"{self.name}:{sequence}".encode() else None

    def following(self) -> Protection:
        return Named(self.name + "'")


def opens(opener: Opener, name: str) -> bool:
    return opener.open(b"", name.encode()) == b"plain"


def ready(*stages: int) -> Opener:
    opener = Opener()
    opener.begin(stages[0])
    for stage in stages:
        opener.know(stage, Named(("early", "initial", "traffic")[stage]))
    return opener


def test_records_open_in_their_order() -> None:
    opener = ready(TRAFFIC)
    assert opens(opener, "traffic:0")
    assert opens(opener, "traffic:1")
    assert not opens(opener, "traffic:3")
    assert not opens(opener, "traffic:1")
    assert (opener.opened, opener.failed, opener.sequence) == (2, 2, 2)


def test_missing_record_is_counted() -> None:
    opener = ready(TRAFFIC)
    opener.pass_over()
    assert opens(opener, "traffic:1")


def test_behind_lost_records_the_number_is_found() -> None:
    opener = ready(TRAFFIC)
    assert opens(opener, "traffic:0")
    opener.lose(5)
    assert opens(opener, "traffic:4")
    assert opener.jumped == 3
    assert opens(opener, "traffic:5")
    assert opener.jumped == 0
    assert not opens(opener, "traffic:7")


def test_lost_bytes_may_have_been_no_record() -> None:
    opener = ready(TRAFFIC)
    opener.lose(5)
    assert opens(opener, "traffic:0")
    assert opener.jumped == 0


def test_more_records_than_could_be_lost_are_not_tried() -> None:
    opener = ready(TRAFFIC)
    opener.lose(5)
    assert not opens(opener, "traffic:6")
    assert opens(opener, "traffic:5")


def test_keys_change_from_stage_to_stage() -> None:
    opener = ready(EARLY, INITIAL, TRAFFIC)
    assert opens(opener, "early:0")
    opener.begin(INITIAL)
    assert opens(opener, "initial:0")
    assert not opener.settled
    opener.begin(TRAFFIC)
    assert opens(opener, "traffic:0")
    assert opener.settled
    assert not opens(opener, "initial:1")


def test_change_of_stage_that_was_not_seen_is_found() -> None:
    opener = ready(EARLY, INITIAL, TRAFFIC)
    assert opens(opener, "traffic:0")
    assert (opener.stage, opener.sequence, opener.jumped) == (TRAFFIC, 1, 0)
    assert not opens(opener, "initial:0")


def test_change_of_stage_in_a_hole_is_found_but_not_counted() -> None:
    opener = ready(INITIAL, TRAFFIC)
    opener.lose(4)
    assert opens(opener, "traffic:2")
    assert opener.jumped == -1
    assert opens(opener, "traffic:3")


def test_key_update_changes_keys_also_in_a_hole() -> None:
    opener = ready(TRAFFIC)
    assert opens(opener, "traffic:0")
    opener.update()
    assert opens(opener, "traffic':0")
    assert not opens(opener, "traffic'':0")
    opener.lose(3)
    assert opens(opener, "traffic'':2")
    assert opener.jumped == -1


def test_keys_may_come_late() -> None:
    opener = Opener()
    opener.begin(INITIAL)
    assert not opens(opener, "initial:0")
    assert not opener.has_keys
    opener.know(INITIAL, Named("initial"))
    opener.know(EARLY, Named("early"))
    assert opens(opener, "initial:0")
    assert opener.knows(EARLY)
    assert opener.knows(INITIAL)
    assert not opener.knows(TRAFFIC)


def test_keys_of_the_same_stage_can_be_replaced() -> None:
    opener = ready(TRAFFIC)
    assert opens(opener, "traffic:0")
    opener.change(Named("renegotiated"))
    assert opens(opener, "renegotiated:0")


def test_forged_records_cannot_ask_for_endless_tries() -> None:
    opener = Opener()
    named = Named("traffic")
    opener.know(TRAFFIC, named)
    for _ in range(200):
        opener.lose(4096)
        assert not opens(opener, "forged")
    assert named.tried <= MOST_TRIES + 400
    assert opens(opener, "traffic:0")
