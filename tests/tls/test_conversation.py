from __future__ import annotations

import ssl
from pathlib import Path

from tls import rfc8448
from tls.driving import Driven, records_of
from tls.peers import Peers

TLS_12 = ssl.TLSVersion.TLSv1_2


def test_clients_hello_from_the_server_counts_only_at_the_start() -> None:
    driven = Driven(rfc8448.key_log()).play(rfc8448.FLIGHTS[:2])
    driven.send(1, rfc8448.CLIENT_HELLO_RECORD)
    driven.play(rfc8448.FLIGHTS[2:])
    assert driven.stack.flipped == 0
    assert driven.text(0) == driven.text(1) == rfc8448.PAYLOAD


def test_change_cipher_spec_that_was_lost_is_made_up_for(tmp_path: Path) -> None:
    talk = Peers(tmp_path, TLS_12).connect().say(0, b"asked").say(1, b"answered")
    driven = Driven(talk.recording.keys)
    for side, data in talk.flights:
        for record in records_of(data):
            before = driven.layer._talk.channels[side].opener.opened
            if record[0] == 20 or (record[0] == 22 and driven_is_finished(driven, side)):
                driven.lose(side, len(record))
                continue
            driven.send(side, record)
            assert before <= driven.layer._talk.channels[side].opener.opened
    assert driven.text(0) == b"asked"
    assert driven.text(1) == b"answered"


def driven_is_finished(driven: Driven, side: int) -> bool:
    """Whether the last thing that this side sent was a ChangeCipherSpec, which was lost."""
    return driven.layer._talk.channels[side].reader.lost


def test_records_from_before_the_capture_are_said_to_lack_keys() -> None:
    driven = Driven(rfc8448.key_log(), watch=True)
    driven.send(0, rfc8448.CLIENT_DATA_RECORD)
    driven.send(1, rfc8448.SERVER_DATA_RECORD)
    driven.finish()
    assert driven.session.keys == "missing"
    assert driven.session.client.undecryptable == driven.session.server.undecryptable == 1
    assert driven.told == [driven.layer]


def test_record_that_was_changed_is_a_gap_and_the_next_one_opens(tmp_path: Path) -> None:
    talk = Peers(tmp_path).connect().say(1, b"one").say(1, b"two two").say(1, b"three")
    driven = Driven(talk.recording.keys).play(talk.flights[:-2])
    side, data = talk.flights[-2]
    driven.send(side, data[:-1] + bytes([data[-1] ^ 1]))
    driven.play(talk.flights[-1:])
    assert driven.text(1) == b"onethree"
    assert driven.above.gaps == [(1, 7)]
    assert driven.session.server.undecryptable == 1


def test_forged_plaintext_records_are_no_data() -> None:
    driven = Driven(rfc8448.key_log()).play(rfc8448.FLIGHTS[:4])
    driven.send(1, b"\x17\x03\x03\x00\x14" + bytes(20))
    driven.send(1, b"\x16\x03\x03\x00\x04\x14\x00\x00\x00")
    assert driven.above.pieces == []


def test_alert_in_the_clear_inside_tls_13_is_told() -> None:
    driven = Driven().play(rfc8448.FLIGHTS[:1])
    driven.send(1, rfc8448.SERVER_HELLO_RECORD)
    driven.send(0, bytes.fromhex("15030300020246"))
    assert [alert.name for alert in driven.session.client.alerts] == ["protocol_version"]


def test_hole_at_the_end_is_told_when_nothing_follows(tmp_path: Path) -> None:
    talk = Peers(tmp_path).connect().say(1, b"one")
    driven = Driven(talk.recording.keys).play(talk.flights)
    driven.lose(1, 500)
    assert driven.above.gaps == []
    driven.finish()
    assert [side for side, _ in driven.above.gaps] == [1, 1]
    assert driven.session.server.unread
