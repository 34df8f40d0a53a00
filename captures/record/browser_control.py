"""Chromium and Firefox, each started with an empty profile and driven without a driver program.

In: what a user would do (open, reload, close the tab, quit). Out: that, done, and the browser's
own log. Chromium speaks the DevTools protocol, Firefox WebDriver BiDi; both over a control
WebSocket on a port of its own, which is not the port that is recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

CHROMIUM_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --disable-breakpad "
    "--no-proxy-server --net-log-capture-mode=Everything"
).split()
FIREFOX_PREFERENCES: dict[str, Any] = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disabled": True,  # nothing but addresses: no traffic beyond this machine
    "network.proxy.type": 0,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class Remote:
    """JSON commands with ids over one WebSocket; events are dropped."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.ids = itertools.count(1)
        self.waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for text in self.socket:
            answer = json.loads(text)
            future = self.waiting.pop(answer.get("id"), None)
            if future and not future.done():
                future.set_result(answer)

    async def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """The `result` of one command."""
        id_ = next(self.ids)
        command: dict[str, Any] = {"id": id_, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        self.waiting[id_] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps(command))
        answer = await asyncio.wait_for(self.waiting[id_], 20)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer}")
        return answer["result"]


class Browser:
    """What both browsers share: the process group and the end of it."""

    name = ""

    def __init__(self, folder: Path, control_port: int) -> None:
        self.folder = folder
        self.control_port = control_port
        self.process: subprocess.Popen[bytes]
        self.remote: Remote

    def _spawn(self, command: list[str], environment: dict[str, str] | None = None) -> None:
        self.folder.mkdir(parents=True)
        with (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )

    async def _connect(self, url: str) -> None:
        for _ in range(300):
            try:
                self.remote = Remote(await connect(url, proxy=None, max_size=None))
            except OSError:
                await asyncio.sleep(0.1)
            else:
                return
        raise TimeoutError(url)

    def signal(self, number: signal.Signals) -> None:
        """To the main process alone, as a session manager does."""
        self.process.send_signal(number)

    def kill_group(self) -> None:
        """SIGKILL to every process of the browser at once."""
        os.killpg(self.process.pid, signal.SIGKILL)

    async def dispose(self) -> None:
        """End whatever is left of it."""
        with contextlib.suppress(ProcessLookupError):
            self.kill_group()
        await asyncio.to_thread(self.process.wait, 20)
        self.remote.reading.cancel()

    async def evaluate(self, script: str) -> None: ...
    async def reload(self) -> None: ...
    async def open_tab(self, url: str) -> None: ...
    async def close_tab(self) -> None: ...
    async def quit(self) -> None: ...


class Chromium(Browser):
    """Headless Chromium over the DevTools protocol; its log is the NetLog."""

    name = "chromium"

    @staticmethod
    def version() -> str:
        """As the program prints it."""
        return _version("chromium")

    async def start(self, url: str) -> None:
        """Start with one tab at `url`."""
        self._spawn(
            [
                "chromium",
                *CHROMIUM_FLAGS,
                f"--remote-debugging-port={self.control_port}",
                f"--user-data-dir={self.folder / 'profile'}",
                f"--log-net-log={self.folder / 'netlog.json'}",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "about:blank",
            ]
        )
        await self._connect(await self._address())
        targets = (await self.remote.call("Target.getTargets"))["targetInfos"]
        target = next(t["targetId"] for t in targets if t["type"] == "page")
        attached = await self.remote.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        await self.remote.call("Page.navigate", self.session, url=url)

    async def _address(self) -> str:
        for _ in range(300):
            try:
                return await asyncio.to_thread(self._ask_version)
            except OSError:
                await asyncio.sleep(0.1)
        raise TimeoutError("DevTools")

    def _ask_version(self) -> str:
        url = f"http://127.0.0.1:{self.control_port}/json/version"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=5) as answer:
            return str(json.load(answer)["webSocketDebuggerUrl"])

    async def evaluate(self, script: str) -> None:
        """Run `script` in the page."""
        await self.remote.call(
            "Runtime.evaluate", self.session, expression=script, userGesture=True
        )

    async def reload(self) -> None:
        """As the reload button does."""
        await self.remote.call("Page.reload", self.session)

    async def open_tab(self, url: str) -> None:
        """A second tab."""
        await self.remote.call("Target.createTarget", url=url)

    async def close_tab(self) -> None:
        """Close the first tab."""
        await self.remote.call("Page.close", self.session)

    async def quit(self) -> None:
        """Leave in an orderly way."""
        await self.remote.call("Browser.close")


class Firefox(Browser):
    """Headless Firefox over WebDriver BiDi; its log is MOZ_LOG=nsWebSocket."""

    name = "firefox"

    @staticmethod
    def version() -> str:
        """As the program prints it."""
        return _version("firefox-esr")

    async def start(self, url: str) -> None:
        """Start with one tab at `url`."""
        profile = self.folder.with_name(self.folder.name + "-profile")
        profile.mkdir(parents=True)
        lines = (f'user_pref("{k}", {json.dumps(v)});' for k, v in FIREFOX_PREFERENCES.items())
        (profile / "user.js").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._spawn(
            [
                "firefox-esr",
                "--headless",
                "--no-remote",
                "--profile",
                str(profile),
                f"--remote-debugging-port={self.control_port}",
            ],
            {"MOZ_LOG": "timestamp,sync,nsWebSocket:5", "MOZ_LOG_FILE": str(self.folder / "log")},
        )
        await self._connect(f"ws://127.0.0.1:{self.control_port}/session")
        await self.remote.call("session.new", capabilities={})
        tree = await self.remote.call("browsingContext.getTree")
        self.tab = tree["contexts"][0]["context"]
        await self.remote.call("browsingContext.navigate", context=self.tab, url=url, wait="none")

    async def evaluate(self, script: str) -> None:
        """Run `script` in the page."""
        await self.remote.call(
            "script.evaluate",
            expression=script,
            target={"context": self.tab},
            awaitPromise=False,
            userActivation=True,
        )

    async def reload(self) -> None:
        """As the reload button does."""
        await self.remote.call("browsingContext.reload", context=self.tab, wait="none")

    async def open_tab(self, url: str) -> None:
        """A second tab."""
        tab = await self.remote.call("browsingContext.create", type="tab")
        await self.remote.call("browsingContext.navigate", context=tab["context"], url=url)

    async def close_tab(self) -> None:
        """Close the first tab."""
        await self.remote.call("browsingContext.close", context=self.tab)

    async def quit(self) -> None:
        """Leave in an orderly way."""
        await self.remote.call("browser.close")


def _version(program: str) -> str:
    done = subprocess.run(
        [program, "--version"], capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout.strip().split(" built on")[0]
