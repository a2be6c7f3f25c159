"""A record store whose every call is a span, child of the request's."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from demo_service.audit import AuditEntry
from demo_service.storage.records import (
    Contact,
    DigestTransaction,
    Document,
    RecordStore,
    SearchHit,
    SearchPage,
    SearchQuery,
)

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from demo_service.storage.changes import ChangeFeed


class TracedRecordStore:
    """Behaves as the store that it wraps. A span names the operation, and no value."""

    def __init__(self, records: RecordStore, provider: "TracerProvider", *, system: str) -> None:
        from opentelemetry.trace import SpanKind, StatusCode

        self._records = records
        self._tracer = provider.get_tracer("demo_service.storage")
        self._system = system
        self._client_kind = SpanKind.CLIENT
        self._error_code = StatusCode.ERROR

    def add_contact(self, contact: Contact) -> None:
        with self._span("add_contact"):
            self._records.add_contact(contact)

    def contact(self, contact_id: UUID) -> Contact | None:
        with self._span("contact"):
            return self._records.contact(contact_id)

    def document(self, document_id: UUID) -> Document | None:
        with self._span("document"):
            return self._records.document(document_id)

    def remove_document(self, document_id: UUID) -> Document | None:
        with self._span("remove_document"):
            return self._records.remove_document(document_id)

    @contextmanager
    def for_digest(self, digest: str) -> Iterator[DigestTransaction]:
        with self._span("for_digest"), self._records.for_digest(digest) as transaction:
            yield transaction

    def search(self, query: SearchQuery) -> SearchPage:
        with self._span("search"):
            return self._records.search(query)

    def hits(self, document_ids: Sequence[UUID]) -> Mapping[UUID, SearchHit]:
        with self._span("hits"):
            return self._records.hits(document_ids)

    def changes(self) -> "ChangeFeed":
        # Work in the background is no part of any request.
        return self._records.changes()

    def audit_trail(self, since: datetime) -> list[AuditEntry]:
        with self._span("audit_trail"):
            return self._records.audit_trail(since)

    def check(self) -> None:
        # Probes are no spans, and what they ask is none either.
        self._records.check()

    def close(self) -> None:
        self._records.close()

    @contextmanager
    def _span(self, operation: str) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            f"database {operation}",
            kind=self._client_kind,
            attributes={"db.system.name": self._system, "db.operation.name": operation},
            # A driver's message may repeat values; the type tells enough.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(self._error_code)
                raise
