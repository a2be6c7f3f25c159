"""The edge with single sign-on, in front of a stub that answers as oauth2-proxy does."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from demo_service.correlation import HEADER
from tests.platform.edge import Edge, running_edge
from tests.platform.stubs import Answer, Received, StubServer, stub_server

SESSION = {"Cookie": "_oauth2_proxy=a-valid-session"}


def oauth2_proxy(request: Received) -> Answer:
    """`/oauth2/auth` is 202 with the user's headers, or 401; the other paths are the sign-in."""
    if not request.path.startswith("/oauth2/auth"):
        return Answer(302, headers={"Location": "https://login.example.com/authorize"})
    if "a-valid-session" not in request.headers.get("cookie", ""):
        return Answer(401)
    return Answer(202, headers={"X-Auth-Request-Email": "ada@example.com", "X-Auth-Request-User": "ada"})


@pytest.fixture(scope="module")
def sign_on() -> Iterator[StubServer]:
    with stub_server(oauth2_proxy) as server:
        yield server


@pytest.fixture(scope="module")
def edge(folder: Path, sign_on: StubServer, admin_page: StubServer) -> Iterator[Edge]:
    with running_edge(
        folder,
        EDGE_AUTH_FILE="auth/oidc.caddy",
        EDGE_PASSWORD_HASH="",
        OAUTH2_PROXY_UPSTREAM=sign_on.host,
        GRAFANA_UPSTREAM=admin_page.host,
        SERVICE_UPSTREAM=admin_page.host,
    ) as running:
        yield running


@pytest.mark.parametrize("path", ["/grafana/d/slo?from=now-1h&to=now", "/docs"])
def test_who_is_signed_out_is_sent_to_sign_in_and_back(edge: Edge, path: str) -> None:
    answer = edge.client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/oauth2/start?rd={quote(path, safe='')}"


def test_who_is_signed_in_sees_the_page(edge: Edge, admin_page: StubServer) -> None:
    answer = edge.client.get("/grafana/", headers=SESSION | {HEADER: "signed-in"})
    assert answer.status_code == 200
    assert admin_page.received[-1].headers["x-auth-request-email"] == "ada@example.com"
    assert edge.record_of("signed-in")["user_id"] == "ada@example.com"


def test_a_client_cannot_say_who_it_is(edge: Edge, admin_page: StubServer) -> None:
    forged = {"X-Auth-Request-Email": "root@example.com", "X-Auth-Request-Groups": "admins"}
    assert edge.client.get("/grafana/", headers=forged).status_code == 302
    edge.client.get("/grafana/", headers=SESSION | forged)
    passed_on = admin_page.received[-1].headers
    assert passed_on["x-auth-request-email"] == "ada@example.com"
    assert "x-auth-request-groups" not in passed_on


def test_the_sign_in_itself_is_open_and_the_api_needs_none(edge: Edge) -> None:
    assert edge.client.get("/oauth2/start").headers["Location"] == "https://login.example.com/authorize"
    assert edge.client.get("/health").status_code == 200


def test_without_the_proxy_nobody_gets_in(tmp_path: Path, admin_page: StubServer) -> None:
    with running_edge(
        tmp_path,
        EDGE_AUTH_FILE="auth/oidc.caddy",
        OAUTH2_PROXY_UPSTREAM="127.0.0.1:9",
        GRAFANA_UPSTREAM=admin_page.host,
    ) as edge:
        before = len(admin_page.received)
        assert edge.client.get("/grafana/", headers=SESSION).status_code == 502
        assert len(admin_page.received) == before
