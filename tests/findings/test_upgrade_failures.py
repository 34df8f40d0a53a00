"""Upgrades that failed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.findings.finding import Given
from analyzer.findings.upgrade_failures import upgrade_refused, upgrade_unanswered, wrong_accept
from analyzer.record import Connection
from analyzer.side import Side
from conversation import Conversation
from population import at, connection
from told import HOSTILE, closed, found_in, refused
from upgrade import refusal, upgrade


def answered(number: int, status: int, path: str = "/chat") -> Connection:
    one = connection(number, "refused", None, path=path)
    return replace(one, handshake=replace(one.handshake, status=status))


@pytest.mark.parametrize(
    ("status", "group"),
    [(301, "redirect"), (403, "auth"), (404, "path"), (200, "stripped"), (426, "stripped"), (400, "stripped"),
     (429, "limit"), (502, "server"), (418, "other")],
)  # fmt: skip
def test_statuses_are_grouped_by_what_they_mean(status: int, group: str) -> None:
    (found,) = upgrade_refused(Given([answered(0, status)]))
    assert (found.numbers["group"], found.numbers[f"status_{status}"]) == (group, 1)


def test_one_finding_tells_all_statuses_of_a_group() -> None:
    given = Given([answered(0, 502), answered(1, 503, "/feed"), answered(2, 502), answered(3, 404)])
    first, second = upgrade_refused(given)
    assert first.sentence == "1 upgrade was refused with 404: /chat"
    assert second.sentence == "3 upgrades were refused with 502 (2), 503 (1): /chat, /feed"


def test_a_redirect_tells_where_to_as_the_answer_says() -> None:
    talk = Conversation().handshake().client(upgrade().request)
    answer = refusal(302, b"", [("Location", "https://login.example/?back=%2Fchat")])
    found = found_in(talk.server(answer).close_tcp("server").packets)
    assert found[0].handshake.location == "https://login.example/?back=%2Fchat"
    (one,) = upgrade_refused(Given(found))
    assert one.sentence == (
        "1 upgrade was refused with 302: /chat, sent on to https://login.example/?back=%2Fchat"
    )
    assert one.numbers["locations"] == "https://login.example/?back=%2Fchat"


def test_where_a_redirect_leads_is_harmless_and_short() -> None:
    one = answered(0, 302)
    for text in (HOSTILE, "x" * 5000):
        sent = replace(one, handshake=replace(one.handshake, location=text))
        (found,) = upgrade_refused(Given([sent]))
        assert found.sentence.isprintable()
        assert len(found.sentence) < 250
    (found,) = upgrade_refused(Given([one]))
    assert "locations" not in found.numbers


def test_a_hostile_path_is_harmless() -> None:
    (found,) = upgrade_refused(Given([answered(0, 403, HOSTILE)]))
    assert found.sentence.isprintable()


def test_refusals_are_found_in_packets_with_the_packet_that_proves_it() -> None:
    (found,) = upgrade_refused(Given(found_in(refused(status=403))))
    # By hand: SYN, SYN/ACK, ACK, request, answer.
    assert found.evidence == (5,)
    assert upgrade_refused(Given(found_in(closed()))) == []


def test_an_upgrade_that_nobody_answered() -> None:
    talk = Conversation().handshake().client(upgrade().request).ack("server")
    assert upgrade_unanswered(Given(found_in(talk.packets))) == []
    (found,) = upgrade_unanswered(Given(found_in(talk.wait(2).close_tcp("client").packets)))
    assert found.sentence == "1 upgrade was never answered, for 2.0 s"


def test_a_wait_of_five_seconds_is_told_before_anybody_gave_up() -> None:
    one = replace(connection(0, "unanswered", None), last_at=at(5))
    assert len(upgrade_unanswered(Given([one]))) == 1
    assert upgrade_unanswered(Given([replace(one, last_at=at(4.9))])) == []


def test_a_proof_that_does_not_fit() -> None:
    one = connection(0, "fin", Side.CLIENT)
    wrong = replace(one, handshake=replace(one.handshake, accept_valid=False))
    (found,) = wrong_accept(Given([one, wrong]))
    assert found.sentence.endswith("in 1 connection; the client ended 1 of them")
    unknown = replace(one, handshake=replace(one.handshake, accept_valid=None))
    assert wrong_accept(Given([unknown])) == []
