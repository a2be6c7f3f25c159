"""What a row of the SQLite store is as a value, and how a value is written that SQLite has no type for."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from demo_service.audit import Action, AuditEntry
from demo_service.storage.records import Contact, Document, SearchHit


def contact(row: sqlite3.Row) -> Contact:
    """A row of ``contacts``."""
    return Contact(
        id=UUID(row["id"]),
        name=row["name"],
        email=row["email"],
        message=row["message"],
        company=row["company"],
        service=row["service"],
        budget=row["budget"],
        submitted_at=datetime.fromisoformat(row["submitted_at"]),
    )


def document(row: sqlite3.Row) -> Document:
    """A row of ``documents``."""
    return Document(
        id=UUID(row["id"]),
        digest=row["digest"],
        size=row["size"],
        media_type=row["media_type"],
        document_type=row["document_type"],
        contact_id=UUID(row["contact_id"]) if row["contact_id"] else None,
        file_name=row["file_name"],
        description=row["description"],
        tags=tuple(json.loads(row["tags"])),
        uploaded_at=datetime.fromisoformat(row["uploaded_at"]),
    )


def audit_entry(row: sqlite3.Row) -> AuditEntry:
    """A row of ``audit``."""
    return AuditEntry(
        at=datetime.fromisoformat(row["at"]),
        key_id=row["key_id"],
        action=Action(row["action"]),
        target=UUID(row["target"]),
        correlation_id=row["correlation_id"],
    )


def hits(connection: sqlite3.Connection, document_ids: Sequence[UUID]) -> dict[UUID, SearchHit]:
    """Those of the documents that are there, with their texts."""
    ids = json.dumps([str(each) for each in document_ids])
    rows = connection.execute(
        "SELECT * FROM documents WHERE id IN (SELECT value FROM json_each(?))", (ids,)
    ).fetchall()
    return {each.document.id: each for each in map(hit, rows)}


def hit(row: sqlite3.Row) -> SearchHit:
    """A row of ``documents`` with its text."""
    return SearchHit(document(row), row["body"])


def moment(when: datetime) -> str:
    """A fixed-width UTC text, so that comparing texts compares moments."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")
