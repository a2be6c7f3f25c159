"""What the tests of the connection share: stub servers, and a question put to one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from slo_toolkit.query import Connection, Prometheus

from .stub import Script, Stub, running

StartStub = Callable[[Script], Stub]
Connect = Callable[..., Prometheus]


@pytest.fixture
def stub() -> Iterator[StartStub]:
    """Starts servers that follow a script; they end with the test."""
    with ExitStack() as servers:
        yield lambda script: servers.enter_context(running(script))


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens a `Prometheus` at an address, with the fields of `Connection` as options."""
    with ExitStack() as opened:

        def open_at(url: str, **settings: object) -> Prometheus:
            connection = Connection(url, **{"timeout": 5.0, **settings})  # type: ignore[arg-type]
            return opened.enter_context(Prometheus(connection))

        yield open_at
