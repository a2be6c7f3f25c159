"""Single sign-on with a real oauth2-proxy, set up as compose.single-sign-on.yaml says."""

import base64
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.platform.composition import services
from tests.platform.edge import Edge, running_edge
from tests.platform.identity_provider import CLIENT_ID, CLIENT_SECRET, running_identity_provider
from tests.platform.running import Program, free_port
from tests.platform.stubs import StubServer
from tests.programs import optional_program

PAGE = "/grafana/d/slo?from=now-1h&to=now"


@contextmanager
def sign_on(folder: Path, admin_page: StubServer, email: str) -> Iterator[Edge]:
    """An edge whose operators sign in at a provider, as the user with this address."""
    program = optional_program("oauth2-proxy", "its project publishes it as an archive")
    port, edge_port = free_port(), free_port()
    with running_identity_provider(email) as provider:
        variables = {
            "PUBLIC_URL": f"http://127.0.0.1:{edge_port}",
            "OIDC_ISSUER_URL": provider.issuer,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "OIDC_COOKIE_SECRET": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "OIDC_EMAIL_DOMAIN": "example.com",
        }
        environment = {
            name: re.sub(r"\$\{(\w+):.([^}]*)\}", lambda m: variables.get(m[1], m[2]), str(value))
            for name, value in services()["oauth2-proxy"]["environment"].items()
        } | {
            "OAUTH2_PROXY_HTTP_ADDRESS": f"127.0.0.1:{port}",
            "OAUTH2_PROXY_TRUSTED_PROXY_IPS": "127.0.0.1",
        }
        with (
            Program.start([program], folder, environment) as running,
            running_edge(
                folder,
                EDGE_AUTH_FILE="auth/oidc.caddy",
                EDGE_SITE_ADDRESS=variables["PUBLIC_URL"],
                OAUTH2_PROXY_UPSTREAM=f"127.0.0.1:{port}",
                GRAFANA_UPSTREAM=admin_page.host,
            ) as edge,
        ):
            running.wait_until_ready(f"http://127.0.0.1:{port}/ping")
            yield edge


def test_an_operator_signs_in_and_is_back_on_the_page(tmp_path: Path, admin_page: StubServer) -> None:
    with sign_on(tmp_path, admin_page, "ada@example.com") as edge:
        answer = edge.client.get(PAGE, follow_redirects=True)
        assert (answer.status_code, str(answer.url)) == (200, f"{edge.client.base_url}{PAGE}")
        passed_on = admin_page.received[-1]
        assert passed_on.path == PAGE
        assert passed_on.headers["x-auth-request-email"] == "ada@example.com"

        edge.client.get("/oauth2/sign_out")
        assert edge.client.get("/grafana/").status_code == 302


def test_whom_the_provider_knows_may_still_not_come_in(tmp_path: Path, admin_page: StubServer) -> None:
    with sign_on(tmp_path, admin_page, "eve@elsewhere.example") as edge:
        before = len(admin_page.received)
        answer = edge.client.get(PAGE, follow_redirects=True)
        assert answer.status_code == 403
        assert len(admin_page.received) == before


def test_an_invented_session_is_none(tmp_path: Path, admin_page: StubServer) -> None:
    with sign_on(tmp_path, admin_page, "ada@example.com") as edge:
        forged = {"Cookie": "_oauth2_proxy=invented"}
        answer = httpx2.get(f"{edge.client.base_url}{PAGE}", headers=forged)
        assert answer.status_code == 302
