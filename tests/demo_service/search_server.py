"""Meilisearch: the real one, and a stub of as much of its documented API as the service uses."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from demo_service.storage.meilisearch import Meilisearch
from tests.platform.stubs import Answer, Received, StubServer, stub_server
from tests.programs import optional_program

_PATIENCE_SECONDS = 20
_ERRORS = "https://docs.meilisearch.com/errors"
_MOST_QUERY_WORDS = 10
INDEX = "demo-service-documents"

Entry = dict[str, Any]


@dataclass
class SearchServer:
    """Where a server is, and the key that it lets in."""

    url: str
    key: str

    def engine(self) -> Meilisearch:
        """The service's side of it."""
        return Meilisearch(self.url, self.key)


def has_meilisearch() -> bool:
    """Whether there is a real one."""
    return bool(os.environ.get("SLO_TEST_MEILISEARCH") or shutil.which("meilisearch"))


@contextmanager
def running_meilisearch(folder: Path) -> Iterator[SearchServer]:
    """A real server with an empty database in ``folder`` that ends with the block."""
    binary = optional_program("meilisearch", "its releases have a binary for each platform")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    server = SearchServer(f"http://{address}", secrets.token_urlsafe(24))
    environment = {"MEILI_MASTER_KEY": server.key, "MEILI_NO_ANALYTICS": "true", "PATH": os.environ["PATH"]}
    command: list[str | Path] = [
        binary,
        "--http-addr",
        address,
        "--env",
        "production",
        "--db-path",
        folder / "data.ms",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        _wait_until_healthy(server.url, process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE_SECONDS)
        shutil.rmtree(folder / "data.ms", ignore_errors=True)


def _wait_until_healthy(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if urllib3.request("GET", f"{url}/health", retries=False, timeout=1).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    raise AssertionError("meilisearch does not start")


@dataclass
class StubMeilisearch(SearchServer):
    """Answers as the API's documentation says, and has the faults that a test gives it.

    What it does not do is rank: it answers the newest first.
    """

    url: str = ""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    entries: dict[str, Entry] | None = None
    """The documents of the index by id; None while there is no index."""
    settings: dict[str, Any] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    refuse_with: Answer | None = None
    """What every request is answered with, instead of an answer."""
    task_error: str | None = None
    """The code that every task fails with."""
    delay_seconds: float = 0
    frozen: bool = False
    """Tasks are taken and not begun."""
    searches: int = 0
    """How many were asked for, whether or not they were answered."""
    ended: bool = False

    @contextmanager
    def running(self) -> Iterator[StubServer]:
        """Serve until the block ends; a second time at the address of the first."""
        port = int(self.url.rpartition(":")[2]) if self.url else 0
        with stub_server(self._respond, port) as server:
            self.url, self.ended = server.url, False
            yield server
            self.ended = True

    def _respond(self, request: Received) -> Answer:
        if self.ended:
            raise ConnectionResetError  # what is still connected is cut off
        self.searches += request.path.endswith("/search")
        time.sleep(self.delay_seconds)
        if self.refuse_with is not None:
            return self.refuse_with
        given = request.headers.get("authorization")
        if given is None:
            return error(401, "missing_authorization_header", "auth")
        if given != f"Bearer {self.key}":
            return error(403, "invalid_api_key", "auth")
        return self._route(request)

    def _route(self, request: Received) -> Answer:
        what = (request.method, request.path.replace(f"/indexes/{INDEX}", "/<index>"))
        if what == ("POST", "/indexes"):
            return self._create(request.json())
        if what[1].startswith("/tasks/"):
            return _json(200, self._task(int(what[1].rpartition("/")[2])))
        if what[1].startswith("/<index>") and self.entries is None:
            return error(404, "index_not_found", "invalid_request")
        match what:
            case ("GET", "/<index>"):
                return _json(200, {"uid": INDEX, "primaryKey": "id"})
            case ("PATCH", "/<index>/settings"):
                return self._enqueue("settingsUpdate", lambda: self.settings.update(request.json()))
            case ("POST", "/<index>/documents"):
                return self._enqueue("documentAdditionOrUpdate", lambda: self._add(request.json()))
            case ("POST", "/<index>/documents/delete-batch"):
                return self._enqueue("documentDeletion", lambda: self._remove(request.json()))
            case ("POST", "/<index>/search"):
                return self._search(request.json())
        return error(404, "not_found", "invalid_request")

    def _create(self, body: Any) -> Answer:
        assert body == {"uid": INDEX, "primaryKey": "id"}

        def create() -> None:
            self.entries = {}

        return self._enqueue("indexCreation", create)

    def _add(self, entries: list[Entry]) -> None:
        assert self.entries is not None, "routed here"
        self.entries |= {entry["id"]: entry for entry in entries}

    def _remove(self, ids: list[str]) -> None:
        assert self.entries is not None, "routed here"
        for each in ids:
            self.entries.pop(each, None)

    def _enqueue(self, kind: str, work: Any) -> Answer:
        number = len(self.tasks)
        self.tasks.append({"uid": number, "type": kind, "status": "enqueued", "error": None, "work": work})
        summary = {"taskUid": number, "indexUid": INDEX, "status": "enqueued", "type": kind}
        return _json(202, summary)

    def _task(self, number: int) -> dict[str, Any]:
        """A task as it is. The first to ask finds it processing, so that nobody gets by with asking once."""
        task = self.tasks[number]
        if not self.frozen and task["status"] == "enqueued":
            task["status"] = "processing"
        elif task["status"] == "processing":
            self._finish(task)
        return {name: value for name, value in task.items() if name != "work"}

    def _finish(self, task: dict[str, Any]) -> None:
        if self.task_error is not None:
            task |= {"status": "failed", "error": _error_body(self.task_error, "internal")}
            return
        task["work"]()
        task["status"] = "succeeded"

    def _search(self, body: dict[str, Any]) -> Answer:
        assert self.entries is not None, "routed here"
        assert body["matchingStrategy"] == "all"
        filterable = set(self.settings.get("filterableAttributes", ()))
        if {condition.split()[0] for condition in body["filter"]} - filterable:
            return error(400, "invalid_search_filter", "invalid_request")
        terms = re.findall(r'"([a-z]+)"', body["q"])[:_MOST_QUERY_WORDS]
        found = [
            entry
            for entry in sorted(self.entries.values(), key=lambda entry: -entry["uploaded_at"])
            if set(terms) <= set(entry["words"].split())
            and all(self._holds(condition, entry) for condition in body["filter"])
        ]
        shown = [{"id": entry["id"]} for entry in found[: body["hitsPerPage"]]]
        most = self.settings.get("pagination", {"maxTotalHits": 1000})["maxTotalHits"]
        return _json(200, {"hits": shown, "page": body["page"], "totalHits": min(len(found), most)})

    def _holds(self, condition: str, entry: Entry) -> bool:
        name, operator, value = condition.split(" ", 2)
        held = entry[name]
        if operator == "=":
            wanted = value.strip('"').casefold()
            return wanted in ([tag.casefold() for tag in held] if isinstance(held, list) else [held])
        number = float(value)
        return bool(held >= number if operator == ">=" else held < number)


def error(status: int, code: str, kind: str) -> Answer:
    """An answer of the form that Meilisearch gives its errors."""
    return _json(status, _error_body(code, kind))


def _error_body(code: str, kind: str) -> dict[str, str]:
    return {"message": f"A text about {code}.", "code": code, "type": kind, "link": f"{_ERRORS}#{code}"}


def _json(status: int, document: Any) -> Answer:
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json"})
