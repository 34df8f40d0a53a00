"""The list of rules: names, explanations, order."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import UsageError
from analyzer.findings.rules import NAMES, RULES, explain, find
from analyzer.read import read
from capture_files import pcap
from generated import several_talks
from packets import Packet
from population import connection


def test_names_are_stable_words_and_each_stands_once() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert [name for name in NAMES if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", name)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_explains_itself(name: str) -> None:
    first, _, rest = explain(name).partition("\n\n")
    assert first.startswith(f"{name}: ")
    assert first.endswith("?")
    assert len(rest.split()) >= 30
    assert max(map(len, rest.splitlines())) <= 88


def test_there_is_no_explanation_of_what_does_not_exist() -> None:
    with pytest.raises(UsageError, match="no finding is called 'idle'; there are "):
        explain("idle")


def test_nothing_stands_out_where_there_is_nothing() -> None:
    assert find([]) == []


def test_nothing_stands_out_where_all_ended_in_good_order() -> None:
    assert (
        find([connection(i, "hybi_close", begin=17.3 * i, open_s=9 + i % 7) for i in range(30)])
        == []
    )


@settings(deadline=None, max_examples=60)
@given(several_talks(), st.integers(0, 30))
def test_whatever_was_captured_findings_are_told_safely(packets: list[Packet], cut: int) -> None:
    analysis = read(io.BytesIO(pcap(packets[cut:])), frames=True)
    for found in analysis.findings:
        assert found.name in NAMES
        told = (found.sentence, *found.consistent_with, *found.also, *found.next)
        assert all(text.isprintable() for text in told)
        assert found.consistent_with or found.next
        assert set(found.connections) <= {one.id for one in analysis.connections}
        json.dumps(found.to_dict(), allow_nan=False)


def test_every_rule_says_which_question_it_answers() -> None:
    assert all(rule.answers.endswith("?") for rule in RULES)
