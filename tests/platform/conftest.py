"""What the platform's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo_service.conftest import start_application as start_application
from tests.demo_service.running_service import RunningService
from tests.platform.edge import Edge, running_edge
from tests.platform.stubs import StubServer, stub_server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("platform")


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[RunningService]:
    """The real service, as it runs behind the edge."""
    with RunningService.start(
        folder / "data", DEMO_TRUSTED_PROXIES="127.0.0.1", DEMO_PUBLIC_PATH="/api", DEMO_FAULTS="1"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def admin_page() -> Iterator[StubServer]:
    """In the place of Grafana and the other pages; it remembers what the edge passed on."""
    with stub_server() as server:
        yield server


@pytest.fixture(scope="module")
def edge(folder: Path, service: RunningService, admin_page: StubServer) -> Iterator[Edge]:
    """The real edge in front of the real service."""
    upstreams = ("GRAFANA", "PROMETHEUS", "ALERTMANAGER", "PGADMIN", "MEILISEARCH", "OBJECT_STORE")
    with running_edge(
        folder,
        SERVICE_UPSTREAM=service.base_url.removeprefix("http://"),
        MEILI_KEY="key-of-the-search-server",
        **{f"{name}_UPSTREAM": admin_page.host for name in upstreams},
    ) as running:
        yield running
