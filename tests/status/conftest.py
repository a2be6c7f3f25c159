"""What the tests of statuses share: one status, and the command against a server of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from slo_toolkit.cli.app import run
from slo_toolkit.status.model import BudgetStatus
from slo_toolkit.status.survey import Wanted, ask
from tests.query.stub import Script, Stub, running

from .fake import AT, FakePrometheus

StatusOf = Callable[[FakePrometheus], BudgetStatus]
SloCommand = Callable[..., tuple[int, str, str]]
Serve = Callable[[Script], Stub]


@pytest.fixture
def status_of() -> StatusOf:
    """The one status that a Prometheus has now."""

    def status(prometheus: FakePrometheus) -> BudgetStatus:
        (only,) = ask(prometheus, Wanted(at=AT, clock=lambda: AT)).statuses
        return only

    return status


@pytest.fixture
def slo(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> SloCommand:
    """Runs the command; answers its exit code, standard output and standard error."""
    for name in ("SLO_PROMETHEUS_URL", "SLO_CONFIG", "SLO_CONTEXT", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        assert "internal error" not in captured.err
        return code, captured.out, captured.err

    return call


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server that follows the script until the test ends."""
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(running(script))
