"""What the tests of statuses share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from slo_toolkit.status.model import BudgetStatus
from slo_toolkit.status.survey import Wanted, ask

from .fake import AT, FakePrometheus

StatusOf = Callable[[FakePrometheus], BudgetStatus]


@pytest.fixture
def status_of() -> StatusOf:
    """The one status that a Prometheus has now."""

    def status(prometheus: FakePrometheus) -> BudgetStatus:
        (only,) = ask(prometheus, Wanted(at=AT, clock=lambda: AT)).statuses
        return only

    return status
