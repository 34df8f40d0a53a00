"""What people ask of a capture: each gets its answer from one command.

The questions and commands are those of ``analyzer/findings/QUESTIONS.md``. What must be said was worked
out by hand: from what the endpoints' logs in ``captures/`` say (the truth files beside each), or from
what a crafted conversation holds. That a command says more than the capture allows is tested where the
rules are; here also that the neighbour of each trouble is not told.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from analyzer.cli import main
from analyzer.findings.rules import NAMES, RULES
from capture_files import pcap
from conversation import START_NS, Conversation
from packets import Packet
from told import SECOND, closed, finished, merged, opened
from upgrade import upgrade
from wire import CLOSE, MASK, PING, PONG, TEXT, close_body, frame

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "analyzer" / "findings" / "QUESTIONS.md"
BYE = frame(CLOSE, close_body(1000), mask=MASK)


class Row(NamedTuple):
    """A question of the page: the command, and where the answer is said to stand."""

    question: str
    command: list[str]
    where: str


def page_rows() -> dict[int, Row]:
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0].isdecimal():
            number, question, command, where = cells
            found[int(number)] = Row(question, shlex.split(command.strip("`")), where)
    return found


PAGE_ROWS = page_rows()


def words_of(row: Row) -> set[str]:
    """Give what the page says that one has to look for."""
    return set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", row.where))


def findings_of(row: Row) -> set[str]:
    return words_of(row) & set(NAMES)


# -- conversations for what no recording poses ----------------------------------------------------


def racing_pings() -> list[Packet]:
    """Six clients ping every 30 s; the last pong is 30 s old when the server closes TCP."""
    talks = []
    for number in range(6):
        talk = opened(40000 + number, start_ns=START_NS + 7 * number * SECOND).wait(28)
        for _ in range(number + 2):
            talk.client(frame(PING, b"p", mask=MASK)).ack("server").wait(30)
        talks.append(talk.close_tcp("server").packets)
    return merged(*talks)


def slower_and_slower() -> list[Packet]:
    """Pongs take 10 ms nine times, then 500 ms; the last ping gets none, and 5 s later a 1011."""
    talk = opened()
    for number in range(10):
        talk.server(frame(PING, bytes([number]))).wait(0.5 if number == 9 else 0.01)
        talk.client(frame(PONG, bytes([number]), mask=MASK)).ack("server").wait(2)
    talk.server(frame(PING, b"last")).ack("client").wait(5)
    talk.server(frame(CLOSE, close_body(1011, "keepalive ping timeout"))).ack("client")
    return talk.close_tcp("server").packets


def never_closed() -> list[Packet]:
    """The client closes TCP, the server never does; another talk goes on for 20 s."""
    left = opened().fin("client").ack("server").packets
    return merged(left, opened(40001).wait(20).close_tcp("server").packets)


def aged() -> list[Packet]:
    """Nine connections that the server closes 7,200 s after the upgrade, whatever was sent."""
    talks = []
    for number in range(9):
        talk = Conversation(("10.0.0.1", 40000 + number), start_ns=START_NS + 40 * number * SECOND)
        talk.handshake().upgrade(upgrade()).wait(5000 + 17 * number)
        talk.server(frame(TEXT, b"news")).ack("client").wait(2100 - 28 * number)
        talk.client(frame(TEXT, b"hello", mask=MASK)).ack("server").wait(100 + 11 * number)
        talks.append(talk.close_tcp("server").packets)
    return merged(*talks)


def one_bad_path() -> list[Packet]:
    """Of ten on /feed eight are cut, of thirty on /chat none; all a minute apart."""
    talks = []
    for number in range(40):
        where = {"port": 40000 + number, "start_ns": START_NS + 60 * number * SECOND}
        feed = number % 4 == 3
        cut = feed and number > 7
        end = finished if cut else closed
        talks.append(end(**where, path="/feed" if feed else "/chat"))  # type: ignore[operator]
    return merged(*talks)


Made = Callable[[], list[Packet]]


class Asked(NamedTuple):
    """On which captures a question is posed, what must be said, and what must not be."""

    captures: tuple[str | Made, ...]
    says: tuple[str, ...]
    not_said: tuple[str, ...] = ()


def recorded(*names: str, **more: tuple[str, ...]) -> Asked:
    return Asked(names, more.get("says", ()), more.get("not_said", ()))


ASKED: dict[int, Asked] = {
    # nginx sits between; neither end's log has a close frame: it cut both legs.
    1: recorded(
        "conditions/nginx-idle", says=("proxy was first: FIN to the server and FIN to the client",)
    ),
    # ws exits; the client's log: 1006, and no close frame either way.
    2: recorded(
        "servers/exit-server",
        says=("kind: fin; first: server", "the API at the client reports: 1006"),
    ),
    # The server's log: sent 1009, received 1000.
    3: recorded(
        "servers/close-1009-ws-aiohttp",
        says=("server sent Close 1009", "answered a Close with another code: 1009 with 1000"),
    ),
    # ws with closeTimeout 30 s against a raw socket that answers nothing.
    4: recorded(
        "servers/close-timeout-30s",
        says=("close frame was never answered in 1 connection; it gave up after 30.0 s",),
    ),
    # Both closes in the log; the server kept its socket, Chromium's timer is 2 s.
    5: recorded(
        "browsers/chromium_close_answered_tcp_kept",
        says=("the server of 1 connection did not close TCP", "the client did after 2.0 s"),
        not_said=("close-unanswered",),
    ),
    6: recorded(
        "browsers/chromium_close_never_answered",
        says=("it gave up after 60.0 s, consistent with Chromium, 60 s",),
    ),
    # proxy_read_timeout 2s; eight clients.
    7: recorded(
        "incidents/nginx-idle-crowd",
        says=("idle-timer", "8 connections were closed (FIN)", "after 2.0 s of silence of both sides"),
        not_said=("mass-end", "maximum-age"),
    ),
    8: Asked((racing_pings,), ("keepalive-race", "pings every 30 s race a timer of 30 s in 6 of 6")),
    9: Asked((slower_and_slower,), ("after a ping of the server that got no pong", "grew before in 1")),
    # SIGSTOP at the client: its kernel acknowledges, nothing answers.
    10: recorded(
        "servers/ping-timeout",
        says=("TCP acknowledged it, and the application did not answer",),
        not_said=("slow-reader", "half-open", "  loss"),
    ),
    # kill -9 with three messages unread.
    11: recorded(
        "servers/rst-unread",
        says=("ended by a RST of the client, by itself (ACK flag), with data of the other side last",),
        not_said=("TTL",),
    ),
    12: recorded(
        "servers/rst-behind-close",
        says=("the server of 1 connection reset TCP (RST) behind its own close frame",),
    ),
    # nft drops all of the client; the server's TCP gives up.
    13: recorded(
        "conditions/vanished-gives-up",
        says=("the client of 1 connection was not heard any more, and the server wrote into nothing",),
    ),
    # 6 % were dropped, 25 % overtook.
    14: recorded(
        "conditions/loss-and-reordering", says=("segments were sent again in 1 connection",)
    ),
    15: recorded(
        "browsers/chromium_reload_reconnect",
        "browsers/firefox_reload_reconnect",
        says=("2 connections of 2 clients ended as those of reloaded pages do",),
        not_said=("mass-end", "old-still-open"),
    ),
    # Stopped with 1001, started again after 3 s.
    16: recorded(
        "incidents/server-restarted-crowd",
        says=("10 connections ended within", "Close 1001 of the server, as at a restart", "3.4 s later"),
        not_said=("reconnects",),
    ),
    # Twelve clients, each again and again 0.3 s later, without jitter.
    17: recorded(
        "incidents/nginx-restarted-crowd",
        # tshark shows 29 RSTs that answer SYNs, and twelve connections more than were cut.
        says=("41 attempts to come back in a storm", "29 failed (TCP was refused 29 times)"),
    ),
    18: recorded(
        "servers/data-after-close",
        says=("the server of 1 connection sent data behind its own close frame",),
    ),
    19: recorded(
        "browsers/chromium_server_close_1006",
        says=("the server of 1 connection sent a close frame that is not allowed (code 1006)",),
    ),
    # SYN, SYN/ACK, ACK, request, ACK, answer, ACK ...: tshark shows the frame in packet 11.
    20: recorded(
        "browsers/chromium_server_bad_opcode",
        says=("opcode_unknown of the server); its sender was told so by a Close", "packet 11"),
    ),
    # Both logs: the close frame was empty, and both report 1005.
    21: recorded(
        "servers/client-close-empty-ws-websockets",
        says=("Close without a code", "client reports: 1005", "server reports: 1005"),
        not_said=("1000", "1006"),
    ),
    22: Asked((never_closed,), ("the server of 1 connection never closed TCP behind the client's FIN",)),
    23: Asked(
        (aged,), ("maximum-age", "9 connections were closed", "AWS API Gateway maximum duration"), ("idle-timer",)
    ),
    # The proxy answers the Close and ends the client's TCP bare; logs: server 1001, client 1006.
    24: recorded(
        "legs/legs-cut-client",
        "legs/legs-cut-proxy",
        "legs/legs-cut-server",
        says=("server was first: Close 1001", "Close 1001 became FIN", "clock 1.500 s"),
    ),
    # By hand: every fourth is on /feed, ten in all; the first two of them end well.
    25: Asked(
        (one_bad_path,),
        ("8 of 10 connections (80%) of path /feed ended badly, and 0 of 30 (0%) of all others",
         "after 2 that had ended well"),
    ),
    26: recorded(
        "servers/unanswered-upgrade",
        "servers/refused-403",
        "browsers/chromium_upgrade_bad_accept",
        says=("1 upgrade was never answered, for 2.0 s", "refused with 403", "proof in the server's 101"),
    ),
    # The packet with the close frame was taken out; both logs have both, the server first.
    27: recorded(
        "conditions/capture-lost-packets-close",
        says=("1 with bytes missing in the capture", "no answer in the capture"),
        not_said=("never answered",),
    ),
    # No keys: the log's FIN of the server can be seen, a close frame could not.
    28: recorded(
        "tls/websockets-ws-fin-tls13",
        says=("1 TLS stream not decrypted", "FIN of the server first", "there is no key log"),
        not_said=("1006",),
    ),
}  # fmt: skip


def inputs(asked: Asked, folder: Path) -> list[str]:
    paths = []
    for number, capture in enumerate(asked.captures):
        if isinstance(capture, str):
            paths.append(str(ROOT / "captures" / f"{capture}.pcap"))
            continue
        path = folder / f"{number}.pcap"
        path.write_bytes(pcap(capture()))
        paths.append(str(path))
    return paths


def ordinary() -> list[Packet]:
    """Three clients that say hello, and close in good order a minute apart."""
    talks = []
    for number in range(3):
        talk = opened(40000 + number, start_ns=START_NS + 60 * number * SECOND)
        talk.client(BYE).server(frame(CLOSE, close_body(1000))).close_tcp("server")
        talks.append(talk.packets)
    return merged(*talks)


def answer(number: int, paths: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run the command of a question; give what it printed, and what it wrote beside that."""
    options = [word for word in PAGE_ROWS[number].command[1:] if not word.endswith(".pcap")]
    assert main([*paths, *options]) == 0
    beside = Path("r.md").read_text(encoding="utf-8") if "r.md" in options else ""
    return capsys.readouterr().out + beside


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)


