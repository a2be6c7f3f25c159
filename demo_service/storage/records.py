"""The record store's protocol and the values it exchanges.

Every method may raise ``StorageUnavailable``. When a writing method or a transaction returns, what was
written survives the death of the process and of the machine.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from demo_service.audit import AuditEntry

if TYPE_CHECKING:
    from demo_service.storage.changes import ChangeFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One submission of the contact form."""

    id: UUID
    name: str
    email: str
    message: str
    company: str | None
    service: str | None
    budget: str | None
    submitted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is known about an uploaded document; its contents live in the blob store under ``digest``."""

    id: UUID
    digest: str
    """SHA-256 of the contents, 64 hexadecimal digits."""
    size: int
    """Bytes."""
    media_type: str
    document_type: str
    contact_id: UUID | None
    file_name: str | None
    """The client's name for it, for display only."""
    description: str | None
    tags: tuple[str, ...]
    uploaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """Documents that contain all ``words`` and pass every filter that is set; at most ``limit`` of them."""

    words: tuple[str, ...]
    """As ``documents.words.split_words`` makes them."""
    limit: int
    document_type: str | None = None
    media_type: str | None = None
    contact_id: UUID | None = None
    tags: tuple[str, ...] = ()
    uploaded_after: datetime | None = None
    uploaded_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A document that matched and its text, for the excerpt."""

    document: Document
    text: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The best matches, best first, and how many there are in all."""

    hits: tuple[SearchHit, ...]
    total: int


class DigestTransaction(Protocol):
    """Work on the documents of one digest; nobody else changes them meanwhile, in any process."""

    def add(self, document: Document, text: str) -> None:
        """Add a document and make ``text`` searchable. Raises ``UnknownContact``."""

    def is_referenced(self) -> bool:
        """Whether any document has this digest."""


class RecordStore(Protocol):
    """Contacts and documents, in a database, and the audit trail of what was written."""

    def add_contact(self, contact: Contact) -> None:
        """Store a contact."""

    def contact(self, contact_id: UUID) -> Contact | None:
        """The contact with this id."""

    def document(self, document_id: UUID) -> Document | None:
        """The document with this id."""

    def remove_document(self, document_id: UUID) -> Document | None:
        """Remove a document and return what it was, or None if there was none."""

    def for_digest(self, digest: str) -> AbstractContextManager[DigestTransaction]:
        """A transaction that holds the digest's lock; it commits when the block ends without error."""

    def search(self, query: SearchQuery) -> SearchPage:
        """Documents for a query."""

    def hits(self, document_ids: Sequence[UUID]) -> Mapping[UUID, SearchHit]:
        """Those of the documents that are there."""

    def changes(self) -> "ChangeFeed":
        """What to tell a search engine of its own; nothing is noted before ``start``."""

    def audit_trail(self, since: datetime) -> list[AuditEntry]:
        """Every write at that moment or later, the oldest first."""

    def check(self) -> None:
        """Raise ``StorageUnavailable`` unless the store can answer now."""

    def close(self) -> None:
        """Let go of connections. Calling it twice is fine."""
