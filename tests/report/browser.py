"""A headless Chromium, driven over a pipe by the DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    (path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path),
    None,
)
WATCHED = ("Page", "Network", "Log", "Runtime")
COMPLAINTS = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")


@dataclass
class Page:
    """What became of a page."""

    complaints: list[str] = field(default_factory=list)  # of the console
    requests: list[str] = field(default_factory=list)  # addresses that were asked for
    answers: dict[str, Any] = field(default_factory=dict)  # what the expressions came to
    picture: bytes = b""  # PNG, of the whole page
    pdf: bytes = b""  # as printed


class Browser:
    """One process; a tab for each page."""

    def __init__(self, writes: int, reads: int) -> None:
        self._writes = os.fdopen(writes, "wb", buffering=0)
        self._reads = os.fdopen(reads, "rb")
        self._count = 0
        self._rest = b""
        self._events: list[dict[str, Any]] = []

    def open(
        self,
        page: Path,
        *,
        dark: bool,
        width: int,
        height: int = 900,
        ask: tuple[str, ...] = (),
        pictured: bool = False,
        printed: bool = False,
    ) -> Page:
        """Load `page` and ask it for the values of JavaScript expressions, promises awaited."""
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        tab = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in WATCHED:
            self._send(f"{domain}.enable", tab)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._send("Emulation.setEmulatedMedia", tab, features=[scheme])
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self._send("Emulation.setDeviceMetricsOverride", tab, **screen)
        self._events.clear()
        self._send("Page.navigate", tab, url=page.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._events.append(self._read())
        answers = {}
        for expression in ask:
            told = self._send(
                "Runtime.evaluate",
                tab,
                expression=expression,
                returnByValue=True,
                awaitPromise=True,
            )
            assert "exceptionDetails" not in told, told
            answers[expression] = told["result"].get("value")
        shot = pdf = ""
        if pictured:
            shot = self._send("Page.captureScreenshot", tab, captureBeyondViewport=True)["data"]
        if printed:
            paper = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True}
            pdf = self._send("Page.printToPDF", tab, printBackground=True, **paper)["data"]
        self._send("Target.closeTarget", targetId=target)
        return Page(
            complaints=[str(e["params"]) for e in self._events if e["method"] in COMPLAINTS],
            requests=[
                event["params"]["request"]["url"]
                for event in self._events
                if event["method"] == "Network.requestWillBeSent"
            ],
            answers=answers,
            picture=base64.b64decode(shot),
            pdf=base64.b64decode(pdf),
        )

    def close(self) -> None:
        """Close the pipes."""
        self._writes.close()
        self._reads.close()

    def _send(self, method: str, tab: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._count += 1
        predicted: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if tab is not None:
            predicted["sessionId"] = tab
        self._writes.write(json.dumps(predicted).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                found: dict[str, Any] = answer["result"]
                return found
            self._events.append(answer)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = self._reads.read1(1 << 16)
            assert part, "the browser has gone"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A Chromium without network, which ends with the context."""
    assert CHROMIUM is not None
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    flags = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={profile}",
        "--remote-debugging-pipe",
    ]
    # The protocol's pipes are the file numbers 3 and 4.
    script = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
    process = subprocess.Popen(
        ["bash", "-c", script, CHROMIUM, *flags],
        pass_fds=(theirs_in, theirs_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    found = Browser(ours_out, ours_in)
    try:
        yield found
    finally:
        found.close()
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests; each page has a tab of its own."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found
