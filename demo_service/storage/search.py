"""The seam between documents and what finds them by their words.

A database searches for itself: every ``RecordStore`` is a ``SearchIndex``. A search engine of its own holds
words and filters, and answers with ids; what a document is still comes from the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from demo_service.storage.records import SearchHit, SearchPage, SearchQuery


class SearchIndex(Protocol):
    """Answers searches. Raises ``StorageUnavailable``."""

    def search(self, query: SearchQuery) -> SearchPage:
        """Documents for a query."""


@dataclass(frozen=True, slots=True)
class Matches:
    """The ids of the best matches, best first, and how many there are in all."""

    ids: tuple[UUID, ...]
    total: int


class SearchEngine(Protocol):
    """A server that finds documents. Every method but ``close`` may raise ``StorageUnavailable``."""

    most_words: int
    """A query of more words is not for this engine."""

    def has_index(self) -> bool:
        """Whether there is an index, of whatever contents."""

    def create_index(self) -> None:
        """Make an empty index; it is there when this returns."""

    def configure_index(self) -> None:
        """Give the index the rules that ``find`` relies on; harmless if it has them."""

    def apply(self, present: Sequence[SearchHit], gone: Sequence[UUID]) -> None:
        """Put documents in and take others out. When this returns, searches tell."""

    def find(self, query: SearchQuery) -> Matches:
        """Which documents match; the query has a word, and at most ``most_words``."""

    def check(self) -> None:
        """Raise ``StorageUnavailable`` unless searches can be answered now."""

    def close(self) -> None:
        """Let go of connections, and of whoever waits for the engine. Calling it twice is fine."""
