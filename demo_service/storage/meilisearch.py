"""Meilisearch as a search engine, over the five calls of its HTTP API that this takes.

A search must answer the same whatever does the searching. Meilisearch would fold accents, split words by
language, correct spelling and complete the last word. So it gets each word as a term: sixteen letters that
stand for the word as ``split_words`` made it and that no tokenizer changes. A query quotes its terms, which
makes each of them exact. Values of filters, which Meilisearch compares without case, are terms as well.

urllib3 and not Meilisearch's own client: its pool is made for threads, and it has a time-out for each call.
"""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

import urllib3

from demo_service.documents.words import split_words
from demo_service.storage.errors import StorageUnavailable
from demo_service.storage.records import SearchHit, SearchQuery
from demo_service.storage.search import Matches

PART = "search"

_INDEX = "/indexes/demo-service-documents"  # the server may have others
# Meilisearch counts matches only so far.
_MOST_COUNTED = 100_000
_SETTINGS = {
    "searchableAttributes": ["words"],
    "displayedAttributes": ["id"],
    "filterableAttributes": ["contact_id", "document_type", "media_type", "tags", "uploaded_at"],
    "rankingRules": ["words", "proximity", "attribute", "exactness", "uploaded_at:desc"],
    "typoTolerance": {"enabled": False},
    "prefixSearch": "disabled",
    "facetSearch": False,
    "pagination": {"maxTotalHits": _MOST_COUNTED},
}

# A client is better served by an honest 503 than by waiting on.
_TIMEOUT = urllib3.Timeout(connect=2.0, read=5.0)
_RETRIES = urllib3.Retry(total=1, read=0, redirect=False, raise_on_status=False)
# A server that hangs holds this many worker threads. The others wait so long for a connection, and go on.
_CONNECTIONS = 10
_CONNECTION_SECONDS = 1.0
_TASK_SECONDS = 60.0
_LONGEST_PAUSE = 0.5

_EPOCH = datetime.fromtimestamp(0, UTC)
# Letters alone: a tokenizer may see a number, or two words, where digits meet letters.
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


class Refusal(Exception):
    """Meilisearch answered, and not with what was asked. Its own message may repeat values, its code does not."""


class Meilisearch:
    """A ``SearchEngine`` at ``url`` (scheme, host and port), with ``key`` if it wants one."""

    # It ignores the words of a query beyond the tenth.
    most_words = 10

    def __init__(self, url: str, key: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"
        self._http = urllib3.PoolManager(maxsize=_CONNECTIONS, block=True, timeout=_TIMEOUT, retries=_RETRIES)
        self._closed = threading.Event()

    def has_index(self) -> bool:
        with _translated_errors():
            try:
                self._ask("GET", _INDEX)
            except Refusal as refusal:
                if str(refusal) == "404 index_not_found":
                    return False
                raise
        return True

    def create_index(self) -> None:
        self._do("POST", "/indexes", {"uid": _INDEX.rpartition("/")[2], "primaryKey": "id"})

    def configure_index(self) -> None:
        self._do("PATCH", f"{_INDEX}/settings", _SETTINGS)

    def apply(self, present: Sequence[SearchHit], gone: Sequence[UUID]) -> None:
        if present:
            self._do("POST", f"{_INDEX}/documents", [_entry(hit) for hit in present])
        if gone:
            self._do("POST", f"{_INDEX}/documents/delete-batch", [str(each) for each in gone])

    def find(self, query: SearchQuery) -> Matches:
        wanted = {
            "q": " ".join(f'"{term(word)}"' for word in query.words),
            "matchingStrategy": "all",
            "filter": list(_filters(query)),
            "attributesToRetrieve": ["id"],
            # By pages: only then is the total a count and no estimate.
            "page": 1,
            "hitsPerPage": query.limit,
        }
        with _translated_errors():
            answer = self._ask("POST", f"{_INDEX}/search", wanted)
            return Matches(tuple(UUID(hit["id"]) for hit in answer["hits"]), int(answer["totalHits"]))

    def check(self) -> None:
        with _translated_errors():
            self._ask("GET", _INDEX)  # /health asks for no key, and tells nothing of the index

    def close(self) -> None:
        self._closed.set()
        self._http.clear()

    def _do(self, method: str, path: str, body: object) -> None:
        """What Meilisearch only takes note of at once and does as a task: wait until it is done."""
        with _translated_errors():
            number = int(self._ask(method, path, body)["taskUid"])
            deadline = time.monotonic() + _TASK_SECONDS
            pause = 0.01
            while not self._is_done(number):
                if self._closed.wait(pause) or time.monotonic() > deadline:
                    raise Refusal(f"task {number} is not done yet")
                pause = min(2 * pause, _LONGEST_PAUSE)

    def _is_done(self, number: int) -> bool:
        task = self._ask("GET", f"/tasks/{number}")
        if task["status"] in ("failed", "canceled"):
            raise Refusal(f"task {number} {task['status']} {(task.get('error') or {}).get('code')}")
        return bool(task["status"] == "succeeded")

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        answer = self._http.request(
            method, self._url + path, body=sent, headers=self._headers, pool_timeout=_CONNECTION_SECONDS
        )
        if not 200 <= answer.status < 300:
            raise Refusal(f"{answer.status} {_error_code(answer.data)}")
        return json.loads(answer.data)


def term(text: str) -> str:
    """Sixteen letters that stand for ``text``, and, but for one chance in 2**64, for no other."""
    return blake2b(text.encode(), digest_size=8).hexdigest().translate(_LETTERS)


def _entry(hit: SearchHit) -> dict[str, Any]:
    document = hit.document
    return {
        "id": str(document.id),
        "words": " ".join(map(term, split_words(hit.text))),
        "document_type": term(document.document_type),
        "media_type": term(document.media_type),
        "contact_id": str(document.contact_id) if document.contact_id else None,
        "tags": [term(tag) for tag in document.tags],
        "uploaded_at": _microseconds(document.uploaded_at),
    }


def _filters(query: SearchQuery) -> Iterator[str]:
    """The filters of a query that are set; all must hold."""
    if query.document_type is not None:
        yield f'document_type = "{term(query.document_type)}"'
    if query.media_type is not None:
        yield f'media_type = "{term(query.media_type)}"'
    if query.contact_id is not None:
        yield f'contact_id = "{query.contact_id}"'
    for tag in query.tags:
        yield f'tags = "{term(tag)}"'
    if query.uploaded_after is not None:
        yield f"uploaded_at >= {_microseconds(query.uploaded_after)}"
    if query.uploaded_before is not None:
        yield f"uploaded_at < {_microseconds(query.uploaded_before)}"


def _microseconds(moment: datetime) -> int:
    """Since 1970. Meilisearch's numbers are doubles, which are exact so far until the year 2255."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _error_code(body: bytes) -> object:
    try:
        return json.loads(body)["code"]
    except (ValueError, TypeError, LookupError):
        return "without a code"


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (Refusal, urllib3.exceptions.HTTPError, OSError) as error:
        raise StorageUnavailable(PART) from error
    except (ValueError, TypeError, LookupError) as error:
        raise StorageUnavailable(PART) from Refusal(f"not an answer of Meilisearch: {type(error).__name__}")
