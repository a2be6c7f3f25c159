"""What every database's notes for a search engine must do: one suite, SQLite and a real PostgreSQL."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest

from demo_service.storage.changes import Batch
from demo_service.storage.postgres import PostgresRecordStore
from demo_service.storage.records import RecordStore
from demo_service.storage.sqlite import SqliteRecordStore
from tests.demo_service.test_record_store_contract import a_document, add

OpenStore = Callable[[], RecordStore]


@pytest.fixture(params=["sqlite", "postgresql"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the database of the test; closed in the end."""
    opened: list[RecordStore] = []

    def open_it() -> RecordStore:
        if request.param == "sqlite":
            store: RecordStore = SqliteRecordStore(tmp_path / "records.sqlite3")
        else:
            store = PostgresRecordStore(server.url, password=server.password)
        opened.append(store)
        return store

    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        server.execute("DROP TABLE IF EXISTS documents, contacts, audit, search_pending")
    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def records(open_store: OpenStore) -> RecordStore:
    return open_store()


def take(records: RecordStore, limit: int = 100) -> Batch:
    with records.changes().batch(limit) as batch:
        return batch


def ids(batch: Batch) -> set[UUID]:
    return {hit.document.id for hit in batch.present}


def test_what_comes_and_goes_is_noted_and_forgotten_once_it_was_taken(records: RecordStore) -> None:
    records.changes().start()
    kept, removed = add(records, "some text"), add(records)
    assert ids(take(records)) == {kept.id, removed.id}
    records.remove_document(removed.id)
    assert take(records) == Batch(gone=(removed.id,))
    assert not take(records)


def test_a_document_is_told_as_it_is_now(records: RecordStore) -> None:
    records.changes().start()
    document = add(records, "some text")
    gone = add(records)
    records.remove_document(gone.id)
    batch = take(records)
    assert [(hit.document, hit.text) for hit in batch.present] == [(document, "some text")]
    assert batch.gone == (gone.id,)


def test_the_first_start_notes_what_is_there_and_the_next_does_not(open_store: OpenStore) -> None:
    first = open_store()
    document = add(first)
    first.changes().start()
    assert ids(take(first)) == {document.id}
    again = open_store()
    again.changes().start()
    assert not take(again)


def test_starting_over_notes_what_is_there(records: RecordStore) -> None:
    records.changes().start()
    document = add(records)
    take(records)
    records.changes().start_over()
    assert ids(take(records)) == {document.id}


def test_notes_are_taken_while_nobody_asks_for_them(open_store: OpenStore) -> None:
    open_store().changes().start()
    document = add(open_store())  # a process that knows of no search engine
    assert ids(take(open_store())) == {document.id}


def test_a_batch_that_failed_comes_again(records: RecordStore) -> None:
    records.changes().start()
    document = add(records)
    with pytest.raises(RuntimeError), records.changes().batch(10):
        raise RuntimeError
    assert ids(take(records)) == {document.id}


def test_a_change_that_is_not_committed_is_not_noted(records: RecordStore) -> None:
    records.changes().start()

    def fail() -> None:
        with records.for_digest("a" * 64) as transaction:
            transaction.add(a_document(), "text")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not take(records)


def test_the_oldest_come_first_and_never_more_than_asked_for(records: RecordStore) -> None:
    records.changes().start()
    documents = [add(records).id for _ in range(3)]
    assert ids(take(records, limit=2)) == set(documents[:2])
    assert ids(take(records, limit=2)) == {documents[2]}


def test_what_changes_while_a_batch_is_worked_on_stays_noted(records: RecordStore) -> None:
    records.changes().start()
    document = add(records)
    with records.changes().batch(10) as batch:
        records.remove_document(document.id)
        assert ids(batch) == {document.id}
    assert take(records).gone == (document.id,)


def test_one_caller_at_a_time_gets_a_batch(records: RecordStore) -> None:
    records.changes().start()
    document = add(records)
    with records.changes().batch(10) as mine, records.changes().batch(10) as others:
        assert (ids(mine), bool(others)) == ({document.id}, False)


def test_nothing_is_missed_while_the_notes_begin(open_store: OpenStore) -> None:
    """Four threads write while the first start makes the triggers."""
    records = open_store()
    begin = threading.Barrier(5)

    def write(_: int) -> list[UUID]:
        begin.wait()
        return [add(records, digest=f"{number:064x}").id for number in range(10)]

    with ThreadPoolExecutor(4) as pool:
        writing = pool.map(write, range(4))
        begin.wait()
        records.changes().start()
        written = {each for some in writing for each in some}
    assert ids(take(records)) == written


def test_notes_begin_again_where_their_trigger_was_removed(
    open_store: OpenStore, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    records = open_store()
    records.changes().start()
    take(records)
    if isinstance(records, SqliteRecordStore):
        with sqlite3.connect(tmp_path / "records.sqlite3") as connection:
            connection.executescript("DROP TRIGGER document_goes; DROP TRIGGER document_comes;")
            connection.execute("DROP TABLE search_pending")
    else:
        statement = "DROP TRIGGER document_comes_or_goes ON documents; DROP TABLE search_pending"
        request.getfixturevalue("postgres").execute(statement)
    document = add(records)
    records.changes().start()
    assert ids(take(records)) == {document.id}
