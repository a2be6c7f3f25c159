"""A real Chromium without a window, told what to do through its DevTools protocol on a pair of pipes.

What a command line cannot do is what these tests are about: a screen of 390 pixels, dark or printed, and what the
page asked the network for. A driver library would bring its own browser or a second runtime.
"""

from __future__ import annotations

import base64
import json
import os
import select
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chromium import HEADLESS

ANSWER_SECONDS = 60
_END = b"\0"
_FLAGS = (*HEADLESS, "--remote-debugging-pipe")


@contextmanager
def running_chromium(binary: str) -> Iterator[Browser]:
    """A browser with a profile of its own that lives exactly as long as the block."""
    with tempfile.TemporaryDirectory(prefix="slo-chromium-", ignore_cleanup_errors=True) as profile:
        commands, answers = os.pipe(), os.pipe()
        process = os.posix_spawn(
            binary,
            [binary, *_FLAGS, f"--user-data-dir={profile}"],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, commands[0], 3),
                (os.POSIX_SPAWN_DUP2, answers[1], 4),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )
        os.close(commands[0])
        os.close(answers[1])
        try:
            yield Browser(commands[1], answers[0])
        finally:
            # It ends by itself when nobody holds the other end of its pipe.
            os.close(commands[1])
            os.close(answers[0])
            os.waitpid(process, 0)


class Browser:
    """The browser's end of the protocol: numbered commands, their answers, and events in between."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._number = 0
        self._buffer = b""
        self.events: list[dict[str, Any]] = []

    def open(self, file: Path, *, width: int, height: int = 800, dark: bool = False) -> Page:
        """The page in a file on a screen of that size (CSS pixels), completely loaded."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Network", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        page.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.events.clear()
        page.call("Page.navigate", {"url": file.absolute().as_uri()})
        self._await_event("Page.loadEventFired", session)
        return page

    def call(
        self, method: str, parameters: dict[str, Any] | None = None, session: str = ""
    ) -> dict[str, Any]:
        self._number += 1
        command: dict[str, Any] = {"id": self._number, "method": method, "params": parameters or {}}
        os.write(
            self._commands, json.dumps(command | ({"sessionId": session} if session else {})).encode() + _END
        )
        while (message := self._next()).get("id") != self._number:
            self.events.append(message)
        assert "error" not in message, f"{method}: {message['error']}"
        result: dict[str, Any] = message["result"]
        return result

    def _await_event(self, method: str, session: str) -> None:
        while not any(e.get("method") == method and e.get("sessionId") == session for e in self.events):
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + ANSWER_SECONDS
        while _END not in self._buffer:
            assert select.select([self._answers], [], [], max(0.0, end - time.monotonic()))[0], (
                "Chromium is silent"
            )
            data = os.read(self._answers, 1 << 20)
            assert data, "Chromium ended"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(_END)
        document: dict[str, Any] = json.loads(message)
        return document


class Page:
    """One page in the browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def call(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._browser.call(method, parameters, self._session)

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", size)

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives on the page; its own security policy does not hold for this."""
        answer = self.call("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        assert "exceptionDetails" not in answer, answer
        return answer["result"]["value"]

    @property
    def requests(self) -> list[str]:
        """The addresses that the page asked for."""
        return [str(event["params"]["request"]["url"]) for event in self._events("Network.requestWillBeSent")]

    @property
    def complaints(self) -> list[str]:
        """What stands in the console: messages, errors, refusals by the security policy."""
        logged = [event["params"]["entry"]["text"] for event in self._events("Log.entryAdded")]
        thrown = [str(event["params"]) for event in self._events("Runtime.exceptionThrown")]
        said = [str(event["params"]["args"]) for event in self._events("Runtime.consoleAPICalled")]
        return [*logged, *thrown, *said]

    def screenshot(self, *, whole: bool = False) -> bytes:
        """A PNG of the screen, or of the whole page."""
        answer = self.call("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole})
        return base64.b64decode(answer["data"])

    def pdf(self) -> bytes:
        """The page as it is printed on A4, with its backgrounds."""
        paper = {"printBackground": True, "paperWidth": 8.27, "paperHeight": 11.69}
        return base64.b64decode(self.call("Page.printToPDF", paper)["data"])

    def _events(self, method: str) -> list[dict[str, Any]]:
        return [
            event
            for event in self._browser.events
            if event.get("method") == method and event.get("sessionId") == self._session
        ]
