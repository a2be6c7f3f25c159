"""The real edge in front of the real service."""

import re
import ssl
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from demo_service.correlation import HEADER
from demo_service.settings import FORM_OVERHEAD_BYTES, Settings
from tests.demo_service.application import API_KEY, CONTACT, WITH_KEY
from tests.demo_service.running_service import RunningService
from tests.platform.edge import (
    CADDYFILE,
    PASSWORD,
    SIGNED_IN,
    WITHOUT_MODULE,
    Edge,
    caddy,
    password_hash,
    running_edge,
)
from tests.platform.running import Program, eventually, free_port
from tests.platform.stubs import StubServer

DOCS = ("/docs", "/redoc", "/openapi.json", "/docs/assets/start.js")
ADMIN_PAGES = ("/grafana/", "/prometheus/", "/alertmanager/", "/pgadmin/", "/s3/", "/meilisearch/health")
MEGABYTE = 1024 * 1024
LARGEST_FILE: int = Settings.model_fields["max_upload_bytes"].default


def upload(edge: Edge, size: int) -> httpx2.Response:
    return edge.client.post(
        "/api/documents/upload",
        files={"file": ("a.txt", b"a" * size, "text/plain")},
        data={"document_type": "report"},
        headers=WITH_KEY,
    )


@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_health_is_open(edge: Edge, path: str) -> None:
    answer = edge.client.get(path)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("path", DOCS + ADMIN_PAGES)
def test_docs_and_admin_pages_ask_for_the_password(edge: Edge, path: str) -> None:
    answer = edge.client.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert edge.client.get(path, auth=("operator", "guess")).status_code == 401
    assert edge.client.get(path, auth=SIGNED_IN).status_code == 200


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_the_edges_password_goes_no_further(edge: Edge, admin_page: StubServer, path: str) -> None:
    admin_page.received.clear()
    edge.client.get(path, auth=SIGNED_IN, headers={"X-Webauth-User": "admin", "X-Auth-Request-Email": "a@b"})
    (request,) = admin_page.received
    assert request.headers.get("authorization") in (None, "Bearer key-of-the-search-server")
    assert not {name for name in request.headers if name.startswith(("x-webauth", "x-auth-request"))}


@pytest.mark.parametrize("name", ["grafana", "prometheus", "alertmanager", "pgadmin", "s3"])
def test_an_admin_page_is_served_under_its_prefix(edge: Edge, admin_page: StubServer, name: str) -> None:
    edge.client.get(f"/{name}/some/page", auth=SIGNED_IN)
    assert admin_page.received[-1].path == f"/{name}/some/page"
    assert edge.client.get(f"/{name}x", auth=SIGNED_IN).status_code == 404


def test_the_search_server_gets_its_own_key_and_no_prefix(edge: Edge, admin_page: StubServer) -> None:
    edge.client.get("/meilisearch/indexes", auth=SIGNED_IN)
    assert admin_page.received[-1].path == "/indexes"
    assert admin_page.received[-1].headers["authorization"] == "Bearer key-of-the-search-server"


def test_the_api_is_served_without_its_prefix(edge: Edge) -> None:
    assert edge.client.post("/api/contact", json=CONTACT).status_code == 401
    assert edge.client.post("/api/contact", json=CONTACT, headers=WITH_KEY).status_code == 201
    found = edge.client.post("/api/documents/search", json={"query": "nothing"}, headers=WITH_KEY)
    assert found.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/index.html",
        "/metrics",
        "/contact",
        "/admin/faults",
        "/livez",
        "/readyz",
        "/api",
        "/api/",
        "/api/metrics",
        "/api/admin/faults",
        "/api/docs",
        "/api/openapi.json",
        "/api/readyz",
        "/api/documents/../admin/faults",
        "/api/documents/%2e%2e/admin/faults",
        "/api/documents/..%2fadmin%2ffaults",
        "/api//admin/faults",
        "/api/contact/",
        "/oauth2/start",
    ],
)
def test_nothing_else_is_routed(edge: Edge, path: str) -> None:
    answer = httpx2.get(str(edge.client.base_url) + path, headers=WITH_KEY)
    assert answer.status_code in (401, 404) if "documents" in path else answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["correlation_id"] == answer.headers[HEADER]


