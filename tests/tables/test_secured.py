from __future__ import annotations

from analyzer.ending.facts import Moment
from analyzer.ending.secured import TlsEnd
from analyzer.side import Side
from analyzer.tables.schema import ENCRYPTED
from analyzer.tables.secured import encrypted_values, of_tls
from sealed import SECOND, sealed_stream


def test_columns_of_no_tls_are_missing() -> None:
    assert of_tls(None, "version") is None
    assert of_tls(TlsEnd(), "client_close_notify_at") is None
    assert of_tls(TlsEnd(client_close_notify=Moment(5, 6)), "client_close_notify_packet") == 6
    assert of_tls(sealed_stream().tls, "alerts") == "encrypted alert"


def test_every_column_has_its_value() -> None:
    values = {name: rows[0] for name, rows in encrypted_values([sealed_stream()]).items()}
    assert list(values) == [column.name for column in ENCRYPTED]
    assert (values["client_ip"], values["server_port"]) == ("10.0.0.1", 443)
    assert (values["tcp_first_fin"], values["tcp_server_fin_packet"]) == (Side.SERVER, 89)
    assert values["tcp_client_rst_at"] is None
    assert (values["hint_first"], values["hint_confidence"]) == (Side.SERVER, "likely")
    assert (values["client_sent_records"], values["server_sent_bytes"]) == (12, 1)
    assert values["idle_before_end_s"] == 9 * SECOND
    assert values["wireshark"] == "tcp.stream eq 7"


def test_what_was_not_looked_at_is_missing() -> None:
    one = sealed_stream(client_sent=None, server_sent=None, two_way=None, hint=None)
    values = encrypted_values([one])
    assert values["client_sent_bytes"] == values["hint_at"] == values["two_way"] == [None]
