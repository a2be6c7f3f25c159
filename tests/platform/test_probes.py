"""The probes from outside, by a real blackbox exporter with the platform's modules."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.platform.edge import Edge, running_edge
from tests.platform.running import DEPLOY, Program, free_port
from tests.platform.stubs import Answer, stub_server
from tests.programs import optional_program


@pytest.fixture(scope="module")
def blackbox(folder: Path) -> Iterator[str]:
    program = optional_program("blackbox_exporter", "Prometheus publishes it as an archive")
    address = f"127.0.0.1:{free_port()}"
    configuration = DEPLOY / "blackbox" / "blackbox.yml"
    command = [program, f"--config.file={configuration}", f"--web.listen-address={address}"]
    with Program.start(command, folder) as running:
        running.wait_until_ready(f"http://{address}/-/healthy")
        yield f"http://{address}/probe"


def succeeds(blackbox: str, module: str, target: str) -> bool:
    answer = httpx2.get(blackbox, params={"module": module, "target": target}).raise_for_status()
    return "\nprobe_success 1\n" in answer.text


def test_health_through_the_edge_is_seen(blackbox: str, edge: Edge) -> None:
    for path in ("/health", "/api/health"):
        assert succeeds(blackbox, "healthy", f"{edge.client.base_url}{path}")


def test_an_edge_without_its_service_is_seen(blackbox: str, tmp_path: Path) -> None:
    with running_edge(tmp_path, SERVICE_UPSTREAM=f"127.0.0.1:{free_port()}") as alone:
        assert not succeeds(blackbox, "healthy", f"{alone.client.base_url}/health")


def test_an_answer_that_says_something_else_is_no_health(blackbox: str) -> None:
    with stub_server(lambda _: Answer(body=b"<h1>It works</h1>")) as web_page:
        assert not succeeds(blackbox, "healthy", web_page.url)


def test_a_page_that_asks_for_a_password_is_told_from_one_that_does_not(blackbox: str, edge: Edge) -> None:
    for path in ("/docs", "/grafana/"):
        assert succeeds(blackbox, "asks_for_a_password", f"{edge.client.base_url}{path}")
    with stub_server() as open_page:
        assert not succeeds(blackbox, "asks_for_a_password", open_page.url)
