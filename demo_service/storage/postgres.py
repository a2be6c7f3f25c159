"""Records in PostgreSQL: tsvector search, advisory locks, synchronous commit.

The process may start before its database: the pool connects in the background, and the schema is made
before the first use. A lost database answers ``StorageUnavailable`` within seconds and heals by itself.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from demo_service import audit
from demo_service.audit import Action, AuditEntry
from demo_service.documents.words import indexed_words
from demo_service.storage.errors import StorageUnavailable, UnknownContact
from demo_service.storage.records import Contact, Document, SearchHit, SearchPage, SearchQuery

if TYPE_CHECKING:
    from demo_service.storage.changes import ChangeFeed

PART = "database"

_POOL_SIZE = 10
# During an outage, waiting requests hold worker threads. Beyond this many, the 503 comes at once.
_MAX_WAITING = 20
# A client waits this long for a connection before its 503; reconnecting starts afresh at the same pace, so
# that a database which is back is noticed within seconds and not after a long exponential pause.
_WAIT_SECONDS = 2.0
_CONNECT_SECONDS = 2
_SESSION_OPTIONS = "-c statement_timeout=5s -c lock_timeout=5s -c synchronous_commit=on -c timezone=UTC"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS contacts (
    id uuid PRIMARY KEY, name text NOT NULL, email text NOT NULL, message text NOT NULL,
    company text, service text, budget text, submitted_at timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS documents (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL UNIQUE, digest text NOT NULL,
    size bigint NOT NULL, media_type text NOT NULL, document_type text NOT NULL,
    contact_id uuid REFERENCES contacts (id), file_name text, description text, tags text[] NOT NULL,
    uploaded_at timestamptz NOT NULL, body text NOT NULL, words tsvector NOT NULL
);
CREATE INDEX IF NOT EXISTS documents_digest ON documents (digest);
CREATE INDEX IF NOT EXISTS documents_words ON documents USING gin (words);
CREATE TABLE IF NOT EXISTS audit (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, key_id text,
    action text NOT NULL, target uuid NOT NULL, correlation_id text
);
CREATE OR REPLACE FUNCTION refuse_to_change_audit() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$;
CREATE OR REPLACE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    EXECUTE FUNCTION refuse_to_change_audit();
"""

_ADD_CONTACT = """
INSERT INTO contacts (id, name, email, message, company, service, budget, submitted_at)
VALUES (%(id)s, %(name)s, %(email)s, %(message)s, %(company)s, %(service)s, %(budget)s, %(submitted_at)s)
"""

# 'simple': no stemming and no stop words, as with FTS5.
_ADD_DOCUMENT = """
INSERT INTO documents (id, digest, size, media_type, document_type, contact_id, file_name, description, tags,
                       uploaded_at, body, words)
VALUES (%(id)s, %(digest)s, %(size)s, %(media_type)s, %(document_type)s, %(contact_id)s, %(file_name)s,
        %(description)s, %(tags)s, %(uploaded_at)s, %(body)s, to_tsvector('simple', %(words)s))
"""

_ADD_AUDIT_ENTRY = """
INSERT INTO audit (at, key_id, action, target, correlation_id)
VALUES (%(at)s, %(key_id)s, %(action)s, %(target)s, %(correlation_id)s)
"""

_DOCUMENT_COLUMNS = (
    "id, digest, size, media_type, document_type, contact_id, file_name, description, tags, uploaded_at"
)

_MATCHES = """
FROM documents, plainto_tsquery('simple', %(words)s) AS wanted
WHERE words @@ wanted
  AND (%(document_type)s::text IS NULL OR document_type = %(document_type)s)
  AND (%(media_type)s::text IS NULL OR media_type = %(media_type)s)
  AND (%(contact_id)s::uuid IS NULL OR contact_id = %(contact_id)s)
  AND (%(uploaded_after)s::timestamptz IS NULL OR uploaded_at >= %(uploaded_after)s)
  AND (%(uploaded_before)s::timestamptz IS NULL OR uploaded_at < %(uploaded_before)s)
  AND tags @> %(tags)s::text[]
"""


