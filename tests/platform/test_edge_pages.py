"""Pages behind the edge, real ones, under the policies that it gives them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.demo_service.running_service import RunningService
from tests.live.prometheus import prometheus_binary
from tests.platform.alertmanager import Notified, running_alertmanager
from tests.platform.browser import shown
from tests.platform.composition import command_option, services
from tests.platform.edge import Edge, running_edge
from tests.platform.running import Program, eventually, free_port
from tests.platform.stubs import Answer, stub_server


@pytest.fixture(scope="module")
def prometheus(folder: Path) -> Iterator[str]:
    """The address (host:port) of a Prometheus with the prefix of compose.yaml, that scrapes itself."""
    address = f"127.0.0.1:{free_port()}"
    prefix = command_option(services()["prometheus"], "web.route-prefix")
    job = f"{{job_name: itself, metrics_path: {prefix}metrics, static_configs: [{{targets: ['{address}']}}]}}"
    (folder / "prometheus.yml").write_text(f"scrape_configs: [{job}]\n")
    command = [
        prometheus_binary(),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus-data'}",
        f"--web.listen-address={address}",
        f"--web.external-url=http://localhost{prefix}",
        f"--web.route-prefix={prefix}",
    ]
    with Program.start(command, folder) as running:
        running.wait_until_ready(f"http://{address}{prefix}-/ready")
        yield address


@pytest.fixture(scope="module")
def edge(folder: Path, service: RunningService, prometheus: str) -> Iterator[Edge]:
    """With everybody signed in: a password in an address would hinder a page's own requests."""
    with ExitStack() as stack:
        sign_on = stack.enter_context(stub_server(lambda _: Answer(202)))
        notified = stack.enter_context(Notified.start())
        alertmanager = stack.enter_context(running_alertmanager(folder / "alertmanager", notified))
        yield stack.enter_context(
            running_edge(
                folder,
                EDGE_AUTH_FILE="auth/oidc.caddy",
                OAUTH2_PROXY_UPSTREAM=sign_on.host,
                SERVICE_UPSTREAM=service.base_url.removeprefix("http://"),
                PROMETHEUS_UPSTREAM=prometheus,
                ALERTMANAGER_UPSTREAM=alertmanager,
            )
        )


def test_operators_ask_prometheus_through_the_edge(edge: Edge) -> None:
    def targets() -> list[Any]:
        found: list[Any] = edge.client.get("/prometheus/api/v1/targets").json()["data"]["activeTargets"]
        return found

    assert [target["labels"]["job"] for target in eventually(targets)] == ["itself"]
    answer = edge.client.post("/prometheus/api/v1/query", data={"query": "1 + 1"})
    assert answer.json()["data"]["result"][1] == "2"


def test_operators_ask_alertmanager_through_the_edge(edge: Edge) -> None:
    assert edge.client.get("/alertmanager/api/v2/alerts").json() == []


@pytest.mark.parametrize("name", ["prometheus", "alertmanager"])
def test_a_page_and_the_files_it_names_come_through_the_edge(edge: Edge, name: str) -> None:
    page = edge.client.get(f"/{name}/", follow_redirects=True)
    assert page.status_code == 200
    assert httpx2.URL(str(page.url)).path.startswith(f"/{name}/")


@pytest.mark.parametrize(("path", "text"), [("/docs", "operation-tag-content"), ("/redoc", "Submit Contact")])
def test_a_browser_shows_the_documentation(edge: Edge, tmp_path: Path, path: str, text: str) -> None:
    page = shown(f"{edge.client.base_url}{path}", tmp_path)
    assert text in page.html
    # ReDoc asks for its maker's emblem, which it can do without and which the policy keeps out.
    assert [violation for violation in page.violations() if "cdn.redoc.ly" not in violation] == []
    assert [message for message in page.messages if "Uncaught" in message] == []


def test_the_policy_of_admin_pages_lets_a_real_one_work(edge: Edge, tmp_path: Path) -> None:
    page = shown(f"{edge.client.base_url}/prometheus/graph", tmp_path)
    assert "<script" in page.html
    assert page.violations() == []
