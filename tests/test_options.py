from __future__ import annotations

import pytest

from analyzer.ending.rules import EndingKind
from analyzer.errors import UsageError
from analyzer.options import EPILOG, form, make_parser, parse_options, selection


def test_every_condition_reaches_the_selection() -> None:
    words = ["a.pcap", "--host", "h", "--port", "80", "--path", "/p", "--kind", "fin,rst"]
    words += ["--first", "both", "--code", "1001"]
    words += ["--since", "2023-11-14T22:13:20Z", "--until", "2023-11-14T22:13:21Z"]
    chosen = selection(parse_options(words))
    assert (chosen.host, chosen.port, chosen.path) == ("h", 80, "/p")
    assert (chosen.kinds, chosen.first) == ((EndingKind.FIN, EndingKind.RST), "both")
    assert (chosen.code, chosen.since) == (1001, 1_700_000_000_000_000_000)
    assert chosen.until == 1_700_000_001_000_000_000


def test_times_in_the_wrong_order_are_refused() -> None:
    words = ["a.pcap", "--since", "2024-01-02", "--until", "2024-01-01"]
    with pytest.raises(UsageError, match="later than"):
        selection(parse_options(words))


def test_options_may_stand_between_captures() -> None:
    options = make_parser().parse_args(["a.pcap", "--kind", "fin", "--all"])
    assert (options.captures, options.kind, options.all) == (["a.pcap"], ["fin"], True)


def test_an_option_is_written_out_so_that_new_ones_break_no_script(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parse_options(["a.pcap", "--conn", "1"])
    assert "--conn" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["-1", "65536", "1e3", "٣x", "", " 1"])
def test_numbers_are_those_of_ports_and_codes(
    capsys: pytest.CaptureFixture[str], number: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        parse_options(["a.pcap", f"--port={number}"])
    assert stop.value.code == 2
    assert "is not a number from 0 to 65535" in capsys.readouterr().err


def test_help_names_every_kind() -> None:
    assert [kind for kind in EndingKind if str(kind) not in EPILOG] == []


def test_the_form_is_one_of_two() -> None:
    assert form() in {"compiled", "interpreted"}
