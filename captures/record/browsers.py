"""Record how Chromium and Firefox end a plain ws:// connection, and what they make of its ends.

Out: ``captures/browsers/BROWSER_SCENARIO.pcap`` with its truth file, for every scenario below.
Use: ``python captures/record/browsers.py [NAME ...]``; NAME: chromium_reload, reload or chromium.
Needs chromium, firefox-esr, tcpdump and the right to capture; installs `websockets` into a
temporary folder. Takes about ten minutes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WEBSOCKETS = "17.4"
FAMILY = "browsers"
CONTROL_PORT, PAGE_PORT = 18298, 18299
FIRST_PORT = {"chromium": 18200, "firefox": 18250}


def inside_venv() -> None:
    """Run this again inside a temporary environment that has what it needs."""
    with tempfile.TemporaryDirectory(prefix="rec-browsers-") as folder:
        venv.create(folder, with_pip=True)
        python = f"{folder}/bin/python"
        subprocess.run(
            [python, "-m", "pip", "install", "-q", f"websockets=={WEBSOCKETS}"], check=True
        )
        sys.exit(subprocess.run([python, *sys.argv]).returncode)


try:
    import websockets

    if websockets.__version__ != WEBSOCKETS:
        inside_venv()
except ImportError:
    inside_venv()

# ruff: noqa: E402  (what follows needs the environment)
from browser_control import Browser, Chromium, Firefox
from browser_logs import UNKNOWN, BrowserSide, chromium_sides, firefox_sides
from browser_server import LibraryServer, PageServer, RawServer, Served, reset
from recorder import CAPTURES, tcpdump, write_truth
from websockets.asyncio.server import ServerConnection


@dataclass
class Stage:
    """Everything a scenario can reach."""

    browser: Browser
    server: LibraryServer | RawServer
    pages: PageServer
    port: int

    async def script(self, text: str) -> None:
        """Run `text` in the page."""
        await self.browser.evaluate(text)

    async def until_ended(self, seconds: float = 8, count: int = 1) -> None:
        """Wait until the server saw `count` connections end; then a second more, for the page."""
        await until(lambda: sum(s.ended for s in self.server.served) >= count, seconds)
        await asyncio.sleep(1)


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether `condition` came true in time."""
    for _ in range(int(seconds * 20)):
        if condition():
            return True
        await asyncio.sleep(0.05)
    return False


@dataclass
class Scenario:
    """One recording: what is done, with which server, and who begins the ending."""

    sentence: str
    act: Callable[[Stage], Awaitable[None]]
    first: str | None = "client"
    how: str = ""  # empty: close_frame if the server has sent or received one
    server: Callable[[int], LibraryServer | RawServer] = LibraryServer
    document: str = "socket.html"
    page: str = ""  # more of the page's query
    closes: tuple[int | None, str] | None = None  # what the page's script passed to close()
    by_hand: int | None = None  # code of a Close that the server wrote past its library; -1: none
    notes: str = ""


# --- what is done -----------------------------------------------------------------------------


def script(text: str, seconds: float = 8) -> Callable[[Stage], Awaitable[None]]:
    """Run a line in the page and wait for the end."""

    async def act(stage: Stage) -> None:
        await stage.script(text)
        await stage.until_ended(seconds)

    return act


async def wait_for_server(stage: Stage) -> None:
    """The server does it by itself."""
    await stage.until_ended()


async def reload(stage: Stage) -> None:
    """The reload button."""
    await stage.browser.reload()
    await stage.until_ended()
    await asyncio.sleep(1)


async def navigate(stage: Stage) -> None:
    """Follow a link to a page without a socket."""
    await stage.script("document.querySelector('a').click()")
    await stage.until_ended()


async def navigate_back(stage: Stage) -> None:
    """Follow a link, stay three seconds, go back."""
    await stage.script("document.querySelector('a').click()")
    await asyncio.sleep(3)
    await stage.script("history.back()")
    await stage.until_ended()


async def navigate_spoken_to(stage: Stage) -> None:
    """Follow a link; the server goes on talking to the page that was left."""
    await stage.script("document.querySelector('a').click()")
    await asyncio.sleep(2)
    for connection in list(stage.server.server.connections):
        await connection.send("are you still there?")
    await stage.until_ended()


