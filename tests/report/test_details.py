"""A connection in words."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.capture.record import CaptureRecord
from analyzer.ending.views import View
from analyzer.endpoint import Endpoint
from analyzer.read import read
from analyzer.record import Connection
from analyzer.report.details import details, look, view_text, where, yes
from capture_files import pcap
from told import HARMFUL, IN_A_HEAD, closed, found_in, opened, refused, reset

CAPTURES = Path(__file__).resolve().parents[2] / "captures"


def facts(one: Connection, title: str) -> dict[str, str]:
    """Return the facts of one group."""
    return {
        fact.label: fact.text
        for group in details(one).groups
        if group.title == title
        for fact in group.facts
    }


def test_verdict_names_both_closes_and_what_both_apis_report() -> None:
    (one,) = found_in(closed(code=1001, reason="restart"))
    assert facts(one, "Verdict") == {
        "kind": "hybi_close",
        "first": "server",
        "answered": "yes",
        "clean": "yes",
        # 1001 is 03 e9; "restart" follows in ASCII.
        "server's close frame": 'Close 1001 (Going Away) "restart", packet 8;'
        " body 03 e9 72 65 73 74 61 72 74",
        "client's close frame": "Close 1001 (Going Away), packet 9; body 03 e9",
        "API at the client": '1001 (Going Away) "restart", clean: yes (certain)',
        "API at the server": "1001 (Going Away), clean: yes (certain)",
    }


def test_evidence_holds_filters_to_paste_into_wireshark() -> None:
    (one,) = found_in(reset(port=40001))
    found = facts(one, "Evidence")
    assert found["packets"] == "1 to 8"
    assert found["all its packets, in Wireshark"] == "tcp.stream eq 0"
    # SYN; request; answer; RST. Frames were not kept.
    assert found["those of the ladder"] == "frame.number in {1, 4, 5, 8}"
    assert found["its two ends"] == (
        f"ip.addr == 10.0.0.1 && tcp.port == 40001 && ip.addr == {one.server.ip}"
        f" && tcp.port == {one.server.port}"
    )
    with_six = replace(one, client=Endpoint("2001:db8::1", 5), server=Endpoint("2001:db8::2", 6))
    assert facts(with_six, "Evidence")["its two ends"].startswith("ipv6.addr == 2001:db8::1 &&")


def test_packets_of_several_captures_are_placed() -> None:
    (one,) = found_in(reset())
    captures = [
        CaptureRecord("a.pcap", packets=3, first_at=1, last_at=2),
        CaptureRecord("b.pcap", packets=9, first_at=3, last_at=4),
    ]
    evidence = next(group for group in details(one, captures).groups if group.title == "Evidence")
    assert [fact.text for fact in evidence.facts if fact.label == "where"] == [
        "packets 1 to 3 are in a.pcap",
        "packets 4 to 12 are in b.pcap, numbered from 4",
    ]


def test_what_was_not_seen_is_not_told() -> None:
    (one,) = found_in(refused(status=403))
    assert "answered" not in facts(one, "Verdict")
    assert facts(one, "Sent") == {}
    assert facts(one, "Opening handshake")["answer"] == "HTTP 403"
    assert "open" not in facts(one, "Timing")


def test_ladder_is_there_with_frames_and_without() -> None:
    (kept,) = found_in(reset(), frames=True)
    (not_kept,) = found_in(reset())
    assert [rung.what for rung in details(kept).rungs] == [
        "SYN",
        "upgrade /chat",
        "HTTP 101",
        "text, 5 bytes",
        "RST",
    ]
    assert [rung.what for rung in details(not_kept).rungs] == [
        "SYN",
        "upgrade /chat",
        "HTTP 101",
        "RST",
    ]
    assert [rung.side for rung in details(kept).rungs] == [
        *("client", "client", "server", "client", "client")
    ]
    assert details(kept, only_steps=True).groups == ()


def test_looks_tell_what_ends_a_connection() -> None:
    words = ("Close without a code", "0xFF 0x00", "FIN", "RST", "ping, 4 bytes", "pong, 4 bytes")
    assert [look(word) for word in words] == ["close", "close", "fin", "rst", "ping", "ping"]
    assert [look(word) for word in ("upgrade /FIN", "text, 3 bytes", "12 frames before that")] == [
        *("", "", "")
    ]


def test_views_say_how_certain_they_are() -> None:
    assert view_text(View(), has_codes=True) == "cannot be told"
    assert view_text(View(1006, "", False, "likely"), has_codes=True) == (
        "1006 (Abnormal Closure), clean: no (likely)"
    )
    assert view_text(View(None, "", None, "likely"), has_codes=False) == (
        "no code, the version has none, clean: cannot be told (likely)"
    )
    assert [yes(value) for value in (True, False, None)] == ["yes", "no", "cannot be told"]


def test_text_of_strangers_is_printable_everywhere() -> None:
    talk = opened(path=f"/{IN_A_HEAD.replace(' ', '')}", host=IN_A_HEAD).rst("client")
    (one,) = read(io.BytesIO(pcap(talk.packets)), frames=True).connections
    told = details(one)
    assert not set(repr(told)) & set(HARMFUL)
    assert not set(where(one)) & set(HARMFUL)


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("old_framing/*.pcap")), ids=lambda p: p.stem)
def test_old_framings_are_told_without_codes_that_they_do_not_have(path: Path) -> None:
    for one in read(path).connections:
        told = " ".join(fact.text for group in details(one).groups for fact in group.facts)
        has_code = one.ending.client_close and one.ending.client_close.code is not None
        assert ("hixie" in told) == one.framing.is_hixie
        assert one.framing.is_hixie is False or not has_code
