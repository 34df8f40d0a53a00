"""Chromium without a window, for what only a browser can tell. In: a page. Out: what it did."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-ipc-flooding-protection",  # it ignores more than 200 links followed in 10 s
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--window-size=1300,1000",
    "--force-prefers-reduced-motion",
)
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


class Browser:
    """One tab.

    Parameters
    ----------
    driver : Chrome
        What drives it.
    """

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, path: Path, fragment: str = "") -> None:
        """Load a page, and forget what was logged before."""
        self.driver.get("about:blank")
        self.console(), self.requests()
        self.driver.get(f"{path.as_uri()}{fragment}")

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page, by way of the debugger: the page's policy forbids it others."""
        return self.driver.execute_script(script, *arguments)

    def command(self, name: str, **options: Any) -> dict[str, Any]:
        """Give a command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, options)  # type: ignore[no-any-return]

    def console(self) -> list[str]:
        """Return what was logged since the last call: errors, and what the policy refused."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the last call, whatever came of it."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found

    @contextmanager
    def on_a_phone(self) -> Iterator[None]:
        """Pretend to be a phone."""
        self.command("Emulation.setDeviceMetricsOverride", **PHONE)
        try:
            yield
        finally:
            self.command("Emulation.clearDeviceMetricsOverride")

    @contextmanager
    def media(self, **features: str) -> Iterator[None]:
        """Pretend that the user prefers something, or prints: ``media(type="print")``."""
        kind = features.pop("type", "")
        named = [{"name": k.replace("_", "-"), "value": value} for k, value in features.items()]
        self.command("Emulation.setEmulatedMedia", media=kind, features=named)
        try:
            yield
        finally:
            self.command("Emulation.setEmulatedMedia", media="", features=[])

    @contextmanager
    def without_scripts(self) -> Iterator[None]:
        """Load pages as a browser does that runs no scripts."""
        self.command("Emulation.setScriptExecutionDisabled", value=True)
        try:
            yield
        finally:
            self.command("Emulation.setScriptExecutionDisabled", value=False)

    def paper(self) -> bytes:
        """Return the page as PDF."""
        return base64.b64decode(self.command("Page.printToPDF")["data"])


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium; without one, the test is skipped and says so."""
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    driver_path = shutil.which("chromedriver")
    if program is None or driver_path is None:
        pytest.skip("Chromium and chromedriver are not installed")
    options = ChromeOptions()
    options.binary_location = program
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(driver_path))
    driver.set_script_timeout(300)  # a page with every recording, on a machine that does much else
    try:
        yield Browser(driver)
    finally:
        driver.quit()
