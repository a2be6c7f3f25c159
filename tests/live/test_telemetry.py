"""Silence of the measurement itself is told, and told apart from silence of the users."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploy.live.remote_write import write
from deploy.live.replay import Plan, Span, replay
from deploy.live.rules import Rule

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import counters

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

GONE = Span(10 * HOUR, 12 * HOUR)


@pytest.mark.parametrize("late_errors", [False, True], ids=["errors-from-zero", "no-error-series"])
def test_a_vanished_target_raises_the_no_telemetry_alert(
    late_errors: bool, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    history = counters(Shape(days=1, absences=(GONE,)), late_errors=late_errors)
    write(prometheus, history.series)
    rules = rules_for(specs.events())
    outcome = replay(prometheus, rules, Plan(history.start + 10 * 60, history.end))
    (firing,) = outcome.of(specs.NO_TELEMETRY)
    assert firing.end is not None
    begins, ends = firing.start - history.at(GONE.start), firing.end - history.at(GONE.end)
    figure(
        f"{firing.alert} fires {begins / 60:.1f} min after the target vanished, "
        f"resolves {ends / 60:.1f} min after it is back"
    )
    assert 0 < begins <= 20 * 60
    assert 0 < ends <= 10 * 60


@pytest.mark.parametrize(
    "shape",
    [
        Shape(days=2, night_share=0.02, restart_every=5 * HOUR),
        Shape(days=2, replace_every=6 * HOUR),
        Shape(days=2, outages=(Outage(DAY, HOUR),)),
    ],
    ids=["restarts", "instances-come-and-go", "a-total-outage"],
)
def test_the_no_telemetry_alert_is_silent_in_normal_operation(
    shape: Shape, prometheus: str, rules_for: RulesFor
) -> None:
    history = counters(shape)
    write(prometheus, history.series)
    rules = rules_for(specs.events())
    outcome = replay(prometheus, rules, Plan(history.start + 10 * 60, history.end))
    assert outcome.of(specs.NO_TELEMETRY) == []


def test_traffic_that_stops_raises_an_alert_of_its_own(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """The counters are there and stand still: it is the users who are gone, or cannot come through."""
    silence = Span(30 * HOUR, 34 * HOUR)
    history = counters(Shape(days=2, silences=(silence,)))
    write(prometheus, history.series)
    outcome = replay(prometheus, rules_for(specs.events()), Plan(history.start, history.end))
    (firing,) = outcome.of(specs.TRAFFIC_STOPPED)
    assert firing.end is not None
    begins, ends = firing.start - history.at(silence.start), firing.end - history.at(silence.end)
    figure(
        f"{firing.alert} fires {begins / 60:.1f} min after the last event, "
        f"resolves {ends / 60:.1f} min after the next"
    )
    assert HOUR <= begins <= 1.25 * HOUR
    assert 0 < ends <= 10 * 60
    assert outcome.of(specs.NO_TELEMETRY) == []


@pytest.mark.parametrize(
    "shape",
    [
        Shape(days=4, events_per_second=1 / 600),
        Shape(days=15, night_share=0.001, weekend_share=0.001, instances=2),
    ],
    ids=["rare-traffic", "quiet-nights-and-weekends"],
)
def test_usual_silence_is_no_stopped_traffic(shape: Shape, prometheus: str, rules_for: RulesFor) -> None:
    """From the second week on, when last week's silence is known, a quiet weekend is no surprise."""
    history = counters(shape)
    write(prometheus, history.series)
    outcome = replay(prometheus, rules_for(specs.events()), Plan(history.start, history.end))
    assert [f for f in outcome.of(specs.TRAFFIC_STOPPED) if f.start > history.at(7.5 * DAY)] == []
