"""What was acknowledged survives kill -9 under load."""

import hashlib
import itertools
import sqlite3
import threading
from pathlib import Path
from uuid import UUID

import httpx2

from demo_service.storage.sqlite import SqliteRecordStore
from tests.demo_service.application import CONTACT, WITH_KEY
from tests.demo_service.running_service import RunningService

_CLIENTS = 6
_ACKNOWLEDGED_BEFORE_THE_KILL = 150


class Client(threading.Thread):
    """Sends contacts and documents in turn until the service dies, and notes what was acknowledged."""

    def __init__(self, base_url: str, number: int, enough: threading.Semaphore) -> None:
        super().__init__()
        self._base_url = base_url
        self._number = number
        self._enough = enough
        self.contacts: list[tuple[str, str]] = []
        self.documents: list[tuple[str, bytes]] = []

    def run(self) -> None:
        with httpx2.Client(base_url=self._base_url, headers=WITH_KEY) as client:
            try:
                for turn in itertools.count():
                    self._send(client, f"client {self._number}, turn {turn}")
                    self._enough.release()
            except httpx2.TransportError:
                return  # the kill

    def _send(self, client: httpx2.Client, text: str) -> None:
        answer = client.post("/contact", json=CONTACT | {"message": text})
        assert answer.status_code == 201
        self.contacts.append((answer.json()["id"], text))
        contents = text.encode() * 500
        answer = client.post(
            "/documents/upload", files={"file": ("a.txt", contents)}, data={"document_type": "report"}
        )
        assert answer.status_code == 201
        self.documents.append((answer.json()["id"], contents))


def test_acknowledged_contacts_and_documents_survive_kill_9_under_load(tmp_path: Path) -> None:
    enough = threading.Semaphore(0)
    with RunningService.start(tmp_path) as service:
        clients = [Client(service.base_url, number, enough) for number in range(_CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(_ACKNOWLEDGED_BEFORE_THE_KILL):
            assert enough.acquire(timeout=20)
        service.kill()
        for client in clients:
            client.join()
    contacts = [contact for client in clients for contact in client.contacts]
    documents = [document for client in clients for document in client.documents]
    assert min(len(contacts), len(documents)) >= _ACKNOWLEDGED_BEFORE_THE_KILL

    with RunningService.start(tmp_path) as service:
        for document_id, contents in documents:
            path = f"/documents/{document_id}"
            assert service.client.get(path).json()["digest"] == hashlib.sha256(contents).hexdigest()
            assert service.client.get(f"{path}/contents").content == contents
        search = {"query": "client turn", "limit": 1}
        assert service.client.post("/documents/search", json=search).json()["total"] >= len(documents)
    records = SqliteRecordStore(tmp_path / "records.sqlite3")
    for contact_id, message in contacts:
        stored = records.contact(UUID(contact_id))
        assert stored is not None
        assert stored.message == message
    records.close()
    with sqlite3.connect(tmp_path / "records.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_every_commit_is_synced(tmp_path: Path) -> None:
    """Killing a process proves nothing about power; the setting that does is checked by name."""
    records = SqliteRecordStore(tmp_path / "records.sqlite3")
    with records._transaction() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    records.close()