async def tab_close(stage: Stage) -> None:
    """Close the tab; another stays."""
    await stage.browser.open_tab(stage.pages.url + "/other.html")
    await asyncio.sleep(1)
    await stage.browser.close_tab()
    await stage.until_ended()


async def quit_browser(stage: Stage) -> None:
    """Quit by command."""
    await stage.browser.quit()
    await stage.until_ended()


async def sigterm(stage: Stage) -> None:
    """SIGTERM to the main process."""
    stage.browser.signal(signal.SIGTERM)
    await stage.until_ended()


async def sigkill(stage: Stage) -> None:
    """SIGKILL to all its processes."""
    stage.browser.kill_group()
    await stage.until_ended()


async def sigkill_main(stage: Stage) -> None:
    """SIGKILL to the main process alone."""
    stage.browser.signal(signal.SIGKILL)
    await stage.until_ended()


# --- what the servers do ----------------------------------------------------------------------


def sends_close(code: int, reason: str = "") -> Callable[[int], LibraryServer]:
    """A server that closes."""

    async def behaviour(connection: ServerConnection) -> None:
        await connection.close(code, reason)

    return lambda port: LibraryServer(port, behaviour)


def writes(data: bytes) -> Callable[[int], LibraryServer]:
    """A server that writes bytes that no library writes, past its own."""

    async def behaviour(connection: ServerConnection) -> None:
        log = connection.logger
        log.debug("- writes the bytes %s by hand", data.hex(" "))
        connection.transport.write(data)

    return lambda port: LibraryServer(port, behaviour)


async def drop_fin(connection: ServerConnection) -> None:
    """Close TCP without a word."""
    connection.logger.debug("- closes TCP without a close frame")
    connection.transport.close()


async def drop_rst(connection: ServerConnection) -> None:
    """RST."""
    connection.logger.debug("- resets TCP (SO_LINGER 0)")
    reset(connection)