def test_a_body_beyond_the_limit_is_refused(edge: Edge) -> None:
    answer = upload(edge, 12 * MEGABYTE)
    assert answer.status_code == 413
    assert answer.json()["correlation_id"] == answer.headers[HEADER]
    assert upload(edge, LARGEST_FILE).status_code == 201


def test_the_edge_takes_all_that_the_service_takes() -> None:
    found = re.search(r"max_size (\d+)MB", CADDYFILE.read_text())
    assert found is not None
    assert int(found[1]) * 1_000_000 >= LARGEST_FILE + FORM_OVERHEAD_BYTES


def test_one_correlation_id_from_the_edge_to_the_service(edge: Edge, service: RunningService) -> None:
    answer = edge.client.post("/api/contact", json=CONTACT, headers=WITH_KEY)
    made = answer.headers[HEADER]
    assert str(uuid.UUID(made)) == made
    assert edge.record_of(made)["request"]["uri"] == "/api/contact"
    while service.wait_for_log("request")["correlation_id"] != made:
        pass


def test_a_safe_correlation_id_is_kept(edge: Edge) -> None:
    answer = edge.client.get("/health", headers={HEADER: "order-17:retry.2"})
    assert answer.headers.get_list(HEADER) == ["order-17:retry.2"]


@pytest.mark.parametrize("unsafe", ["a b", '"}', "-first", "x" * 129, "${jndi:ldap://x}"])
def test_an_unsafe_correlation_id_is_replaced(edge: Edge, unsafe: str) -> None:
    for path in ("/health", "/nowhere", "/docs"):
        made = edge.client.get(path, headers={HEADER: unsafe}).headers[HEADER]
        assert str(uuid.UUID(made)) == made, path


def test_two_correlation_ids_are_none(edge: Edge) -> None:
    made = edge.client.get("/health", headers=[(HEADER, "one"), (HEADER, "two")]).headers[HEADER]
    assert str(uuid.UUID(made)) == made


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/docs", "/api/contact", "/grafana/"])
def test_every_answer_has_the_security_headers(edge: Edge, path: str) -> None:
    headers = edge.client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert len(headers.get_list("Content-Security-Policy")) == 1
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Server" not in headers
    assert "Via" not in headers


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/api/documents/x"])
def test_what_is_no_page_may_load_nothing(edge: Edge, path: str) -> None:
    assert edge.client.get(path).headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_docs_run_no_inline_script(edge: Edge, path: str) -> None:
    policy = edge.client.get(path, auth=SIGNED_IN).headers["Content-Security-Policy"]
    (scripts,) = [rule for rule in policy.split("; ") if rule.startswith("script-src")]
    assert scripts == "script-src 'self'"


def test_the_logs_hold_no_secret(edge: Edge) -> None:
    headers = WITH_KEY | {
        HEADER: "look-for-secrets",
        "Cookie": "session=cookie-of-a-user",
        "Proxy-Authorization": "Basic of-a-proxy",
    }
    edge.client.get("/api/documents/x?api_key=key-in-the-query", headers=headers)
    edge.client.get("/grafana/?token=key-in-the-query", headers=headers, auth=SIGNED_IN)
    record = edge.record_of("look-for-secrets")
    assert record["status"] == 422
    assert record["request"]["uri"] == "/api/documents/x?redacted"
    edge.client.get("/nowhere", headers={HEADER: "last"})
    edge.record_of("last")
    written = edge.program.output()
    for secret in (API_KEY, PASSWORD, "cookie-of-a-user", "of-a-proxy", "key-in-the-query", password_hash()):
        assert secret not in written


def test_who_looked_at_an_admin_page_is_in_the_log(edge: Edge) -> None:
    edge.client.get("/prometheus/", auth=SIGNED_IN, headers={HEADER: "who-was-it"})
    assert edge.record_of("who-was-it")["user_id"] == "operator"


def test_a_client_cannot_choose_its_address(edge: Edge) -> None:
    edge.client.get("/health", headers={"X-Forwarded-For": "203.0.113.9", HEADER: "forged"})
    assert edge.record_of("forged")["request"]["client_ip"] == "127.0.0.1"


