"""Changes of documents, noted by PostgreSQL, for any number of processes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

import psycopg
from psycopg.rows import DictRow

from demo_service.storage.changes import Batch
from demo_service.storage.records import SearchHit

_STARTED = """
SELECT 1 FROM pg_trigger WHERE tgrelid = 'documents'::regclass AND tgname = 'document_comes_or_goes'
"""

# CREATE TRIGGER waits for open changes of the table and holds back new ones until the commit, so each
# document is either noted by the trigger or among those that are there.
_START = """
CREATE TABLE IF NOT EXISTS search_pending (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, document_id uuid NOT NULL
);
CREATE OR REPLACE FUNCTION note_for_search() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO search_pending (document_id) VALUES (coalesce(NEW.id, OLD.id));
    RETURN NULL;
END $$;
CREATE TRIGGER document_comes_or_goes AFTER INSERT OR DELETE ON documents
    FOR EACH ROW EXECUTE FUNCTION note_for_search();
"""

_NOTE_ALL = "INSERT INTO search_pending (document_id) SELECT id FROM documents ORDER BY number"

Connected = Callable[[], AbstractContextManager[psycopg.Connection[DictRow]]]
HitsOf = Callable[[psycopg.Connection[DictRow], list[UUID]], dict[UUID, SearchHit]]


class PostgresChangeFeed:
    """See ``ChangeFeed``. ``connection`` gives a connection in a transaction."""

    def __init__(self, connection: Connected, hits: HitsOf) -> None:
        self._connection = connection
        self._hits = hits

    def start(self) -> None:
        with self._connection() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('demo_service schema', 0))")
            if connection.execute(_STARTED).fetchone() is None:
                connection.execute(_START)
                connection.execute(_NOTE_ALL)

    def start_over(self) -> None:
        with self._connection() as connection:
            connection.execute(_NOTE_ALL)

    @contextmanager
    def batch(self, limit: int) -> Iterator[Batch]:
        with self._connection() as connection:
            notes = self._oldest(connection, limit)
            ids = list(dict.fromkeys(note["document_id"] for note in notes))
            present = self._hits(connection, ids)
            yield Batch(tuple(present.values()), tuple(each for each in ids if each not in present))
            if notes:
                numbers = [note["number"] for note in notes]
                connection.execute("DELETE FROM search_pending WHERE number = ANY(%s)", (numbers,))

    def _oldest(self, connection: psycopg.Connection[DictRow], limit: int) -> list[DictRow]:
        # Two at work could overtake each other: one would put in again what the other has taken out.
        return connection.execute(
            "SELECT number, document_id FROM search_pending"
            " WHERE (SELECT pg_try_advisory_xact_lock(hashtextextended('demo_service search', 0)))"
            " ORDER BY number LIMIT %s",
            (limit,),
        ).fetchall()
