"""The list of rules: names, explanations, order."""

from __future__ import annotations

import re

import pytest

from analyzer.errors import UsageError
from analyzer.findings.rules import NAMES, RULES, explain, find
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


def test_findings_are_named_for_their_rules() -> None:
    for rule in RULES:
        assert rule.answers.endswith("?")
