"""A modest, bounded load on the service, which counts for itself what came back."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from deploy.live.service import Service

_CONNECTIONS = 6
_CONTACT = {"name": "A visitor", "email": "visitor@example.com", "message": "Please call me back."}
# Of ten requests: five searches, two descriptions, two contacts, one upload.
_MIX = (
    "search",
    "describe",
    "contact",
    "search",
    "upload",
    "search",
    "describe",
    "search",
    "contact",
    "search",
)


@dataclass(frozen=True)
class Counts:
    """Requests by how they were answered."""

    good: int = 0
    errors: int = 0
    """Answered 5xx."""
    unanswered: int = 0

    @property
    def valid(self) -> int:
        """All that the service answered, which is all that it can count."""
        return self.good + self.errors

    def __sub__(self, earlier: Counts) -> Counts:
        return Counts(
            self.good - earlier.good, self.errors - earlier.errors, self.unanswered - earlier.unanswered
        )


class Load:
    """Sends requests on a fixed schedule until it is stopped."""

    def __init__(self, service: Service, per_second: float) -> None:
        self._service = service
        self._interval = 1 / per_second
        self._kinds = itertools.cycle(_MIX)
        self._due = time.monotonic()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._good = self._errors = self._unanswered = 0
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(_CONNECTIONS)]

    def counts(self) -> Counts:
        """The answers so far."""
        with self._lock:
            return Counts(self._good, self._errors, self._unanswered)

    def start(self) -> None:
        """Begin; the first request is due at once."""
        self._due = time.monotonic()
        for thread in self._threads:
            thread.start()

    def set_rate(self, per_second: float) -> None:
        """Send this many requests a second from now on."""
        with self._lock:
            self._interval = 1 / per_second

    def stop(self) -> None:
        """Let the requests under way finish, and send no more."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        with requests.Session() as session:
            session.headers["X-API-Key"] = self._service.key
            client = _Client(session, self._service.base_url)
            while not self._stopped.wait(max(0.0, self._next_due() - time.monotonic())):
                self._count(client)

    def _next_due(self) -> float:
        with self._lock:
            # A service that stalls gets no burst afterwards.
            self._due = max(self._due + self._interval, time.monotonic() - self._interval)
            return self._due

    def _count(self, client: _Client) -> None:
        with self._lock:
            kind = next(self._kinds)
        try:
            status = client.send(kind)
        except requests.RequestException:
            status = None
        with self._lock:
            if status is None:
                self._unanswered += 1
            elif status >= 500:
                self._errors += 1
            else:
                self._good += 1


class _Client:
    """One connection and the requests that it can make; each returns the status."""

    def __init__(self, session: requests.Session, base_url: str) -> None:
        self._session = session
        self._base_url = base_url
        self._uploads = itertools.count()
        self._document: str | None = None

    def send(self, kind: str) -> int:
        requests_by_kind: dict[str, Callable[[], int]] = {
            "search": self._search,
            "describe": self._describe,
            "contact": self._contact,
            "upload": self._upload,
        }
        return requests_by_kind[kind]()

    def _search(self) -> int:
        return self._post("/documents/search", json={"query": "quarterly report"}).status_code

    def _contact(self) -> int:
        return self._post("/contact", json=_CONTACT).status_code

    def _describe(self) -> int:
        if self._document is None:
            return self._upload()
        return self._session.get(f"{self._base_url}/documents/{self._document}", timeout=30).status_code

    def _upload(self) -> int:
        text = f"Quarterly report, draft {next(self._uploads)} of {id(self)}.\n"
        answer = self._post(
            "/documents/upload",
            files={"file": ("report.txt", text.encode())},
            data={"document_type": "report"},
        )
        if answer.ok:
            self._document = answer.json()["id"]
        return answer.status_code

    def _post(self, path: str, **content: object) -> requests.Response:
        return self._session.post(f"{self._base_url}{path}", timeout=30, **content)  # type: ignore[arg-type]


@contextmanager
def sending(service: Service, per_second: float) -> Iterator[Load]:
    """A load that ends with the block."""
    load = Load(service, per_second)
    load.start()
    try:
        yield load
    finally:
        load.stop()
