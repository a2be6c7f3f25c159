"""What cannot be plotted or divided by is no step of a history."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.errors import NotMeasurable
from slo_toolkit.query.samples import Series
from slo_toolkit.status.history import Chronicle, Step
from slo_toolkit.status.survey import Wanted, ask

from .fake import AT, FakePrometheus, identity, recorded

HOUR = Duration.of(hours=1)


class WithHistory(FakePrometheus):
    """A Prometheus with one step of events, the one that ends now."""

    valid: float = 100.0
    errors: float = 1.0
    moment: float = AT

    def range(self, expr: str, start: float, end: float, step: float) -> Sequence[Series]:
        figures = {"valid": self.valid, "errors": self.errors}
        return [Series({**identity(), "slo_figure": f}, ((self.moment, v),)) for f, v in figures.items()]


def steps(valid: float, errors: float, moment: float = AT) -> tuple[Step, ...]:
    source = WithHistory(recorded())
    source.valid, source.errors, source.moment = valid, errors, moment
    statuses = ask(source, Wanted(at=AT)).statuses
    return Chronicle(source, statuses).histories(HOUR)[statuses[0].key].steps


def test_events_are_a_step() -> None:
    assert steps(100, 1) == (Step(AT, 100, 1),)
    assert steps(0, 0) == (Step(AT, 0, 0),)


@pytest.mark.parametrize("valid", [math.nan, math.inf, -math.inf, 1e300, -1e300, -1, 5e-324])
def test_what_is_no_number_of_events_is_none(valid: float) -> None:
    assert steps(valid, 1) == ()


@pytest.mark.parametrize("errors", [math.nan, math.inf, 1e300])
def test_errors_that_are_no_number_are_not_plotted(errors: float) -> None:
    assert steps(100, errors) == (Step(AT, 100, 0),)


@pytest.mark.parametrize("moment", [0, -1e300, 1e300, AT + 3600])
def test_a_point_at_a_time_that_was_not_asked_for_is_refused(moment: float) -> None:
    with pytest.raises(NotMeasurable, match="points at times that were not asked for"):
        steps(100, 1, moment)
