from __future__ import annotations

import subprocess

import pytest

import tshark
from analyzer.tls.session import ALERTS, MOST_ALERTS, TlsAlert, TlsSession, TlsSide


def side(**facts: object) -> TlsSide:
    """Give what a side did."""
    found = TlsSide()
    for name, value in facts.items():
        setattr(found, name, value)
    return found


def test_names_are_those_of_the_registries() -> None:
    session = TlsSession(version=0x0303, suite=0xC02F)
    assert session.version_name == "TLS 1.2"
    assert session.suite_name == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert TlsSession(version=0x7F1C).version_name == "0x7F1C"
    assert TlsSession().version_name is None
    assert TlsSession().suite_name is None


@pytest.mark.parametrize(
    ("number", "name"),
    [(0, "close_notify"), (40, "handshake_failure"), (48, "unknown_ca"), (255, "alert 255")],
)
def test_alerts_have_their_names(number: int, name: str) -> None:
    assert TlsAlert(number, 2, 0, 1).name == name
    assert TlsAlert(None, None, 0, 1).name == "encrypted alert"


@tshark.needs_tshark
def test_alerts_are_those_that_tshark_knows() -> None:
    done = subprocess.run(["tshark", "-G", "values"], capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    theirs = {int(row[2]): row[3] for row in rows if row[1:2] == ["tls.alert_message.desc"]}
    for number, name in ALERTS.items():
        if number in theirs:
            assert name == theirs[number].lower().replace(" ", "_")
    # "End of Early Data" was an alert in drafts only; general_error is newer than some tsharks.
    assert set(theirs) - set(ALERTS) <= {1}


def test_first_close_notify_counts_and_alerts_are_bounded() -> None:
    side = TlsSide()
    for packet in range(1, 100):
        side.note_alert(TlsAlert(0, 1, packet * 10, packet))
    assert side.close_notify == TlsAlert(0, 1, 10, 1)
    assert len(side.alerts) == MOST_ALERTS


@pytest.mark.parametrize(
    ("side", "truncated"),
    [
        (TlsSide(), None),
        (side(ended=True), True),
        (side(ended=True, unread=True), None),
        (side(ended=True, unread=True, cut=True), True),
        (side(ended=True, close_notify=TlsAlert(0, 1, 1, 1)), False),
    ],
)
def test_truncation_is_told_where_it_can_be(side: TlsSide, truncated: bool | None) -> None:
    assert side.truncated is truncated


def test_sides_are_found_by_their_numbers() -> None:
    session = TlsSession()
    assert session.of(0) is session.client
    assert session.of(1) is session.server