class PostgresRecordStore:
    """A ``RecordStore`` in a database that exists and that the user of ``conninfo`` may create tables in."""

    def __init__(self, conninfo: str, *, password: str | None = None) -> None:
        kwargs: dict[str, Any] = {
            "row_factory": dict_row,
            "connect_timeout": _CONNECT_SECONDS,
            "options": _SESSION_OPTIONS,
        }
        if password is not None:
            kwargs["password"] = password
        self._pool: ConnectionPool[psycopg.Connection[DictRow]] = ConnectionPool(
            conninfo,
            kwargs=kwargs,
            min_size=1,
            max_size=_POOL_SIZE,
            max_waiting=_MAX_WAITING,
            timeout=_WAIT_SECONDS,
            reconnect_timeout=_WAIT_SECONDS,
            check=ConnectionPool.check_connection,  # a connection that the server dropped is replaced
            open=True,
        )
        self._schema_lock = threading.Lock()
        self._schema_ready = False

    def add_contact(self, contact: Contact) -> None:
        with self._connection() as connection:
            connection.execute(_ADD_CONTACT, asdict(contact))
            _note(connection, Action.CONTACT_CREATED, contact.id)

    def contact(self, contact_id: UUID) -> Contact | None:
        with self._connection() as connection:
            row = connection.execute("SELECT * FROM contacts WHERE id = %s", (contact_id,)).fetchone()
        return None if row is None else Contact(**row)

    def document(self, document_id: UUID) -> Document | None:
        with self._connection() as connection:
            row = connection.execute(
                f"SELECT {_DOCUMENT_COLUMNS} FROM documents WHERE id = %s", (document_id,)
            ).fetchone()
        return None if row is None else _document(row)

    def remove_document(self, document_id: UUID) -> Document | None:
        with self._connection() as connection:
            row = connection.execute(
                f"DELETE FROM documents WHERE id = %s RETURNING {_DOCUMENT_COLUMNS}", (document_id,)
            ).fetchone()
            if row is not None:
                _note(connection, Action.DOCUMENT_REMOVED, document_id)
        return None if row is None else _document(row)

    @contextmanager
    def for_digest(self, digest: str) -> Iterator["PostgresDigestTransaction"]:
        with self._connection() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (digest,))
            yield PostgresDigestTransaction(connection, digest)

    def search(self, query: SearchQuery) -> SearchPage:
        if not query.words:
            return SearchPage((), 0)
        parameters = asdict(query) | {"words": " ".join(query.words), "tags": list(query.tags)}
        with self._connection() as connection:
            # The total and the hits must come from one snapshot.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            counted = connection.execute(f"SELECT count(*) AS total {_MATCHES}", parameters).fetchone()
            assert counted is not None, "count(*) always answers one row"
            rows = connection.execute(
                f"SELECT {_DOCUMENT_COLUMNS}, body {_MATCHES}"
                " ORDER BY ts_rank(words, wanted, 1) DESC, number DESC LIMIT %(limit)s",
                parameters,
            ).fetchall()
        return SearchPage(tuple(map(_hit, rows)), counted["total"])

    def hits(self, document_ids: Sequence[UUID]) -> Mapping[UUID, SearchHit]:
        with self._connection() as connection:
            return _hits(connection, list(document_ids))

    def changes(self) -> "ChangeFeed":
        from demo_service.storage.postgres_changes import PostgresChangeFeed

        return PostgresChangeFeed(self._connection, _hits)

    def audit_trail(self, since: datetime) -> list[AuditEntry]:
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT at, key_id, action, target, correlation_id FROM audit WHERE at >= %s ORDER BY number",
                (since,),
            ).fetchall()
        return [AuditEntry(**row | {"action": Action(row["action"])}) for row in rows]

    def check(self) -> None:
        with self._connection() as connection:
            connection.execute("SELECT 1 FROM contacts LIMIT 1")

    def close(self) -> None:
        self._pool.close()

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[DictRow]]:
        """A connection in a transaction that commits when the block ends without error."""
        with _translated_errors(), self._pool.connection() as connection:
            self._ensure_schema(connection)
            yield connection

    def _ensure_schema(self, connection: psycopg.Connection[DictRow]) -> None:
        if self._schema_ready:
            return
        with self._schema_lock:
            if not self._schema_ready:
                # IF NOT EXISTS is not safe against a replica that does the same at the same moment.
                connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('demo_service schema', 0))")
                connection.execute(_SCHEMA)
                connection.commit()
                self._schema_ready = True


class PostgresDigestTransaction:
    """See ``DigestTransaction``."""

    def __init__(self, connection: psycopg.Connection[DictRow], digest: str) -> None:
        self._connection = connection
        self._digest = digest

    def add(self, document: Document, text: str) -> None:
        row = asdict(document) | {
            "tags": list(document.tags),
            "body": text,
            "words": indexed_words([text]),
        }
        try:
            self._connection.execute(_ADD_DOCUMENT, row)
        except psycopg.errors.ForeignKeyViolation as error:
            raise UnknownContact from error
        _note(self._connection, Action.DOCUMENT_CREATED, document.id)

    def is_referenced(self) -> bool:
        found = self._connection.execute("SELECT 1 FROM documents WHERE digest = %s LIMIT 1", (self._digest,))
        return found.fetchone() is not None


def _note(connection: psycopg.Connection[DictRow], action: Action, target: UUID) -> None:
    """Part of the write's own transaction: there is no write without its entry, and no entry without its write."""
    connection.execute(_ADD_AUDIT_ENTRY, asdict(audit.entry(action, target)))


def _hits(connection: psycopg.Connection[DictRow], document_ids: list[UUID]) -> dict[UUID, SearchHit]:
    rows = connection.execute(
        f"SELECT {_DOCUMENT_COLUMNS}, body FROM documents WHERE id = ANY(%s)", (document_ids,)
    ).fetchall()
    return {hit.document.id: hit for hit in map(_hit, rows)}


def _hit(row: DictRow) -> SearchHit:
    return SearchHit(text=row.pop("body"), document=_document(row))


def _document(row: DictRow) -> Document:
    return Document(**{**row, "tags": tuple(row["tags"])})


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        raise StorageUnavailable(PART) from error
