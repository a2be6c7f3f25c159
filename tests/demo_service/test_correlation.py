"""The correlation id: taken or made, and on every answer."""

import re
import uuid

import pytest

from tests.demo_service.application import CONTACT, WITH_KEY, Application
from tests.demo_service.conftest import StartApplication

HEADER = "X-Correlation-ID"


@pytest.mark.parametrize(
    "sent", ["a", "order-4711", "A.b_c:d-9", "x" * 128, "9b2f4c1e-6a7d-4e0b-8f5c-3d1a2b4c5e6f"]
)
def test_a_safe_id_is_taken(application: Application, sent: str) -> None:
    assert application.client.get("/health", headers={HEADER: sent}).headers[HEADER] == sent


@pytest.mark.parametrize(
    "sent",
    ["", "x" * 129, "two words", "a\tb", "<script>", "{$jndi}", '"', "a;b", "-x", "ä", "a\x0bb", "%0d%0a"],
)
def test_any_other_id_is_replaced(application: Application, sent: str) -> None:
    answer = application.client.get("/health", headers={HEADER.encode(): sent.encode()})
    assert uuid.UUID(answer.headers[HEADER]).version == 4


def test_two_ids_are_as_good_as_none(application: Application) -> None:
    answer = application.client.get("/health", headers=[(HEADER, "a"), (HEADER, "b")])
    assert answer.headers.get_list(HEADER) != ["a", "b"]
    assert uuid.UUID(answer.headers[HEADER])


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/health", {}, 200),
        ("POST", "/contact", {}, 401),
        ("GET", "/nothing", {}, 404),
        ("GET", "/contact", {}, 405),
        ("POST", "/contact", WITH_KEY, 422),
        (
            "OPTIONS",
            "/contact",
            {"Origin": "https://x.example", "Access-Control-Request-Method": "POST"},
            400,
        ),
        ("BREW", "/contact", {}, 405),
    ],
)
def test_every_answer_has_one(
    application: Application, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = application.client.request(method, path, headers={HEADER: "mine"} | headers)
    assert (answer.status_code, answer.headers.get_list(HEADER)) == (status, ["mine"])


def test_an_unhandled_error_has_one_in_header_and_body(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("a detail that is nobody's business")

    monkeypatch.setattr(application.stores.records, "add_contact", broken)
    answer = application.contact()
    assert answer.status_code == 500
    assert answer.json()["correlation_id"] == answer.headers[HEADER]
    assert not re.search("RuntimeError|business", answer.text)


def test_an_id_does_not_leak_into_the_next_request(start_application: StartApplication) -> None:
    client = start_application().client
    first = client.post("/contact", json=CONTACT, headers=WITH_KEY).headers[HEADER]
    assert client.get("/nothing").json()["correlation_id"] != first
