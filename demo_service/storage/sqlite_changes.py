"""Changes of documents, noted by SQLite. For a single process, as all of SQLite's store is."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

from demo_service.storage import sqlite_rows as rows
from demo_service.storage.changes import Batch

_STARTED = "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'document_goes'"

_START = (
    """
    CREATE TABLE IF NOT EXISTS search_pending (
        number INTEGER PRIMARY KEY AUTOINCREMENT, document_id TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER IF NOT EXISTS document_comes AFTER INSERT ON documents
        BEGIN INSERT INTO search_pending (document_id) VALUES (NEW.id); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS document_goes AFTER DELETE ON documents
        BEGIN INSERT INTO search_pending (document_id) VALUES (OLD.id); END
    """,
)

_NOTE_ALL = "INSERT INTO search_pending (document_id) SELECT id FROM documents ORDER BY number"

Connected = Callable[[], AbstractContextManager[sqlite3.Connection]]


class SqliteChangeFeed:
    """See ``ChangeFeed``."""

    def __init__(self, transaction: Connected, reader: Connected, *, taken: threading.Lock) -> None:
        self._transaction = transaction
        self._reader = reader
        self._taken = taken

    def start(self) -> None:
        with self._transaction() as connection:
            if connection.execute(_STARTED).fetchone() is None:
                for statement in _START:
                    connection.execute(statement)
                connection.execute(_NOTE_ALL)

    def start_over(self) -> None:
        with self._transaction() as connection:
            connection.execute(_NOTE_ALL)

    @contextmanager
    def batch(self, limit: int) -> Iterator[Batch]:
        if not self._taken.acquire(blocking=False):
            yield Batch()
            return
        try:
            notes, batch = self._oldest(limit)
            # Not in a transaction: nobody could write while the search engine works.
            yield batch
            if notes:
                with self._transaction() as connection:
                    connection.executemany("DELETE FROM search_pending WHERE number = ?", notes)
        finally:
            self._taken.release()

    def _oldest(self, limit: int) -> tuple[list[tuple[int]], Batch]:
        with self._reader() as reader:
            reader.execute("BEGIN")  # the notes and the documents must come from one snapshot
            notes = reader.execute(
                "SELECT number, document_id FROM search_pending ORDER BY number LIMIT ?", (limit,)
            ).fetchall()
            ids = list(dict.fromkeys(UUID(note["document_id"]) for note in notes))
            present = rows.hits(reader, ids)
            reader.execute("COMMIT")
        gone = tuple(each for each in ids if each not in present)
        return [(note["number"],) for note in notes], Batch(tuple(present.values()), gone)
