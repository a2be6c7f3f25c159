"""Two Prometheus replicas that see the same service: no event counts twice, and none is made up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploy.live.api import value
from deploy.live.remote_write import write
from deploy.live.replay import Plan, Span, replay, spread
from deploy.live.rules import Rule, needed_for

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import History, counters, histogram
from .replicas import HALF_SCRAPE, REPLICA, twice

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

PERIOD = 30 * DAY
RATIO = "slo:sli_error:ratio_rate30d"
TOLERANCE = 0.001

OUTAGE = Outage(20 * DAY + 10 * HOUR + 137, 5 * HOUR, 0.5)
AWAY = Span(OUTAGE.start + HOUR, OUTAGE.start + 4 * HOUR)
SHAPE = Shape(
    scrape_interval=HALF_SCRAPE,
    instances=2,
    events_per_second=10,
    error_ratio=0.0003,
    night_share=0.3,
    outages=(OUTAGE,),
    restart_every=2.3 * DAY,
)


def _recorded(address: str, rules: list[Rule], history: History, name: str, seconds: float) -> float | None:
    """The value of a rule that was evaluated over the whole history."""
    replay(address, needed_for(rules, name), Plan(history.start, history.end, phase=spread))
    return value(address, name, history.at(seconds))


def _truth(history: History, seconds: float) -> float:
    at = history.at(seconds)
    return history.count(at - PERIOD, at).error_ratio


KINDS: dict[str, tuple[str, Callable[[Shape], History]]] = {
    "availability": (specs.availability(), counters),
    "events": (specs.events(), counters),
    "latency": (specs.latency("1s"), lambda shape: histogram(shape, "1")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_events_of_two_replicas_count_once_though_one_was_away_amid_an_outage(
    kind: str, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    spec, expose = KINDS[kind]
    history = expose(SHAPE)
    write(prometheus, twice(history.series, (AWAY,)))
    recorded = _recorded(prometheus, rules_for(spec, "--replica-label", REPLICA), history, RATIO, 31 * DAY)
    assert recorded is not None
    error = abs(recorded / _truth(history, 31 * DAY) - 1)
    figure(
        f"30d error ratio, two replicas of which one was away for 3 h amid an outage, {kind}: {error:.4%} off"
    )
    assert error < TOLERANCE
