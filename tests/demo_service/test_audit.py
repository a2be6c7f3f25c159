"""The audit trail: who wrote what, in both stores, and nothing else."""

import json
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from demo_service.audit import Action, acting_key
from demo_service.correlation import HEADER
from demo_service.models import now
from demo_service.storage.errors import UnknownContact
from demo_service.storage.records import RecordStore
from tests.demo_service.application import API_KEY, WITH_KEY, Application
from tests.demo_service.postgres_server import PostgresServer
from tests.demo_service.running_service import RunningService
from tests.demo_service.test_record_store_contract import a_contact, a_document, add
from tests.demo_service.test_record_store_contract import open_database as open_database
from tests.demo_service.test_record_store_contract import records as records

KID = API_KEY.split(".")[0]
BEGINNING = datetime.fromtimestamp(0, UTC)


@pytest.fixture
def somebody() -> Iterator[None]:
    token = acting_key.set("kid1")
    yield
    acting_key.reset(token)


@pytest.mark.usefixtures("somebody")
def test_every_write_leaves_an_entry(records: RecordStore) -> None:
    contact = a_contact()
    records.add_contact(contact)
    document = add(records, "text")
    records.remove_document(document.id)
    trail = records.audit_trail(BEGINNING)
    assert [(entry.action, entry.target) for entry in trail] == [
        (Action.CONTACT_CREATED, contact.id),
        (Action.DOCUMENT_CREATED, document.id),
        (Action.DOCUMENT_REMOVED, document.id),
    ]
    assert {entry.key_id for entry in trail} == {"kid1"}
    assert all(now() - entry.at < timedelta(minutes=1) for entry in trail)


def test_what_was_not_written_leaves_none(records: RecordStore) -> None:
    document = a_document(contact_id=uuid.uuid4())
    with pytest.raises(UnknownContact), records.for_digest(document.digest) as transaction:
        transaction.add(document, "text")
    records.remove_document(uuid.uuid4())
    assert records.audit_trail(BEGINNING) == []


def test_the_trail_can_be_asked_from_a_moment_on(records: RecordStore) -> None:
    records.add_contact(a_contact())
    (entry,) = records.audit_trail(BEGINNING)
    assert records.audit_trail(entry.at) == [entry]
    assert records.audit_trail(entry.at + timedelta(microseconds=1)) == []


@pytest.mark.parametrize("statement", ["UPDATE audit SET key_id = 'other'", "DELETE FROM audit"])
def test_sqlite_refuses_to_change_the_trail(application: Application, tmp_path: Path, statement: str) -> None:
    application.contact()
    with (
        closing(sqlite3.connect(tmp_path / "data" / "records.sqlite3")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(statement)
    assert len(application.stores.records.audit_trail(BEGINNING)) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET key_id = 'other'", "DELETE FROM audit", "TRUNCATE audit"]
)
@pytest.mark.parametrize("records", ["postgresql"], indirect=True)
def test_postgresql_refuses_to_change_the_trail(
    records: RecordStore, postgres: PostgresServer, statement: str
) -> None:
    records.add_contact(a_contact())
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        postgres.execute(statement)
    assert len(records.audit_trail(BEGINNING)) == 1


def test_an_entry_names_the_key_and_the_request(application: Application) -> None:
    answer = application.contact()
    (entry,) = application.stores.records.audit_trail(BEGINNING)
    assert entry.key_id == KID
    assert entry.correlation_id == answer.headers[HEADER]
    assert str(entry.target) == answer.json()["id"]


def test_one_requests_key_is_not_the_next_ones(application: Application) -> None:
    application.contact()
    application.client.post("/contact", headers={"X-API-Key": "wrong"})
    assert acting_key.get() is None


def test_the_command_line_shows_the_trail(service: RunningService, tmp_path: Path) -> None:
    document = service.client.post(
        "/documents/upload",
        files={"file": ("a.txt", b"a secret word", "text/plain")},
        data={"document_type": "report"},
        headers=WITH_KEY,
    ).json()
    service.client.delete(f"/documents/{document['id']}")
    lines = show(tmp_path).stdout.splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["document.created", "document.removed"]
    assert {(json.loads(line)["key_id"], json.loads(line)["target"]) for line in lines} == {
        (KID, document["id"])
    }
    assert "secret word" not in "".join(lines)
    assert show(tmp_path, "--since", "2100-01-01T00:00:00+00:00").stdout == ""


@pytest.mark.parametrize("since", ["yesterday", "2026-01-01T00:00:00"])
def test_a_time_that_is_none_is_refused(tmp_path: Path, since: str) -> None:
    done = show(tmp_path, "--since", since)
    assert done.returncode == 2
    assert "a time" in done.stderr


def show(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo_service", "audit", *arguments],
        env={"DEMO_DATA_DIR": str(folder / "data")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
