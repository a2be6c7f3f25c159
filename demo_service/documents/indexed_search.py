"""Searches that a search engine answers, with documents from the database."""

from demo_service.storage.records import RecordStore, SearchPage, SearchQuery
from demo_service.storage.search import SearchEngine


class IndexedSearch:
    """A ``SearchIndex``. What the engine knows lags; what a document is comes from the database as it is now."""

    def __init__(self, engine: SearchEngine, records: RecordStore) -> None:
        self._engine = engine
        self._records = records

    def search(self, query: SearchQuery) -> SearchPage:
        if not query.words:
            return SearchPage((), 0)
        if len(query.words) > self._engine.most_words:
            return self._records.search(query)
        matches = self._engine.find(query)
        known = self._records.hits(matches.ids)
        hits = tuple(known[each] for each in matches.ids if each in known)
        return SearchPage(hits, matches.total - (len(matches.ids) - len(hits)))
