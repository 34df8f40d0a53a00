"""On what the command fails: kinds of ending, and findings."""

from __future__ import annotations

import pytest

from analyzer.analysis import Analysis
from analyzer.errors import UsageError
from analyzer.failing import KINDS, Failing, near_to
from analyzer.findings.rules import NAMES
from told import closed, finished, found_in, merged


def analysis() -> Analysis:
    return Analysis([], found_in(merged(closed(40000), finished(40001))), [])


def test_what_was_met_is_said_and_gives_status_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert Failing(["fin, rst", "mass-end"]).status([analysis()]) == 3
    assert capsys.readouterr().err == "wsanalyze: --fail-on fin: met\n"


def test_nothing_met_and_nothing_asked_are_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert Failing(["rst,mass-end"]).status([analysis()]) == 0
    assert not Failing([])
    assert Failing([]).status([analysis()]) == 0
    assert capsys.readouterr().err == ""


def test_what_several_captures_met_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert Failing(["fin"]).status([analysis(), analysis()]) == 3
    assert capsys.readouterr().err.count("fin") == 1


def test_findings_are_looked_for_only_where_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked(*_: object) -> list[object]:
        raise AssertionError

    monkeypatch.setattr("analyzer.analysis.find", looked)
    assert Failing(["rst"]).met(analysis()) == set()
    with pytest.raises(AssertionError):
        Failing(["loss"]).met(analysis())


def test_every_kind_and_every_finding_may_be_named() -> None:
    everything = Failing([",".join((*KINDS, *NAMES))])
    assert (everything.kinds, everything.findings) == (set(KINDS), set(NAMES))


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("hybi", "hybi_close"),
        ("hybi-close", "hybi_close"),
        ("FIN", "fin"),
        ("mass_end", "mass-end"),
        ("mas-end", "mass-end"),
        ("idletimer", "idle-timer"),
        ("close-code", "close-code-forbidden or close-code-changed"),
        ("reset", "rst"),
    ],
)
def test_an_unknown_name_is_one_line_with_what_may_have_been_meant(word: str, near: str) -> None:
    with pytest.raises(UsageError) as told:
        Failing([f"fin,{word}"])
    text = str(told.value)
    assert text.startswith(f"no kind of ending, and no finding, is called {word!r}; did you mean ")
    assert near in text
    assert "\n" not in text


def test_a_name_like_no_other_is_answered_with_all() -> None:
    with pytest.raises(UsageError, match=r"'xyzzy'; there are refused, .*, trust$"):
        Failing(["xyzzy"])
    assert near_to("", NAMES) == []


@pytest.mark.parametrize("text", ["", " , "])
def test_naming_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names neither"):
        Failing([text])


def test_an_empty_name_among_others_is_nothing() -> None:
    assert Failing(["fin,"]).kinds == {"fin"}