@pytest.mark.parametrize(
    "number", PAGE_ROWS, ids=lambda number: f"{number}-{PAGE_ROWS[number].question}"
)
def test_one_command_answers(
    number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ASKED[number]
    said = answer(number, inputs(asked, tmp_path), capsys)
    for text in asked.says:
        assert text in said
    for text in asked.not_said:
        assert text not in said
    # What the page tells to look for can be found by its words.
    words = re.findall(r"`([^`]+)`", PAGE_ROWS[number].where)
    assert any(text in said for text in words) or not words


@pytest.mark.parametrize("number", PAGE_ROWS)
def test_what_was_not_asked_for_is_not_answered(
    number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Where nothing is wrong no command says what it says of the trouble: the answers can be missing.
    said = answer(number, inputs(Asked((ordinary,), ()), tmp_path), capsys)
    assert said
    assert [text for text in ASKED[number].says if text in said] == []


@pytest.mark.parametrize(
    "number", [number for number, row in PAGE_ROWS.items() if findings_of(row)]
)
def test_the_answer_comes_from_the_finding_that_the_page_names(
    number: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = findings_of(PAGE_ROWS[number])
    rest = tuple(rule for rule in RULES if rule.name not in named)
    monkeypatch.setattr("analyzer.findings.rules.RULES", rest)
    said = answer(number, inputs(ASKED[number], tmp_path), capsys)
    assert not all(text in said for text in ASKED[number].says)


def test_every_question_of_the_page_is_posed_here() -> None:
    assert list(PAGE_ROWS) == list(ASKED) == list(range(1, 29))


def test_the_page_says_which_questions_no_recording_poses() -> None:
    made = [number for number, asked in ASKED.items() if not isinstance(asked.captures[0], str)]
    told = re.search(r"\(([\d, and]+) on packets made by hand\)", PAGE.read_text(encoding="utf-8"))
    assert told is not None
    assert [int(number) for number in re.findall(r"\d+", told[1])] == made


def test_the_page_names_findings_that_there_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    told = {name for row in PAGE_ROWS.values() for name in words_of(row)}
    assert told - set(NAMES) <= {"became", "kind"}
    assert set(NAMES) <= set(re.findall(r"`([a-z-]+)`", page))
