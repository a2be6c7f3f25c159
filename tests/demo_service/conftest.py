"""Fixtures: the application in the process, the service as a process, and real back ends."""

import io
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient

from demo_service.app import Stores, create_app
from demo_service.logs import configure_logging
from demo_service.metrics import Instruments
from demo_service.settings import PREFIX, Settings
from tests.demo_service.application import KEY_LINE, Application
from tests.demo_service.object_store import ObjectStore, running_object_store
from tests.demo_service.postgres_server import PostgresServer
from tests.demo_service.running_service import RunningService

StartApplication = Callable[..., Application]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(PREFIX) or name in {"DB_PASSWORD", "PUBLIC_API_KEY", "API_KEY", "MEILI_KEY"}:
            monkeypatch.delenv(name)


@pytest.fixture
def start_application(tmp_path: Path) -> Iterator[StartApplication]:
    """Starts the application in this process, with settings by keyword; it logs to ``Application.log``."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    started: list[TestClient] = []

    def start(**settings: Any) -> Application:
        defaults: dict[str, Any] = {"data_dir": tmp_path / "data", "api_keys": KEY_LINE}
        chosen = Settings(**defaults | settings)
        log = io.StringIO()
        configure_logging("DEBUG", secrets=chosen.secret_values(), stream=log)
        stores, instruments = Stores.open(chosen), Instruments()
        app = create_app(chosen, stores, instruments)
        client = TestClient(app, raise_server_exceptions=False)
        client.__enter__()
        started.append(client)
        return Application(app, client, stores, instruments, log)

    yield start
    for client in started:
        client.__exit__(None, None, None)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def application(start_application: StartApplication) -> Application:
    """The application with default settings and one key."""
    return start_application()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    """The service as its own process, fresh for this test."""
    with RunningService.start(tmp_path / "data") as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL of our own."""
    with PostgresServer.create() as server:
        yield server


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """An S3 server with a bucket."""
    with running_object_store() as store:
        yield store