FIRST_ONLY = "&loads=1"
SCENARIOS = {
    "close_no_code": Scenario(
        "The page calls ws.close().", script("socket.close()"), closes=(None, "")
    ),
    "close_1000": Scenario(
        'The page calls ws.close(1000, "done").',
        script('socket.close(1000, "done")'),
        closes=(1000, "done"),
    ),
    "close_4001": Scenario(
        'The page calls ws.close(4001, "bye").',
        script('socket.close(4001, "bye")'),
        closes=(4001, "bye"),
    ),
    "close_after_data": Scenario(
        "The page sends 40 kB of random text and calls ws.close(1000) at once.",
        script(
            'socket.send(Array.from({length: 40000}, () => Math.random().toString(36)[2] ?? "x")'
            '.join("")); socket.close(1000)'
        ),
        closes=(1000, ""),
    ),
    "reload": Scenario(
        "The page is reloaded; the new one does not connect.", reload, page=FIRST_ONLY
    ),
    "reload_reconnect": Scenario(
        "The page is reloaded and the new one connects again at once.", reload
    ),
    "reload_refused": Scenario(
        "The page is reloaded and the new one connects again, refused with 503.",
        reload,
        server=lambda port: LibraryServer(port, refuse=lambda n: 503 if n > 1 else None),
    ),
    "beforeunload_close": Scenario(
        'A beforeunload handler calls ws.close(4002, "unload"); then the page is reloaded.',
        reload,
        page=FIRST_ONLY + "&beforeunload=1",
        closes=(4002, "unload"),
    ),
    "navigate": Scenario(
        "A link to a page without a WebSocket is followed; the server pings every 2 seconds.",
        navigate,
        server=lambda port: LibraryServer(port, ping_interval=2),
    ),
    "navigate_back": Scenario(
        "A link is followed, and three seconds later the browser goes back.",
        navigate_back,
        page=FIRST_ONLY,
    ),
    "navigate_spoken_to": Scenario(
        "A link is followed; two seconds later the server sends to the page that was left.",
        navigate_spoken_to,
    ),
    "tab_close": Scenario("The tab is closed while another stays open.", tab_close),
    "quit": Scenario("The browser is told to quit in an orderly way.", quit_browser),
    "sigterm": Scenario("The browser's main process gets SIGTERM.", sigterm),
    "sigkill": Scenario("All processes of the browser get SIGKILL at once.", sigkill),
    "close_never_answered": Scenario(
        "The page calls ws.close(1000) and the server never answers the Close.",
        script("socket.close(1000)", 90),
        server=lambda port: RawServer(port, "nothing"),
        closes=(1000, ""),
    ),
    "close_answered_tcp_kept": Scenario(
        "The page calls ws.close(1000); the server answers the Close but never closes TCP.",
        script("socket.close(1000)", 30),
        server=lambda port: RawServer(port, "echo"),
        closes=(1000, ""),
    ),
    "close_answered_otherwise": Scenario(
        "The page calls ws.close(1000); the server answers with a Close 4005 of its own and "
        "never closes TCP.",
        script("socket.close(1000)", 30),
        server=lambda port: RawServer(port, "other"),
        closes=(1000, ""),
    ),
    "server_1001": Scenario(
        "The server closes with 1001.", wait_for_server, "server", server=sends_close(1001)
    ),
    "server_1011": Scenario(
        "The server closes with 1011 and a reason.",
        wait_for_server,
        "server",
        server=sends_close(1011, "database is gone"),
    ),
    "server_4003": Scenario(
        "The server closes with 4003 and a reason.",
        wait_for_server,
        "server",
        server=sends_close(4003, "kicked"),
    ),
    "server_fin": Scenario(
        "The server closes TCP without a close frame.",
        wait_for_server,
        "server",
        "fin",
        server=lambda port: LibraryServer(port, drop_fin),
    ),
    "server_rst": Scenario(
        "The server resets TCP (SO_LINGER 0) without a close frame.",
        wait_for_server,
        "server",
        "rst",
        server=lambda port: LibraryServer(port, drop_rst),
    ),
    "server_bad_opcode": Scenario(
        "The server sends a frame with the reserved opcode 3.",
        wait_for_server,
        server=writes(bytes.fromhex("83 00")),
    ),
    "server_close_1006": Scenario(
        "The server puts the code 1006, which must not be sent, into a Close.",
        wait_for_server,
        "server",
        "close_frame",
        server=writes(bytes.fromhex("88 02 03 ee")),
        by_hand=1006,
        notes="Close 1006 was written past the library; a later Close is the library's own.",
    ),
    "server_close_one_byte": Scenario(
        "The server sends a Close with a body of one byte.",
        wait_for_server,
        "server",
        "close_frame",
        server=writes(bytes.fromhex("88 01 03")),
        by_hand=-1,
        notes="A Close with the body 03 was written past the library; a later one is its own.",
    ),
    "upgrade_403": Scenario(
        "The server refuses the upgrade with 403.",
        lambda _: asyncio.sleep(2),
        None,
        "refused",
        server=lambda port: LibraryServer(port, refuse=lambda _: 403),
    ),
    "upgrade_bad_accept": Scenario(
        "The server answers 101 with a wrong Sec-WebSocket-Accept.",
        lambda _: asyncio.sleep(3),
        server=lambda port: LibraryServer(port, bad_accept=True),
    ),
    "sigkill_main": Scenario(
        "The browser's main process alone gets SIGKILL; its children find out.", sigkill_main
    ),
    "frame_removed": Scenario(
        "The frame whose page holds the socket is removed from its document.",
        script("document.querySelector('iframe').remove()"),
        document="frame.html",
    ),
    "worker_terminated": Scenario(
        "The dedicated worker that holds the socket is terminated.",
        script("worker.terminate()"),
        document="worker.html",
    ),
    "close_connecting": Scenario(
        "The page calls ws.close() while the upgrade is not answered yet (due after 6 s).",
        script("socket.close()"),
        server=lambda port: LibraryServer(port, delay=6),
    ),
    "reload_connecting": Scenario(
        "The page is reloaded while the upgrade is not answered yet (due after 6 s).",
        reload,
        page=FIRST_ONLY,
        server=lambda port: LibraryServer(port, delay=6),
    ),
}


