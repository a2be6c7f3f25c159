"""What every record store must do: one suite, run against SQLite and against a real PostgreSQL.

Both once more with Meilisearch for their searches: the real one where there is one, and a stub of its API.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from demo_service.documents.indexed_search import IndexedSearch
from demo_service.documents.indexing import Indexer
from demo_service.documents.words import split_words
from demo_service.models import now
from demo_service.storage.errors import UnknownContact
from demo_service.storage.postgres import PostgresRecordStore
from demo_service.storage.records import Contact, Document, RecordStore, SearchPage, SearchQuery
from demo_service.storage.search import SearchEngine
from demo_service.storage.sqlite import SqliteRecordStore
from tests.demo_service.search_server import StubMeilisearch, has_meilisearch, running_meilisearch

DATABASES = ["sqlite", "postgresql"]
# Without a real one, the test that needs it says so, and not each of them.
ENGINES = ["stub of meilisearch", *(["meilisearch"] if has_meilisearch() else [])]
DIGEST = "a" * 64


class SearchedByEngine:
    """A record store whose searches an engine answers that has been told everything."""

    def __init__(self, records: RecordStore, engine: SearchEngine) -> None:
        self._records = records
        self._engine = engine
        self._index = IndexedSearch(engine, records)
        self._indexer = Indexer(records.changes(), engine)

    def search(self, query: SearchQuery) -> SearchPage:
        self._indexer.catch_up()
        return self._index.search(query)

    def close(self) -> None:
        self._engine.close()
        self._records.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)


@pytest.fixture
def open_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], RecordStore]:
    """Opens the database of the test, which is empty at first."""
    database = request.node.callspec.params["records"].split(" with ")[0]
    if database == "sqlite":
        return lambda: SqliteRecordStore(tmp_path / "records.sqlite3")
    server = request.getfixturevalue("postgres")
    server.execute("DROP TABLE IF EXISTS documents, contacts, audit, search_pending")
    return lambda: PostgresRecordStore(server.url, password=server.password)


@pytest.fixture(
    params=[*DATABASES, *(f"{database} with {engine}" for database in DATABASES for engine in ENGINES)]
)
def records(
    request: pytest.FixtureRequest, open_database: Callable[[], RecordStore], tmp_path: Path
) -> Iterator[RecordStore]:
    engine = request.param.partition(" with ")[2]
    with ExitStack() as stack:
        store = open_database()
        stack.callback(store.close)
        if engine == "meilisearch":
            server = stack.enter_context(running_meilisearch(tmp_path))
            store = cast(RecordStore, SearchedByEngine(store, server.engine()))
        elif engine:
            stub = StubMeilisearch()
            stack.enter_context(stub.running())
            store = cast(RecordStore, SearchedByEngine(store, stub.engine()))
        stack.callback(store.close)
        yield store


def a_contact(**changes: Any) -> Contact:
    contact = Contact(
        id=uuid.uuid4(),
        name="Ada Lovelace",
        email="ada@example.com",
        message="Zeile 1\nZeile 2: »Grüße«",
        company=None,
        service="consulting",
        budget=None,
        submitted_at=now(),
    )
    return replace(contact, **changes)


def a_document(**changes: Any) -> Document:
    document = Document(
        id=uuid.uuid4(),
        digest=DIGEST,
        size=11,
        media_type="text/plain",
        document_type="report",
        contact_id=None,
        file_name="report.txt",
        description="A report",
        tags=("annual", "2026"),
        uploaded_at=now(),
    )
    return replace(document, **changes)


def add(records: RecordStore, text: str = "", **changes: Any) -> Document:
    document = a_document(**changes)
    with records.for_digest(document.digest) as transaction:
        transaction.add(document, text)
    return document


def search(records: RecordStore, text: str, limit: int = 10, **filters: Any) -> SearchPage:
    return records.search(SearchQuery(words=tuple(split_words(text)), limit=limit, **filters))


def found(page: SearchPage) -> list[uuid.UUID]:
    return [hit.document.id for hit in page.hits]


def test_a_contact_comes_back_as_it_was(records: RecordStore) -> None:
    contact = a_contact()
    records.add_contact(contact)
    assert records.contact(contact.id) == contact
    assert records.contact(uuid.uuid4()) is None


def test_a_document_comes_back_as_it_was(records: RecordStore) -> None:
    contact = a_contact()
    records.add_contact(contact)
    document = add(records, contact_id=contact.id)
    assert records.document(document.id) == document
    assert records.document(uuid.uuid4()) is None


def test_a_document_of_an_unknown_contact_is_refused_and_leaves_nothing(records: RecordStore) -> None:
    document = a_document(contact_id=uuid.uuid4())
    with pytest.raises(UnknownContact), records.for_digest(DIGEST) as transaction:
        transaction.add(document, "text")
    assert records.document(document.id) is None
    assert search(records, "text").total == 0


def test_a_transaction_that_fails_leaves_nothing(records: RecordStore) -> None:
    document = a_document()

    def fail_after_adding() -> None:
        with records.for_digest(DIGEST) as transaction:
            transaction.add(document, "text")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_adding()
    assert records.document(document.id) is None
    add(records)  # the store still works


def test_removal_takes_the_document_out_of_the_search(records: RecordStore) -> None:
    kept, removed = add(records, "same words"), add(records, "same words")
    assert records.remove_document(removed.id) == removed
    assert records.remove_document(removed.id) is None
    assert records.document(removed.id) is None
    assert found(search(records, "same words")) == [kept.id]


def test_a_digest_is_referenced_until_its_last_document_goes(records: RecordStore) -> None:
    first, second = add(records), add(records)
    for document, still_referenced in ((first, True), (second, False)):
        records.remove_document(document.id)
        with records.for_digest(DIGEST) as transaction:
            assert transaction.is_referenced() is still_referenced


@pytest.mark.parametrize(
    "query",
    [
        "quarterly",
        "QUARTERLY figures",
        "figures quarterly",
        "grüsse",
        "host",
        "example.com",
        "ada@example.com",
        "1e5",
        "café",
        "ﬁle",  # a ligature
    ],
)
def test_all_words_in_any_order_and_case_find_a_document(records: RecordStore, query: str) -> None:
    document = add(
        records, "Quarterly Figures: Grüße to ada@host.example.com, 1e5 units in the café, see file_name."
    )
    assert found(search(records, query)) == [document.id]


@pytest.mark.parametrize("query", ["quarter", "quarterly missing", "cafe", '"', "!!!", "a OR b", "NEAR(a b)"])
def test_what_is_no_match(records: RecordStore, query: str) -> None:
    add(records, "quarterly figures from the café")
    assert search(records, query) == SearchPage((), 0)


@pytest.mark.parametrize(
    "query", ["';--", '" OR *', "a* AND b", "words:a", "(", "a:*", "!a & b | c", "%s", ":x"]
)
def test_query_syntax_of_a_database_is_only_text(records: RecordStore, query: str) -> None:
    search(records, query)


def test_the_total_counts_beyond_the_limit(records: RecordStore) -> None:
    for _ in range(5):
        add(records, "common")
    page = search(records, "common", limit=2)
    assert (len(page.hits), page.total) == (2, 5)


@pytest.mark.parametrize("records", DATABASES, indirect=True)
def test_more_occurrences_come_first_and_the_text_comes_along(records: RecordStore) -> None:
    add(records, "budget " + "other words " * 20)
    best = add(records, "budget budget budget")
    page = search(records, "budget")
    assert page.hits[0].document == best
    assert page.hits[0].text == "budget budget budget"


@pytest.mark.parametrize("records", [f"{database} with meilisearch" for database in DATABASES], indirect=True)
def test_words_that_are_near_each_other_come_first(records: RecordStore) -> None:
    """Of as good matches, the newest: Meilisearch does not count occurrences."""
    near = add(records, "annual budget of the town", uploaded_at=now() - timedelta(days=1))
    far = add(records, "annual festival, " + "other words " * 20 + "budget")
    assert found(search(records, "annual budget")) == [near.id, far.id]
    assert found(search(records, "annual")) == [far.id, near.id]


def test_a_query_may_have_many_words(records: RecordStore) -> None:
    words = [f"word{number}" for number in range(15)]
    whole = add(records, " ".join(words))
    add(records, " ".join(words[:14]))
    assert found(search(records, " ".join(words))) == [whole.id]


def test_filters_tell_upper_from_lower_case(records: RecordStore) -> None:
    add(records, "word", tags=("Annual",))
    assert search(records, "word", tags=("annual",)).total == 0
    assert search(records, "word", media_type="TEXT/PLAIN").total == 0
    assert search(records, "word", tags=("Annual",), media_type="text/plain").total == 1


def test_each_filter_narrows(records: RecordStore) -> None:
    contact = a_contact()
    records.add_contact(contact)
    noon = now()
    wanted = add(
        records,
        "word",
        document_type="invoice",
        media_type="application/pdf",
        contact_id=contact.id,
        tags=("a", "b"),
        uploaded_at=noon,
    )
    add(records, "word", uploaded_at=noon - timedelta(hours=1))
    add(records, "word", uploaded_at=noon + timedelta(hours=1))
    for filters in (
        {"document_type": "invoice"},
        {"media_type": "application/pdf"},
        {"contact_id": contact.id},
        {"tags": ("a",)},
        {"tags": ("b", "a")},
        {"uploaded_after": noon, "uploaded_before": noon + timedelta(seconds=1)},
    ):
        page = search(records, "word", **filters)
        assert (found(page), page.total) == ([wanted.id], 1), filters
    assert search(records, "word", tags=("a", "c")).total == 0
    assert search(records, "word").total == 3


def test_the_longest_text_that_is_indexed_is_accepted(records: RecordStore) -> None:
    # Distinct four-byte words are the worst case for PostgreSQL's limit on lexemes.
    words = " ".join(chr(0x20000 + i) + chr(0x20000 + j) for i in range(180) for j in range(180))[:100_000]
    document = add(records, words)
    assert found(search(records, chr(0x20000) + chr(0x20005))) == [document.id]


def test_the_digest_lock_excludes_others(records: RecordStore) -> None:
    """Four threads add and remove the same digest; nobody ever sees another's half-done work."""
    inside = threading.Lock()

    def work(_: int) -> None:
        document = a_document()
        with records.for_digest(DIGEST) as transaction:
            assert inside.acquire(blocking=False), "two transactions for one digest at once"
            transaction.add(document, "text")
            inside.release()
        records.remove_document(document.id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(40)))
    assert search(records, "text").total == 0


def test_data_is_there_after_reopening(
    records: RecordStore, open_database: Callable[[], RecordStore]
) -> None:
    document = add(records, "words")
    again = open_database()
    assert again.document(document.id) == document
    again.close()


def test_check_passes_and_close_may_be_repeated(records: RecordStore) -> None:
    records.check()
    records.close()
    records.close()
