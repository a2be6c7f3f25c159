"""The operations as a client sees them."""

import hashlib
import re
import uuid
from typing import Any

import pytest

from demo_service.documents.media_types import EXTENSIONS
from tests.demo_service.application import CONTACT, WITH_KEY, Application
from tests.demo_service.conftest import StartApplication

LIMIT = 10 * 1024 * 1024


def test_a_contact_is_stored(application: Application) -> None:
    response = application.contact(company="Analytical Engines", budget="£ 500")
    assert response.status_code == 201
    stored = application.stores.records.contact(uuid.UUID(response.json()["id"]))
    assert stored is not None
    assert (stored.name, stored.company, stored.budget) == (CONTACT["name"], "Analytical Engines", "£ 500")
    assert stored.submitted_at.isoformat().replace("+00:00", "Z") == response.json()["submitted_at"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b\r\nBcc: x@example.com"}, "email"),
        ({"message": "x" * 1001}, "message"),
        ({"message": "NUL \x00"}, "message"),
        ({"company": ""}, "company"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_contact_is_told_which_field_and_not_what_was_in_it(
    application: Application, changes: dict[str, object], field: str
) -> None:
    response = application.contact(**changes)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [f"body.{field}"]
    assert response.headers["content-type"] == "application/problem+json"
    assert "Bcc" not in response.text


def test_the_longest_allowed_contact_is_accepted(application: Application) -> None:
    assert application.contact(name="x" * 100, message="ß" * 1000).status_code == 201


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"\\ud800"', b'{"name": "\\ud800"}', b"\xff", b"NaN"])
def test_a_body_that_is_no_contact_is_the_clients_error(application: Application, body: bytes) -> None:
    headers = WITH_KEY | {"Content-Type": "application/json"}
    assert application.client.post("/contact", content=body, headers=headers).status_code in {400, 422}


def test_a_document_goes_the_whole_way(application: Application) -> None:
    contact_id = application.contact().json()["id"]
    contents = b"The annual report of <Analytical Engines>."
    response = application.upload(
        contents, name="../annual.txt", contact_id=contact_id, description="For 2026", tags=["a, b", "b"]
    )
    assert response.status_code == 201
    receipt = response.json()
    assert receipt["digest"] == hashlib.sha256(contents).hexdigest()
    assert (receipt["size"], receipt["media_type"]) == (len(contents), "text/plain")

    path = f"/documents/{receipt['id']}"
    described = application.client.get(path, headers=WITH_KEY).json()
    assert described == receipt | {
        "document_type": "report",
        "contact_id": contact_id,
        "file_name": "annual.txt",
        "description": "For 2026",
        "tags": ["a", "b"],
    }
    downloaded = application.client.get(f"{path}/contents", headers=WITH_KEY)
    assert downloaded.content == contents
    assert downloaded.headers["content-disposition"] == f'attachment; filename="{receipt["id"]}.txt"'
    assert downloaded.headers["x-content-type-options"] == "nosniff"

    found = application.search("engines annual", filters={"tags": ["b"], "document_type": "report"}).json()
    assert (found["total"], found["results"][0]["document"]) == (1, described)
    assert "&lt;Analytical <mark>Engines</mark>&gt;" in found["results"][0]["snippet"]
    assert found["milliseconds"] > 0

    assert application.client.delete(path, headers=WITH_KEY).status_code == 204
    for gone in (path, f"{path}/contents"):
        assert application.client.get(gone, headers=WITH_KEY).status_code == 404
    assert application.client.delete(path, headers=WITH_KEY).status_code == 404
    assert application.search("engines").json()["total"] == 0


def test_contents_live_until_the_last_document_with_them_goes(application: Application) -> None:
    first, second = (application.upload(b"the same").json()["id"] for _ in range(2))
    application.client.delete(f"/documents/{first}", headers=WITH_KEY)
    assert application.client.get(f"/documents/{second}/contents", headers=WITH_KEY).content == b"the same"


def test_ten_mebibytes_are_accepted_and_not_one_byte_more(application: Application) -> None:
    assert application.upload(b"x" * LIMIT).status_code == 201
    assert application.upload(b"x" * (LIMIT + 1)).status_code == 413
    assert application.upload(b"x" * (2 * LIMIT)).status_code == 413


@pytest.mark.parametrize(
    ("contents", "fields", "status"),
    [
        (b"", {}, 422),
        (b"\x7fELF", {}, 415),
        (b"<html><script>", {}, 415),
        (b"x", {"document_type": "novel"}, 422),
        (b"x", {"document_type": ["report", "report"]}, 422),
        (b"x", {"contact_id": "not-an-id"}, 422),
        (b"x", {"contact_id": str(uuid.uuid4())}, 422),
        (b"x", {"tags": "x" * 51}, 422),
        (b"x", {"description": "x" * 1001}, 422),
        (b"x", {"surprise": "x"}, 422),
    ],
)
def test_a_wrong_upload_leaves_nothing(
    application: Application, contents: bytes, fields: dict[str, Any], status: int
) -> None:
    assert application.upload(contents, **fields).status_code == status
    assert application.search("x").json()["total"] == 0


@pytest.mark.parametrize(
    "search",
    [
        {"query": ""},
        {"query": "x", "limit": 0},
        {"query": "x", "limit": 101},
        {"query": "x" * 201},
        {"query": "x", "filters": {"uploaded_after": "2026-01-01T00:00:00"}},
        {"query": "x", "filters": {"uploaded_after": "0001-01-01T00:00:00+14:00"}},
        {"query": "x", "filters": {"surprise": 1}},
    ],
)
def test_a_wrong_search_is_the_clients_error(application: Application, search: dict[str, object]) -> None:
    assert application.client.post("/documents/search", json=search, headers=WITH_KEY).status_code == 422


@pytest.mark.parametrize("path", ["/nothing", "/documents", "/contact/", "/metrics", "/admin/faults"])
def test_unknown_paths_are_problem_documents(application: Application, path: str) -> None:
    response = application.client.get(path)
    assert response.status_code == 404
    assert response.json()["correlation_id"] == response.headers["x-correlation-id"]


def test_a_wrong_method_says_which_are_right(application: Application) -> None:
    response = application.client.get("/contact")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_probes(application: Application) -> None:
    assert application.client.get("/health").json()["status"] == "ok"
    assert application.client.get("/livez").status_code == 200
    assert application.client.get("/readyz").json() == {"status": "ready", "failing": []}


def test_without_keys_the_service_is_not_ready(start_application: StartApplication) -> None:
    response = start_application(api_keys="").client.get("/readyz")
    assert (response.status_code, response.json()["failing"]) == (503, ["api_keys"])


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_needs_no_other_host_and_no_inline_script(
    application: Application, path: str
) -> None:
    page = application.client.get(path)
    assert page.status_code == 200
    assert "//" not in page.text
    assert re.findall(r"<script(?![^>]*src=)", page.text) == []
    files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(files) >= 2
    for file in files:
        assert application.client.get(f"/{file}").status_code == 200, file


def test_only_the_pages_own_files_are_served(application: Application) -> None:
    for name in ("../__init__.py", "..%2f__init__.py", "core.py", "__init__.py"):
        assert application.client.get(f"/docs/assets/{name}").status_code == 404, name


def test_the_document_says_where_a_proxy_serves_the_api(start_application: StartApplication) -> None:
    document = start_application(public_path="/api").client.get("/openapi.json").json()
    assert document["servers"] == [{"url": "/api"}]


def test_without_a_proxy_the_document_names_no_server(application: Application) -> None:
    assert "servers" not in application.client.get("/openapi.json").json()


def test_every_operation_documents_its_answers(application: Application) -> None:
    paths = application.app.openapi()["paths"]
    assert set(paths) == {
        "/contact",
        "/documents/upload",
        "/documents/search",
        "/documents/{id}",
        "/documents/{id}/contents",
        "/health",
        "/livez",
        "/readyz",
    }
    for path, methods in paths.items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            guarded = operation["x-required-scope"] != "none"
            assert guarded == ("security" in operation), (method, path)
            assert not guarded or {"401", "403", "429", "503"} <= set(operation["responses"]), (method, path)


def test_every_accepted_type_has_an_extension_for_its_download() -> None:
    assert all(extension.startswith(".") for extension in EXTENSIONS.values())
