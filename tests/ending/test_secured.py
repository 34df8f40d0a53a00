from __future__ import annotations

from analyzer.ending.facts import Facts, Moment, SideFacts
from analyzer.ending.secured import AlertSent, TlsEnd, tls_caveats, tls_dict, tls_end
from analyzer.side import Side
from analyzer.tls.session import TlsAlert, TlsSession
from analyzer.websocket.close import CloseFrame

CLOSE_NOTIFY = TlsAlert(0, 1, 5, 50)


def test_a_session_that_is_hardly_known_claims_nothing() -> None:
    assert tls_end(TlsSession()) == TlsEnd()


def test_sides_are_those_of_the_websocket() -> None:
    session = TlsSession(version=0x0304, suite=0x1301)
    session.client.note_alert(CLOSE_NOTIFY)
    session.server.ended = True
    # Where the two are turned, TLS's client is who was asked for the upgrade.
    for turned, name in ((0, "client"), (1, "server")):
        tls = tls_end(session, turned)
        assert getattr(tls, f"{name}_close_notify") == Moment(5, 50)
        assert getattr(tls, f"{name}_truncated") is False
    assert tls_end(session).server_truncated is True
    assert tls_end(session).server_close_notify is None


def test_alerts_of_both_sides_are_in_order_of_time_without_close_notify() -> None:
    session = TlsSession()
    for alert in (TlsAlert(42, 2, 9, 90), TlsAlert(None, None, 11, 110)):
        session.client.note_alert(alert)
    session.server.note_alert(TlsAlert(200, 1, 10, 100))
    session.server.note_alert(CLOSE_NOTIFY)
    assert tls_end(session).alerts == (
        AlertSent("bad_certificate", "fatal", Side.CLIENT, 9, 90),
        AlertSent("alert 200", "warning", Side.SERVER, 10, 100),
        AlertSent("encrypted alert", None, Side.CLIENT, 11, 110),
    )


def test_truncation_is_a_caveat_only_where_a_close_frame_does_not_rule_it_out() -> None:
    tls = TlsEnd(client_truncated=True, server_truncated=True)
    closed = Facts(client=SideFacts(close=CloseFrame(1000, "", 1, 1)))
    (caveat,) = tls_caveats(tls, closed)
    assert caveat.startswith("TCP of the server ended without close_notify")
    assert len(list(tls_caveats(tls, Facts()))) == 2
    assert list(tls_caveats(TlsEnd(), Facts())) == []
    assert list(tls_caveats(None, Facts())) == []


def test_published_names_are_there() -> None:
    names = (
        "version cipher_suite server_name alpn resumed client_close_notify_at"
        " client_close_notify_packet client_truncated server_close_notify_at"
        " server_close_notify_packet server_truncated alerts"
    )
    assert list(tls_dict(TlsEnd()) or ()) == names.split()


def test_json_of_no_tls_is_null_and_times_are_iso() -> None:
    assert tls_dict(None) is None
    alert = AlertSent("decode_error", "fatal", Side.SERVER, 1_000_000_000, 7)
    found = tls_dict(TlsEnd(server_close_notify=Moment(2_000_000_000, 8), alerts=(alert,)))
    assert found is not None
    assert found["server_close_notify_at"] == "1970-01-01T00:00:02.000000000Z"
    assert (found["server_close_notify_packet"], found["client_close_notify_at"]) == (8, None)
    assert found["alerts"] == [
        {
            "name": "decode_error",
            "level": "fatal",
            "side": "server",
            "at": "1970-01-01T00:00:01.000000000Z",
            "packet": 7,
        }
    ]
