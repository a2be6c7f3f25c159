"""The API's documentation in a real browser, under the policy that the edge gives it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo_service.running_service import RunningService
from tests.platform.edge import Edge, running_edge
from tests.platform.programs import optional_program
from tests.platform.stubs import Answer, stub_server

# An empty profile, nothing from the network but the page, and every message of the page on standard error.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom"),
)


@pytest.fixture(scope="module")
def edge(folder: Path, service: RunningService) -> Iterator[Edge]:
    """With everybody signed in: a password in an address would hinder the page's own requests."""
    with (
        stub_server(lambda _: Answer(202)) as sign_on,
        running_edge(
            folder,
            EDGE_AUTH_FILE="auth/oidc.caddy",
            OAUTH2_PROXY_UPSTREAM=sign_on.host,
            SERVICE_UPSTREAM=service.base_url.removeprefix("http://"),
        ) as running,
    ):
        yield running


@pytest.fixture
def chromium() -> str:
    return optional_program("chromium", "`apt-get install chromium` brings it")


@pytest.mark.parametrize(
    ("path", "shown"), [("/docs", "operation-tag-content"), ("/redoc", "Submit Contact")]
)
def test_a_browser_shows_the_documentation(
    edge: Edge, chromium: str, tmp_path: Path, path: str, shown: str
) -> None:
    command = [chromium, *FLAGS, f"--user-data-dir={tmp_path}", f"{edge.client.base_url}{path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert shown in done.stdout
    messages = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    # ReDoc asks for its maker's emblem, which it can do without and which the policy keeps out.
    assert [m for m in messages if "Content Security Policy" in m and "cdn.redoc.ly" not in m] == []
    assert [m for m in messages if "Uncaught" in m] == []
