"""A receiver for Alertmanager's webhook: keeps every notification, in a file and for whoever waits for one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_LARGEST_BODY = 1_000_000


@dataclass(frozen=True)
class Notification:
    """One alert of a webhook message."""

    receiver: str
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]
    generator_url: str
    arrived: float
    """Unix time."""

    @property
    def alert(self) -> str:
        """The name of the alert."""
        return self.labels["alertname"]


class Webhook:
    """What has arrived so far."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._notifications: list[Notification] = []
        self._changed = threading.Condition()
        self.url = ""

    def notifications(self) -> list[Notification]:
        """All notifications, in the order of their arrival."""
        with self._changed:
            return list(self._notifications)

    def wait_for(self, wanted: Callable[[Notification], bool], seconds: float) -> Notification | None:
        """The first notification that is wanted, or None when none arrives in time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                for notification in self._notifications:
                    if wanted(notification):
                        return notification
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return next(filter(wanted, self._notifications), None)

    def receive(self, message: dict[str, Any]) -> None:
        """Take a message of Alertmanager's webhook format, version 4."""
        arrived = time.time()
        with self._changed, self._file.open("a") as file:
            file.write(json.dumps(message) + "\n")
            for alert in message["alerts"]:
                self._notifications.append(
                    Notification(
                        message["receiver"],
                        alert["status"],
                        alert["labels"],
                        alert["annotations"],
                        alert["generatorURL"],
                        arrived,
                    )
                )
            self._changed.notify_all()


@contextmanager
def listening(file: Path) -> Iterator[Webhook]:
    """A receiver on a free loopback port, as long as the block lasts."""
    webhook = Webhook(file)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(webhook))
    webhook.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield webhook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(webhook: Webhook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= _LARGEST_BODY:
                self.send_error(413 if length else 400)
                return
            try:
                webhook.receive(json.loads(self.rfile.read(length)))
            except (ValueError, KeyError, TypeError):
                self.send_error(400)
                return
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """The notifications are on file; a line for each request would only repeat that."""

    return Handler