# --- the truth --------------------------------------------------------------------------------


def known(side: dict[str, Any]) -> dict[str, Any]:
    """Without what the log cannot tell."""
    return {key: value for key, value in side.items() if value is not UNKNOWN}


def client_truth(
    side: BrowserSide | None, scenario: Scenario, page: dict[str, Any] | None, index: int
) -> dict[str, Any]:
    """The browser's word: its log, its CloseEvent, and the arguments of the script's close()."""
    sent = side.sent_close if side else UNKNOWN
    if sent is UNKNOWN and scenario.closes and index == 0 and page:
        sent = {"code": scenario.closes[0], "reason": scenario.closes[1]}
    received = side.received_close if side else UNKNOWN
    if received and received is not UNKNOWN and received["reason"] is None:
        same = page is not None and page["code"] == received["code"]
        received = {**received, "reason": page["reason"]} if page and same else UNKNOWN
    return known(
        {
            "sent_close": sent,
            "received_close": received,
            "reported": page
            and {"code": page["code"], "reason": page["reason"], "was_clean": page["wasClean"]},
        }
    )


def how_of(scenario: Scenario, served: Served, index: int) -> str:
    """How it was staged to end; where the browser had the choice, how the server says it ended."""
    if served.status is None:
        return "unanswered"
    if served.status != 101:
        return "refused"
    if scenario.how and index == 0:
        return scenario.how
    if served.sent_close or served.received_close:
        return "close_frame"
    return {"eof": "fin", "reset": "rst"}[served.ended_by] if served.ended else "open"


def server_sent(scenario: Scenario, served: Served) -> dict[str, Any] | None:
    """The first Close that the server sent: its library's word, or what was written past it."""
    if scenario.by_hand is None:
        return served.sent_close
    return {"code": None if scenario.by_hand == -1 else scenario.by_hand, "reason": ""}


def connection_truth(
    scenario: Scenario,
    served: Served,
    side: BrowserSide | None,
    page: dict[str, Any] | None,
    port: int,
    index: int,
) -> dict[str, Any]:
    """One entry of `connections`."""
    how = how_of(scenario, served, index)
    notes = [scenario.notes] if scenario.notes and index == 0 else []
    if page is None and how != "open":
        notes.append("No CloseEvent was told: its page or the browser was gone.")
    entry = {
        "path": served.path,
        "server_port": port,
        "client_port": served.client_port,
        "framing": "rfc6455",
        "version": "13",
        "status": served.status,
        "client": client_truth(side, scenario, page, index),
        "server": {
            "sent_close": server_sent(scenario, served),
            "received_close": served.received_close,
            "reported": served.reported,
        },
        "first": None if how in ("open", "refused") else scenario.first,
        "how": how,
    }
    return {**entry, "notes": " ".join(notes + surprises(entry))}


def surprises(entry: dict[str, Any]) -> list[str]:
    """Where the CloseEvent is not what the close frames in both logs would let one expect."""
    client, server = entry["client"], entry["server"]
    told = client["reported"]
    if not told or told["code"] != 1006:
        return []
    if told["was_clean"]:
        return ["The CloseEvent says 1006 and yet wasClean: the browser's word."]
    if server["sent_close"] and server["received_close"]:
        return ["Both ends sent a Close, and yet the page is told 1006 and not clean."]
    return []


def clock(at: float) -> str:
    """Time of day, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]


def log_lines(
    served: list[Served], sides: list[BrowserSide], pages: list[tuple[float, str]]
) -> list[str]:
    """All logs in the order of time."""
    lines = [(at, f"page {text}") for at, text in pages]
    for number, one in enumerate(served, 1):
        lines += [(at, f"server #{number} {text}") for at, text in one.lines]
    for number, side in enumerate(sides, 1):
        lines += [(at, f"browser #{number} {text}") for at, text in side.lines]
    return [f"{clock(at)} {text}" for at, text in sorted(lines, key=lambda line: line[0])]


def page_lines(lines: list[dict[str, Any]], until_: float) -> list[tuple[float, str]]:
    """The pages' log."""
    out = []
    for line in lines:
        facts = {k: v for k, v in line.items() if k not in ("load", "at", "event")}
        at = datetime.fromisoformat(line["at"]).timestamp()
        told = " ".join(f"{k}={v!r}" for k, v in facts.items())
        if at <= until_:
            out.append((at, f"load {line['load']}: {line['event']} {told}".rstrip()))
    return out


