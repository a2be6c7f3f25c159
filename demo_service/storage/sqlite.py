"""Records in a SQLite file: WAL, FTS5, and an fsync for every commit.

One connection writes, guarded by a lock, because SQLite has one writer anyway and waiting on a lock is fair
where its busy handler is not. Readers borrow connections of their own, which WAL never blocks.
"""

import json
import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from demo_service import audit
from demo_service.audit import Action, AuditEntry
from demo_service.documents.words import indexed_words
from demo_service.storage import sqlite_rows as rows
from demo_service.storage import sqlite_statements as statements
from demo_service.storage.errors import StorageUnavailable, UnknownContact
from demo_service.storage.records import Contact, Document, SearchHit, SearchPage, SearchQuery

if TYPE_CHECKING:
    from demo_service.storage.changes import ChangeFeed

PART = "database"

# Another process (a backup, a shell) may hold the write lock for a moment.
_BUSY_SECONDS = 5.0

# A contact takes a few pages of WAL; below this much free space the next checkpoint may fail.
_RESERVE_BYTES = 1024 * 1024


class SqliteRecordStore:
    """A ``RecordStore`` in one file, made when it is not there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._write_lock = threading.Lock()
        self._batch_lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._idle_readers: deque[sqlite3.Connection] = deque()
        with _translated_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
        with self._write_lock, _translated_errors():
            self._writer = self._open()
            self._writer.executescript(statements.SCHEMA)

    def add_contact(self, contact: Contact) -> None:
        row = asdict(contact) | {"id": str(contact.id), "submitted_at": rows.moment(contact.submitted_at)}
        with self._transaction() as connection:
            connection.execute(statements.ADD_CONTACT, row)
            _note(connection, Action.CONTACT_CREATED, contact.id)

    def contact(self, contact_id: UUID) -> Contact | None:
        with self._reader() as reader:
            row = reader.execute("SELECT * FROM contacts WHERE id = ?", (str(contact_id),)).fetchone()
        return None if row is None else rows.contact(row)

    def document(self, document_id: UUID) -> Document | None:
        with self._reader() as reader:
            return _document_by_id(reader, document_id)

    def remove_document(self, document_id: UUID) -> Document | None:
        with self._transaction() as connection:
            document = _document_by_id(connection, document_id)
            if document is not None:
                connection.execute(
                    "DELETE FROM document_words WHERE rowid = (SELECT number FROM documents WHERE id = ?)",
                    (str(document_id),),
                )
                connection.execute("DELETE FROM documents WHERE id = ?", (str(document_id),))
                _note(connection, Action.DOCUMENT_REMOVED, document_id)
        return document

    @contextmanager
    def for_digest(self, digest: str) -> Iterator["SqliteDigestTransaction"]:
        # The database's one write lock covers every digest, in every process.
        with self._transaction() as connection:
            yield SqliteDigestTransaction(connection, digest)

    def search(self, query: SearchQuery) -> SearchPage:
        if not query.words:
            return SearchPage((), 0)
        set_filters = _set_filters(query)
        # Quoted words joined by a space: all must occur, and FTS5 operators are only text.
        parameters = set_filters | {
            "match": " ".join(f'"{word}"' for word in query.words),
            "limit": query.limit,
        }
        matches = "FROM document_words"
        if set_filters:
            matches += " JOIN documents ON number = document_words.rowid"
        conditions = ["document_words MATCH :match", *(statements.FILTERS[name] for name in set_filters)]
        matches += f" WHERE {' AND '.join(conditions)}"
        # The best are chosen by number alone: sorting whole rows would drag every body through memory.
        best = f"SELECT document_words.rowid AS chosen, rank AS place {matches}"
        best += " ORDER BY rank, document_words.rowid DESC LIMIT :limit"
        with self._reader() as reader:
            reader.execute("BEGIN")  # the total and the hits must come from one snapshot
            total = reader.execute(f"SELECT count(*) {matches}", parameters).fetchone()[0]
            found = reader.execute(
                f"SELECT documents.* FROM ({best}) JOIN documents ON number = chosen"
                " ORDER BY place, number DESC",
                parameters,
            ).fetchall()
            reader.execute("COMMIT")
        return SearchPage(tuple(map(rows.hit, found)), total)

    def hits(self, document_ids: Sequence[UUID]) -> Mapping[UUID, SearchHit]:
        with self._reader() as reader:
            return rows.hits(reader, document_ids)

    def changes(self) -> "ChangeFeed":
        from demo_service.storage.sqlite_changes import SqliteChangeFeed

        return SqliteChangeFeed(self._transaction, self._reader, taken=self._batch_lock)

    def audit_trail(self, since: datetime) -> list[AuditEntry]:
        with self._reader() as reader:
            found = reader.execute(
                "SELECT at, key_id, action, target, correlation_id FROM audit WHERE at >= ? ORDER BY number",
                (rows.moment(since),),
            ).fetchall()
        return [rows.audit_entry(row) for row in found]

    def check(self) -> None:
        with self._reader() as reader:
            reader.execute("SELECT count(*) FROM contacts WHERE id = ''").fetchone()
            free = shutil.disk_usage(self._path.parent).free
        if free < _RESERVE_BYTES:
            raise StorageUnavailable(PART)

    def close(self) -> None:
        with self._write_lock:
            self._forget_writer()
        while self._idle_readers:
            self._idle_readers.pop().close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock, _translated_errors():
            if self._writer is None:
                self._writer = self._open()
            writer = self._writer
            try:
                writer.execute("BEGIN IMMEDIATE")
                yield writer
                writer.execute("COMMIT")
            except BaseException as error:
                with suppress(sqlite3.Error):
                    writer.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    # After an I/O error a connection's state is not worth reasoning about.
                    self._forget_writer()
                raise

    def _forget_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        with _translated_errors():
            # Not one per thread: the server's worker threads come and go, and connections would pile up.
            try:
                reader = self._idle_readers.pop()
            except IndexError:
                reader = self._open()
            try:
                yield reader
            except BaseException:
                reader.close()
                raise
            self._idle_readers.append(reader)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # NORMAL would lose the last commits with power: WAL is then synced at checkpoints only.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection


class SqliteDigestTransaction:
    """See ``DigestTransaction``."""

    def __init__(self, connection: sqlite3.Connection, digest: str) -> None:
        self._connection = connection
        self._digest = digest

    def add(self, document: Document, text: str) -> None:
        row = asdict(document) | {
            "id": str(document.id),
            "contact_id": str(document.contact_id) if document.contact_id else None,
            "tags": json.dumps(document.tags),
            "uploaded_at": rows.moment(document.uploaded_at),
            "body": text,
        }
        try:
            number = self._connection.execute(statements.ADD_DOCUMENT, row).lastrowid
        except sqlite3.IntegrityError as error:
            # Ids are random and every NOT NULL column is typed so: only the reference can be at fault.
            raise UnknownContact from error
        self._connection.execute(
            "INSERT INTO document_words (rowid, words) VALUES (?, ?)", (number, indexed_words([text]))
        )
        _note(self._connection, Action.DOCUMENT_CREATED, document.id)

    def is_referenced(self) -> bool:
        found = self._connection.execute("SELECT 1 FROM documents WHERE digest = ? LIMIT 1", (self._digest,))
        return found.fetchone() is not None


def _note(connection: sqlite3.Connection, action: Action, target: UUID) -> None:
    """Part of the write's own transaction: there is no write without its entry, and no entry without its write."""
    entry = asdict(audit.entry(action, target))
    connection.execute(
        statements.ADD_AUDIT_ENTRY, entry | {"at": rows.moment(entry["at"]), "target": str(target)}
    )


def _document_by_id(connection: sqlite3.Connection, document_id: UUID) -> Document | None:
    row = connection.execute("SELECT * FROM documents WHERE id = ?", (str(document_id),)).fetchone()
    return None if row is None else rows.document(row)


def _set_filters(query: SearchQuery) -> dict[str, str]:
    """The filters of a query that are set, as values of the statement."""
    filters = {
        "document_type": query.document_type,
        "media_type": query.media_type,
        "contact_id": str(query.contact_id) if query.contact_id else None,
        "uploaded_after": rows.moment(query.uploaded_after) if query.uploaded_after else None,
        "uploaded_before": rows.moment(query.uploaded_before) if query.uploaded_before else None,
        "tags": json.dumps(query.tags) if query.tags else None,
    }
    return {name: value for name, value in filters.items() if value is not None}


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # a mistake of this code, not an outage
    except (sqlite3.DatabaseError, OSError) as error:
        raise StorageUnavailable(PART) from error
