"""Searches by Meilisearch: what is found when, and what happens when the server fails.

The server is a stub that has each fault on demand; that a real one finds the same is in the contract of
record stores.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import urllib3

from demo_service.models import now
from demo_service.storage import meilisearch
from demo_service.storage.errors import StorageUnavailable
from demo_service.storage.meilisearch import Meilisearch, term
from demo_service.storage.records import SearchHit, SearchQuery
from tests.demo_service.conftest import StartApplication
from tests.demo_service.postgres_server import PostgresServer
from tests.demo_service.running_service import RunningService, eventually
from tests.demo_service.search_server import StubMeilisearch, error
from tests.demo_service.test_record_store_contract import a_document
from tests.platform.stubs import Answer, stub_server

_PATIENCE_SECONDS = 20


@pytest.fixture
def server() -> StubMeilisearch:
    """A server that does not run yet."""
    return StubMeilisearch()


@pytest.fixture
def running(server: StubMeilisearch) -> Iterator[StubMeilisearch]:
    """The server, while it runs."""
    with server.running():
        yield server


def settings(server: StubMeilisearch) -> dict[str, str]:
    return {"DEMO_SEARCH_URL": server.url, "DEMO_SEARCH_KEY": server.key}


def upload(service: RunningService, text: str) -> str:
    answer = service.client.post(
        "/documents/upload", files={"file": ("a.txt", text.encode())}, data={"document_type": "report"}
    )
    assert answer.status_code == 201
    return str(answer.json()["id"])


def search(service: RunningService, query: str) -> httpx2.Response:
    return service.client.post("/documents/search", json={"query": query})


def found(service: RunningService, query: str) -> list[str] | int:
    """The ids, or the status of an answer that has none."""
    answer = search(service, query)
    if answer.status_code != 200:
        return answer.status_code
    assert answer.json()["total"] == len(answer.json()["results"])
    return [result["document"]["id"] for result in answer.json()["results"]]


def test_what_is_stored_is_found_with_its_excerpt_and_not_after_its_removal(
    tmp_path: Path, running: StubMeilisearch
) -> None:
    with RunningService.start(tmp_path, **settings(running)) as service:
        document = upload(service, "Quarterly figures & more")
        assert eventually(lambda: found(service, "FIGURES") == [document])
        (result,) = search(service, "figures").json()["results"]
        assert result["snippet"].endswith("Quarterly <mark>figures</mark> &amp; more")
        assert service.client.delete(f"/documents/{document}").status_code == 204
        assert found(service, "figures") == [], "at once: the database knows it no more"
        assert eventually(lambda: running.entries == {})


def test_a_lost_server_is_answered_with_503_and_loses_nothing(
    tmp_path: Path, server: StubMeilisearch
) -> None:
    with ExitStack() as first, RunningService.start(tmp_path, **running_at(server, first)) as service:
        before = upload(service, "word before")
        assert eventually(lambda: found(service, "word") == [before])
        first.close()
        assert (found(service, "word"), service.failing_parts()) == (503, ["search"])
        assert search(service, "word").headers["Retry-After"] == "5"
        meanwhile = upload(service, "word meanwhile")
        assert service.client.delete(f"/documents/{before}").status_code == 204
        assert service.client.get("/livez").status_code == 200
        assert service.wait_for_log("search index behind")["part"] == "search"
        with server.running():
            assert eventually(lambda: found(service, "word") == [meanwhile])
            assert eventually(lambda: set(server.entries or ()) == {meanwhile})
            assert service.failing_parts() == []
            service.wait_for_log("search index up to date")
        service.stop()
    assert server.key not in "".join(service.log_lines)


def running_at(server: StubMeilisearch, stack: ExitStack) -> dict[str, str]:
    """The settings for a server that runs until the stack is closed."""
    stack.enter_context(server.running())
    return settings(server)


def test_the_service_may_start_before_its_search_server(tmp_path: Path, server: StubMeilisearch) -> None:
    with server.running():
        pass  # it has an address now, and nobody is there
    with RunningService.start(tmp_path, **settings(server)) as service:
        document = upload(service, "word")
        assert (found(service, "word"), service.failing_parts()) == (503, ["search"])
        with server.running():
            assert eventually(lambda: found(service, "word") == [document])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_kill_9_between_commit_and_indexing_loses_nothing(
    tmp_path: Path, running: StubMeilisearch, database: str, request: pytest.FixtureRequest
) -> None:
    environment = settings(running) | _database(database, request)
    with RunningService.start(tmp_path, **environment) as service:
        removed = upload(service, "word")
        assert eventually(lambda: found(service, "word") == [removed])
        running.frozen = True
        told = len(running.tasks)
        acknowledged = {upload(service, f"word {number}") for number in range(10)}
        assert eventually(lambda: len(running.tasks) > told), "some are with the server, which does nothing"
        acknowledged |= {upload(service, f"word {number}") for number in range(10, 30)}
        assert service.client.delete(f"/documents/{removed}").status_code == 204
        service.kill()
    assert set(running.entries or ()) == {removed}, "killed before it was indexed"
    running.frozen = False
    with RunningService.start(tmp_path, **environment) as service:
        assert eventually(lambda: set(running.entries or ()) == acknowledged)
        assert search(service, "word").json()["total"] == 30


def _database(name: str, request: pytest.FixtureRequest) -> dict[str, str]:
    if name == "sqlite":
        return {}
    server: PostgresServer = request.getfixturevalue("postgres")
    server.execute("DROP TABLE IF EXISTS documents, contacts, audit, search_pending")
    return {"DEMO_DATABASE_URL": server.url, "DEMO_DATABASE_PASSWORD": server.password}


def test_two_processes_on_one_database_tell_the_server_the_same(
    tmp_path: Path, running: StubMeilisearch, request: pytest.FixtureRequest
) -> None:
    environment = settings(running) | _database("postgresql", request)
    environment["DEMO_BLOB_URL"] = f"file://{tmp_path}/blobs"
    with (
        RunningService.start(tmp_path / "one", **environment) as one,
        RunningService.start(tmp_path / "two", **environment) as two,
    ):
        ids = [upload(service, "word") for _ in range(10) for service in (one, two)]
        for number, each in enumerate(ids[:10]):
            (two, one)[number % 2].client.delete(f"/documents/{each}")
        assert eventually(lambda: set(running.entries or ()) == set(ids[10:]))
        assert eventually(lambda: found(one, "word") == found(two, "word") != 503)


def test_an_index_that_was_lost_is_filled_again(tmp_path: Path, running: StubMeilisearch) -> None:
    with RunningService.start(tmp_path, **settings(running)) as service:
        documents = {upload(service, f"word {number}") for number in range(25)}
        assert eventually(lambda: set(running.entries or ()) == documents)
        running.entries = None
        running.settings = {}
        assert eventually(lambda: set(running.entries or ()) == documents)
        assert search(service, "word").json()["total"] == 25


def test_search_may_be_switched_on_off_and_on_again(tmp_path: Path, running: StubMeilisearch) -> None:
    with RunningService.start(tmp_path) as service:
        early, passing = upload(service, "word early"), upload(service, "word passing")
        assert set(found(service, "word")) == {early, passing}  # type: ignore[arg-type]
    with RunningService.start(tmp_path, **settings(running)) as service:
        assert eventually(lambda: set(running.entries or ()) == {early, passing})
    with RunningService.start(tmp_path) as service:
        late = upload(service, "word late")
        service.client.delete(f"/documents/{passing}")
        assert set(found(service, "word")) == {early, late}  # type: ignore[arg-type]
    with RunningService.start(tmp_path, **settings(running)) as service:
        assert eventually(lambda: set(running.entries or ()) == {early, late})
        assert service.failing_parts() == []


def test_a_task_that_fails_is_tried_again(tmp_path: Path, running: StubMeilisearch) -> None:
    with RunningService.start(tmp_path, **settings(running)) as service:
        assert eventually(lambda: service.failing_parts() == [])
        running.task_error = "no_space_left_on_device"
        document = upload(service, "word")
        assert "no_space_left_on_device" in service.wait_for_log("search index behind")["reason"]
        assert eventually(lambda: found(service, "word") == [])
        running.task_error = None
        assert eventually(lambda: found(service, "word") == [document])


def test_a_wrong_key_is_told_by_readiness_and_never_shown(tmp_path: Path, running: StubMeilisearch) -> None:
    wrong = "a key that is no longer the right one"
    with RunningService.start(tmp_path, **settings(running) | {"DEMO_SEARCH_KEY": wrong}) as service:
        upload(service, "word")
        assert (found(service, "word"), service.failing_parts()) == (503, ["search"])
        assert "403 invalid_api_key" in service.wait_for_log("storage unavailable")["exception"]
        service.stop()
    assert wrong not in "".join(service.log_lines)


@pytest.mark.parametrize(
    "answer",
    [
        error(401, "missing_authorization_header", "auth"),
        error(503, "internal", "internal"),
        Answer(500, b"<html>a proxy</html>"),
        Answer(200, b"<html>a proxy</html>"),
        Answer(200, b"[]"),
        Answer(200, b'{"hits": [{"id": "no id"}], "totalHits": 1}'),
        Answer(302, b"", {"Location": "/elsewhere"}),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:8]!r}",
)
def test_an_answer_that_is_none_is_503_and_an_upload_works(
    start_application: StartApplication, running: StubMeilisearch, answer: Answer
) -> None:
    application = start_application(search_url=running.url, search_key=running.key)
    running.refuse_with = answer
    assert application.upload(b"word").status_code == 201
    refused = application.search("word")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "elisearch" not in refused.text


def test_a_slow_server_is_given_up(running: StubMeilisearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meilisearch, "_TIMEOUT", urllib3.Timeout(connect=1, read=0.1))
    engine = running.engine()
    running.delay_seconds = 0.5
    started = time.monotonic()
    with pytest.raises(StorageUnavailable) as caught:
        engine.check()
    assert caught.value.part == "search"
    assert time.monotonic() - started < 0.4
    engine.close()


def test_a_server_that_hangs_does_not_hold_up_the_rest(tmp_path: Path, running: StubMeilisearch) -> None:
    with RunningService.start(tmp_path, **settings(running)) as service, ThreadPoolExecutor(45) as pool:
        assert eventually(lambda: service.failing_parts() == [])
        running.delay_seconds = 4.5
        waiting = running.searches
        searches = [pool.submit(search, service, "word") for _ in range(45)]
        assert eventually(lambda: running.searches >= waiting + 9)
        started = time.monotonic()
        upload(service, "word")
        assert time.monotonic() - started < 3.5, "longer than the server's silence, if all waited for it"
        assert {each.result().status_code for each in searches} == {200, 503}


def test_a_task_that_does_not_end_is_given_up(
    running: StubMeilisearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meilisearch, "_TASK_SECONDS", 0.1)
    running.frozen = True
    engine = running.engine()
    with pytest.raises(StorageUnavailable):
        engine.create_index()
    engine.close()


def test_closing_ends_the_wait_for_a_task(running: StubMeilisearch) -> None:
    running.frozen = True
    engine = running.engine()
    engine.close()
    with pytest.raises(StorageUnavailable):
        engine.create_index()


def test_queries_and_entries_are_terms_and_filters_are_numbers_and_terms() -> None:
    """What is sent, as the API documents it: nothing of a client's is syntax."""
    sent: list[tuple[str, Any]] = []
    answers = {"/search": b'{"hits": [], "totalHits": 0}', "/tasks/0": b'{"status": "succeeded"}'}
    contact, document = uuid4(), a_document(tags=('a" OR "b',), uploaded_at=now())
    with stub_server() as server:

        def respond(request: Any) -> Answer:
            if request.body:
                sent.append((request.path, request.json()))
            body = next((b for end, b in answers.items() if request.path.endswith(end)), b'{"taskUid": 0}')
            return Answer(body=body)

        server.respond = respond
        engine = Meilisearch(server.url)
        engine.apply([SearchHit(document, 'One -two "one"')], [contact])
        moment = document.uploaded_at
        engine.find(SearchQuery(words=("one", "two"), limit=3, tags=('a" OR "b',), uploaded_after=moment))
        engine.close()
    one, two, tag = term("one"), term("two"), term('a" OR "b')
    microseconds = round(moment.timestamp() * 1_000_000)
    (added, ((entry,))), (removed, ids), (_, query) = sent
    assert (added, removed) == (
        "/indexes/demo-service-documents/documents",
        "/indexes/demo-service-documents/documents/delete-batch",
    )
    assert (entry["words"], entry["tags"], entry["uploaded_at"]) == (
        f"{one} {two} {one}",
        [tag],
        microseconds,
    )
    assert ids == [str(contact)]
    assert query["q"] == f'"{one}" "{two}"'
    assert query["filter"] == [f'tags = "{tag}"', f"uploaded_at >= {microseconds}"]
    assert (query["hitsPerPage"], query["matchingStrategy"]) == (3, "all")


