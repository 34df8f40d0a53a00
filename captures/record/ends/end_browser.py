"""Chromium or Firefox as a client that plays a plan in a page and logs. Call: see end_common.

Besides what is said there the JSON holds ``browser``, ``url`` of the WebSocket, ``keylog`` (a file
for SSLKEYLOGFILE), ``page_port`` and ``control_port``. A step ``reload`` reloads the page.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import browser_control
from browser_control import Browser, Chromium, Firefox
from browser_server import PageServer
from end_common import CONFIG, gate, log

# The servers' certificate is one that nobody has signed.
browser_control.CHROMIUM_FLAGS = [*browser_control.CHROMIUM_FLAGS, "--ignore-certificate-errors"]
call = browser_control.Remote.call


async def insecure(self: Any, method: str, session: str | None = None, **params: Any) -> Any:
    """Let Firefox take that certificate as well."""
    if method == "session.new":
        params = {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}}
    return await call(self, method, session, **params)


browser_control.Remote.call = insecure  # type: ignore[method-assign]


class Page:
    """The page's log, told on as it comes."""

    def __init__(self, server: PageServer) -> None:
        self.lines = server.lines
        self.told = 0

    async def until(self, event: str, count: int, seconds: float = 20) -> None:
        """Wait for so many events of a name, of all page loads together."""
        for _ in range(int(seconds * 20)):
            self.tell()
            if sum(line["event"] == event for line in self.lines) >= count:
                return
            await asyncio.sleep(0.05)

    def tell(self) -> None:
        """Log what is new."""
        for line in self.lines[self.told :]:
            self.told += 1
            facts = {key: line[key] for key in ("code", "reason", "load") if key in line}
            if line["event"] == "close":
                log("closed", **facts, was_clean=line["wasClean"])
            elif line["event"] in ("open", "error"):
                log(line["event"], **facts, **({"status": 101} if line["event"] == "open" else {}))


async def play(browser: Browser, page: Page) -> None:
    """Play the plan."""
    loads = 1
    for name, *args in CONFIG["plan"]:
        if name == "send":
            await browser.evaluate(f"socket.send({args[0]!r})")
        elif name == "wait":
            await asyncio.sleep(args[0])
        elif name == "gate":
            await gate()
        elif name == "reload":
            await browser.reload()
            loads += 1
            await page.until("open", loads)
        elif name == "close":
            code, reason = args
            log("sent_close", code=code, reason=reason)
            await browser.evaluate(f"socket.close({code}, {reason!r})")
        else:
            raise ValueError(name)


async def client() -> None:
    """Open the page, play, and stay until the recording script ends the process."""
    os.environ["SSLKEYLOGFILE"] = CONFIG.get("keylog") or ""
    kind = {"chromium": Chromium, "firefox": Firefox}[CONFIG["browser"]]
    log("program", name=kind.version())
    pages = PageServer(CONFIG["page_port"])
    page = Page(pages)
    folder = tempfile.mkdtemp(prefix="rec-tls-")
    browser = kind(Path(folder) / kind.name, CONFIG["control_port"])
    try:
        await browser.start(f"{pages.url}/socket.html?ws={quote(CONFIG['url'], safe='')}")
        await page.until("open", 1)
        await play(browser, page)
        await page.until("close", 1, CONFIG.get("linger", 5))
        log("done")
        await gate()
    finally:
        await browser.dispose()
        shutil.rmtree(folder, ignore_errors=True)


asyncio.run(client())