def test_the_service_sees_the_clients_address(edge: Edge, service: RunningService) -> None:
    headers = WITH_KEY | {HEADER: "whose-address", "X-Forwarded-For": "203.0.113.9"}
    edge.client.post("/api/contact", json=CONTACT, headers=headers)
    while (record := service.wait_for_log("request"))["correlation_id"] != "whose-address":
        pass
    assert record["client"] == "127.0.0.1"


def test_metrics_are_on_a_port_of_their_own(edge: Edge) -> None:
    edge.client.get("/health")
    assert "caddy_http_requests_total" in httpx2.get(edge.metrics_url).text
    assert httpx2.get(edge.metrics_url.replace("/metrics", "/")).status_code == 404


def test_a_bounded_load_loses_nothing(edge: Edge, service: RunningService) -> None:
    def submit(_: int) -> int:
        return edge.client.post("/api/contact", json=CONTACT, headers=WITH_KEY).status_code

    before = _submissions(service)
    with ThreadPoolExecutor(16) as clients:
        statuses = list(clients.map(submit, range(400)))
    assert set(statuses) == {201}
    assert _submissions(service) - before == 400


def _submissions(service: RunningService) -> float:
    found = re.search(r"^contact_submissions_total (\S+)$", service.metrics(), re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_without_the_service_the_answer_is_502_and_the_log_keeps_quiet(tmp_path: Path) -> None:
    with running_edge(tmp_path, SERVICE_UPSTREAM=f"127.0.0.1:{free_port()}") as edge:
        answer = edge.client.post("/api/contact?k=secret-query", headers=WITH_KEY | {HEADER: "nobody-there"})
        assert (answer.status_code, answer.json()["correlation_id"]) == (502, "nobody-there")
        edge.record_of("nobody-there")
        assert API_KEY not in edge.program.output()
        assert "secret-query" not in edge.program.output()


@pytest.mark.parametrize("wrong", ["", "plain-text-password"])
def test_without_a_hash_the_edge_does_not_start(tmp_path: Path, wrong: str) -> None:
    environment = WITHOUT_MODULE | {
        "EDGE_PASSWORD_HASH": wrong,
        "EDGE_SITE_ADDRESS": f"http://127.0.0.1:{free_port()}",
        "OTEL_TRACES_EXPORTER": "none",
    }
    with Program.start([caddy(), "run", "--config", CADDYFILE], tmp_path, environment) as program:
        assert program.wait() == 1
    with Program.start([caddy(), "validate", "--config", CADDYFILE], tmp_path, environment) as program:
        assert program.wait() == 1
        assert "password" in program.output()


def test_with_a_host_name_the_edge_speaks_tls(tmp_path: Path, service: RunningService) -> None:
    http, https = free_port(), free_port()
    with running_edge(
        tmp_path,
        EDGE_SITE_ADDRESS="https://localhost, http://127.0.0.1:{port}",
        EDGE_HTTP_PORT=str(http),
        EDGE_HTTPS_PORT=str(https),
        SERVICE_UPSTREAM=service.base_url.removeprefix("http://"),
        XDG_DATA_HOME=str(tmp_path),
    ) as edge:
        # For this name Caddy is its own authority; a public name gets a public certificate.
        authority = eventually(lambda: next(tmp_path.rglob("root.crt"), None))
        trusting = ssl.create_default_context(cafile=authority)
        answer = eventually(lambda: _get(f"https://localhost:{https}/health", trusting))
        assert answer.status_code == 200
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"

        redirect = httpx2.get(f"http://localhost:{http}/docs")
        assert (redirect.status_code, redirect.headers["Location"]) == (308, "https://localhost/docs")

        inside = edge.client.get("/health")
        assert inside.status_code == 200
        assert "Strict-Transport-Security" not in inside.headers


def _get(address: str, trusting: ssl.SSLContext) -> httpx2.Response | None:
    try:
        return httpx2.get(address, verify=trusting)
    except httpx2.ConnectError:
        return None  # the certificate is on its way