def test_terms_are_sixteen_letters_and_differ() -> None:
    terms = {term(word) for word in ("cafe", "café", "1e5", "𠀀", "word " * 100)}
    assert len(terms) == 5
    assert all(len(each) == 16 and each.isalpha() and each.isascii() and each.islower() for each in terms)


def test_a_document_that_the_engine_still_knows_is_neither_shown_nor_counted(
    start_application: StartApplication, running: StubMeilisearch
) -> None:
    application = start_application(search_url=running.url, search_key=running.key)
    kept, removed = (UUID(application.upload(text).json()["id"]) for text in (b"word one", b"word two"))
    assert eventually(lambda: len(running.entries or ()) == 2)
    running.frozen = True
    application.stores.records.remove_document(removed)
    answer = application.search("word").json()
    assert [result["document"]["id"] for result in answer["results"]] == [str(kept)]
    assert answer["total"] == 1


def test_without_the_setting_nothing_of_it_is_loaded_and_nothing_noted(tmp_path: Path) -> None:
    program = """
import sys
from demo_service.app import Stores, create_app
from demo_service.metrics import Instruments
from demo_service.settings import Settings
settings = Settings(data_dir=sys.argv[1])
stores = Stores.open(settings)
create_app(settings, stores, Instruments())
names = ("urllib3", "meilisearch", "changes", "indexing", "indexed_search")
print([name for name in sys.modules if name.rpartition(".")[2].endswith(names)])
import sqlite3
print(sqlite3.connect(sys.argv[1] + "/records.sqlite3").execute(
    "SELECT name FROM sqlite_master WHERE name LIKE '%search%' OR name LIKE 'document_%s'").fetchall())
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=_PATIENCE_SECONDS,
    )
    assert done.stdout.splitlines()[-2:] == ["[]", "[('document_words',)]"]
