"""What can be done with documents, on top of the stores.

Contents come in before the record that names them, and go away after it, both under the digest's lock.
A crash in between leaves contents that nobody refers to, never a record without its contents.
"""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import structlog

from demo_service.documents.excerpts import excerpt
from demo_service.documents.intake import Intake, ReceivedContents
from demo_service.documents.words import split_words
from demo_service.models import SearchFilters, UploadFields, now
from demo_service.problems import NotFound
from demo_service.storage.blobs import BlobStore
from demo_service.storage.errors import StorageUnavailable
from demo_service.storage.records import Document, RecordStore, SearchQuery
from demo_service.storage.search import SearchIndex

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search."""

    results: tuple[tuple[Document, str], ...]
    """Each document with its excerpt."""
    total: int
    milliseconds: float


class DocumentLibrary:
    """Stores, finds and removes documents."""

    def __init__(self, records: RecordStore, blobs: BlobStore, index: SearchIndex, *, max_bytes: int) -> None:
        self._records = records
        self._blobs = blobs
        self._index = index
        self._max_bytes = max_bytes

    def open_intake(self) -> Intake:
        """A place for the contents of an upload."""
        return Intake(self._blobs.stage(), max_bytes=self._max_bytes)

    def store(self, contents: ReceivedContents, fields: UploadFields, file_name: str | None) -> Document:
        """Make received contents a document. When this returns, they survive a crash.

        Raises ``UnknownContact`` and ``StorageUnavailable``.
        """
        document = Document(
            id=uuid.uuid4(),
            digest=contents.digest,
            size=contents.size,
            media_type=contents.media_type,
            document_type=fields.document_type,
            contact_id=fields.contact_id,
            file_name=file_name,
            description=fields.description,
            tags=tuple(dict.fromkeys(fields.tags)),
            uploaded_at=now(),
        )
        texts = [file_name or "", fields.description or "", *document.tags, contents.text]
        with self._records.for_digest(contents.digest) as transaction:
            contents.staged.publish(contents.digest)
            transaction.add(document, "\n".join(filter(None, texts)))
        return document

    def document(self, document_id: UUID) -> Document:
        """Raises ``NotFound``."""
        document = self._records.document(document_id)
        if document is None:
            raise NotFound
        return document

    def contents(self, document_id: UUID) -> tuple[Document, Iterator[bytes]]:
        """A document and its contents in chunks. Raises ``NotFound``."""
        document = self.document(document_id)
        return document, self._blobs.read(document.digest)

    def remove(self, document_id: UUID) -> None:
        """Raises ``NotFound``."""
        document = self._records.remove_document(document_id)
        if document is None:
            raise NotFound
        try:
            with self._records.for_digest(document.digest) as transaction:
                if not transaction.is_referenced():
                    self._blobs.remove(document.digest)
        except StorageUnavailable:
            # The document is gone, as asked. What is left is space, not data.
            log.warning("contents left behind", digest=document.digest, exc_info=True)

    def search(self, query: str, filters: SearchFilters, limit: int) -> Found:
        """Documents that contain all words of ``query``, best first."""
        started = time.perf_counter()
        words = tuple(dict.fromkeys(split_words(query)))
        page = self._index.search(
            SearchQuery(
                words=words,
                limit=limit,
                document_type=filters.document_type,
                media_type=filters.media_type,
                contact_id=filters.contact_id,
                tags=tuple(filters.tags),
                uploaded_after=filters.uploaded_after,
                uploaded_before=filters.uploaded_before,
            )
        )
        results = tuple((hit.document, excerpt(hit.text, words)) for hit in page.hits)
        return Found(results, page.total, round((time.perf_counter() - started) * 1000, 3))
