"""The page that draws: built once by Vite, served on loopback, photographed by Chromium."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.chromium import HEADLESS, HOW_TO_GET, find_chromium

HERE = Path(__file__).parent
DIST = HERE / "dist"
WIDTH = 1600
_BUDGET_MS = 40000
_TIMEOUT_SECONDS = 120
_HEAD_AND_MARGIN, _ROW = 100, 38

_FLAGS = (*HEADLESS, "--hide-scrollbars", f"--virtual-time-budget={_BUDGET_MS}")


@dataclass(frozen=True, slots=True)
class DrawnPanel:
    """A panel as it stands in the page: drawn, empty, error, or waiting."""

    id: int
    type: str
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    panels: Mapping[int, DrawnPanel]
    problems: tuple[str, ...]
    """What the browser's console was told as an error, and exceptions that nobody caught."""


def missing_part() -> str:
    """What the page cannot be drawn without and is not here; empty if nothing is missing."""
    if not (DIST / "index.html").exists():
        return "the page that draws is not built: `make drawing` builds it, with Node and npm"
    return "" if find_chromium() else HOW_TO_GET


def draw(drawing: Mapping[str, Any], theme: str, picture: Path, width: int = WIDTH) -> Page:
    """Draw a dashboard with its answers, write the picture, and tell what is on it."""
    height = _HEAD_AND_MARGIN + _ROW * _rows(drawing["dashboard"]["panels"])
    document = json.dumps({**drawing, "theme": theme, "width": width}).encode()
    chromium = find_chromium()
    assert chromium, HOW_TO_GET
    with serving(document) as address, tempfile.TemporaryDirectory(prefix="slo-drawing-") as profile:
        command = [
            chromium,
            *_FLAGS,
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            f"--screenshot={picture}",
            "--dump-dom",
            address,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=True)
    return read_page(done.stdout)


def read_page(html: str) -> Page:
    """The panels and problems in the page's final DOM."""
    reader = _PageReader()
    reader.feed(html)
    panels = {panel.id: panel for panel in reader.panels()}
    found = re.search(r'<script type="application/json" id="problems">(.*?)</script>', html, re.DOTALL)
    return Page(panels, tuple(json.loads(found[1])) if found else ("the page did not start",))


@contextmanager
def serving(drawing: bytes) -> Iterator[str]:
    """The address of the page with that data, for as long as the block lasts."""
    handler = partial(_Handler, directory=str(DIST), drawing=drawing)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _rows(panels: list[Any]) -> int:
    """How many rows of the grid the dashboard has with its collapsed rows opened."""
    end = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    for row in panels:
        if row.get("collapsed") and row.get("panels"):
            tops = [inner["gridPos"]["y"] for inner in row["panels"]]
            ends = [inner["gridPos"]["y"] + inner["gridPos"]["h"] for inner in row["panels"]]
            end += max(ends) - min(tops)
    return int(end)


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *arguments: Any, drawing: bytes, **more: Any) -> None:
        self.drawing = drawing
        super().__init__(*arguments, **more)

    def do_GET(self) -> None:
        if not self.path.endswith("/drawing.json"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.drawing)))
        self.end_headers()
        self.wfile.write(self.drawing)

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class _PageReader(HTMLParser):
    """Collects the state and the text of each element with a `data-panel-id`."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._open: list[tuple[int, dict[str, Any]]] = []
        self._found: list[dict[str, Any]] = []

    def panels(self) -> Iterator[DrawnPanel]:
        for found in self._found:
            words = " ".join(" ".join(found["text"]).split())
            yield DrawnPanel(found["id"], found["type"], found["state"], words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in _VOID:
            self._depth += 1
        if panel := given.get("data-panel-id"):
            found: dict[str, Any] = {
                "id": int(panel),
                "type": given["data-panel-type"],
                "state": "",
                "text": [],
            }
            self._found.append(found)
            self._open.append((self._depth, found))
        if self._open and (state := given.get("data-state")):
            self._open[-1][1]["state"] = self._open[-1][1]["state"] or state

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self._open and self._open[-1][0] == self._depth:
            self._open.pop()
        self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][1]["text"].append(data)