def truth_of(
    stage: Stage,
    scenario: Scenario,
    name: str,
    served: list[Served],
    sides: list[BrowserSide],
    ended_at: float,
) -> dict[str, Any]:
    """The whole file."""
    closes = {p["load"]: p for p in reversed(stage.pages.lines) if p["event"] == "close"}
    by_port = {side.client_port: side for side in sides if side.client_port}
    connections = []
    for index, one in enumerate(served):
        at_place = sides[index] if index < len(sides) and not by_port else None
        side = by_port.get(one.client_port, at_place)
        page = closes.get(index + 1)
        connections.append(connection_truth(scenario, one, side, page, stage.port, index))
    python = ".".join(map(str, sys.version_info[:3]))
    return {
        "scenario": scenario.sentence,
        "programs": {
            "client": stage.browser.version(),
            "server": f"{stage.server.name} {websockets.__version__} (Python {python})",
        },
        "captures": [f"{name}.pcap"],
        "connections": connections,
        "log": log_lines(served, sides, page_lines(stage.pages.lines, ended_at)),
    }


# --- recording --------------------------------------------------------------------------------


async def record(browser_class: type[Browser], key: str, port: int, pages: PageServer) -> None:
    """Record one scenario with one browser."""
    scenario, name = SCENARIOS[key], f"{browser_class.name}_{key}"
    pages.lines.clear()
    address = f"ws://127.0.0.1:{port}/{key.replace('_', '-')}"
    url = f"{pages.url}/{scenario.document}?ws={address}{scenario.page}"
    with tempfile.TemporaryDirectory(prefix=f"rec-{name}-", ignore_cleanup_errors=True) as folder:
        browser = browser_class(Path(folder) / browser_class.name, CONTROL_PORT)
        async with scenario.server(port) as server:
            stage = Stage(browser, server, pages, port)
            with tcpdump(CAPTURES / FAMILY / f"{name}.pcap", f"port {port}"):
                try:
                    await play(stage, scenario, url)
                    await asyncio.sleep(0.3)
                except BaseException:
                    await browser.dispose()
                    raise
            ended_at = time.time()
            served = server.settle()
            await finish(browser)
            reader = chromium_sides if browser.name == "chromium" else firefox_sides
            sides = reader(browser.folder, port, ended_at)
            write_truth(FAMILY, name, truth_of(stage, scenario, name, served, sides, ended_at))
    print(name, "recorded", flush=True)


async def play(stage: Stage, scenario: Scenario, url: str) -> None:
    """Open the page, let it talk for a second, act."""
    await stage.browser.start(url)
    if not await until(lambda: bool(stage.server.served), 30):
        raise TimeoutError("the page never connected")
    if scenario.first == "client" and not scenario.sentence.startswith("The server"):
        await asyncio.sleep(1)
    await scenario.act(stage)


async def finish(browser: Browser) -> None:
    """Let it write its log and leave."""
    if browser.process.poll() is None:
        try:
            await browser.quit()
            await until(lambda: browser.process.poll() is not None, 10)
        except Exception:  # it is leaving already
            await until(lambda: browser.process.poll() is not None, 3)
    await browser.dispose()


async def main(wanted: list[str]) -> None:
    """Record what was asked for, or all."""
    pages = PageServer(PAGE_PORT)
    for browser in (Chromium, Firefox):
        for index, key in enumerate(SCENARIOS):
            name = f"{browser.name}_{key}"
            if not wanted or name in wanted or browser.name in wanted or key in wanted:
                await record(browser, key, FIRST_PORT[browser.name] + index, pages)


if __name__ == "__main__":
    os.environ["no_proxy"] = "127.0.0.1"
    asyncio.run(main(sys.argv[1:]))
