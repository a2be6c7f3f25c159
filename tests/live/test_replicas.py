"""Two Prometheus replicas that see the same service: no event counts twice, and none is made up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC

import pytest

from deploy.live.api import value
from deploy.live.remote_write import Series, write
from deploy.live.replay import Plan, Span, replay, spread
from deploy.live.rules import Rule, needed_for
from slo_toolkit import naming
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.spec import LoadOptions, Source, load
from slo_toolkit.status.model import BudgetStatus, Verdict
from slo_toolkit.status.periods import parse_period
from slo_toolkit.status.survey import Wanted, ask

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import History, counters, histogram, probe
from .replicas import HALF_SCRAPE, REPLICA, switched, twice

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

MINUTE = 60
PERIOD = 30 * DAY
RATIO = "slo:sli_error:ratio_rate30d"
TOLERANCE = 0.001

OUTAGE = Outage(20 * DAY + 10 * HOUR + 137, 8 * HOUR, 0.5)
# Longer than counters tell afterwards of a gap.
AWAY = Span(OUTAGE.start + HOUR, OUTAGE.start + 6.5 * HOUR)
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
        f"30d error ratio, two replicas of which one was away for 5.5 h of an outage of 8, {kind}: {error:.4%} off"
    )
    assert error < TOLERANCE


BRIEF = """\
version: slo-toolkit/v1
service: shop
slos:
  - name: requests
    objective: 99
    period: 2d
    sli: {availability: {metric: http_requests_total, errors: 'code=~"5.."'}}
    alerting: {name: Burns}
"""
NO_OPTIONS = LoadOptions()
DAYS = 2.2
ENDS = DAYS * DAY
BURNING = Shape(
    days=DAYS,
    scrape_interval=HALF_SCRAPE,
    instances=2,
    events_per_second=10,
    error_ratio=0.015,
    restart_every=13 * HOUR,
)
SWITCHING = Span(DAY, 2 * DAY)


def _status(
    address: str,
    history: History,
    *,
    raw: bool,
    period: str | None = None,
    options: LoadOptions = NO_OPTIONS,
) -> BudgetStatus:
    wanted = Wanted(
        at=history.at(ENDS),
        specs=load([Source("spec.yaml", BRIEF.encode())], options).slos,
        raw=raw,
        period=parse_period(period, UTC) if period else None,
    )
    with Prometheus(Connection(address)) as prometheus:
        (status,) = ask(prometheus, wanted).statuses
    return status


def _recorded_world(address: str, rules: list[Rule], history: History, series: Iterable[Series]) -> None:
    write(address, series)
    replay(address, [rule for rule in rules if not rule.alert], Plan(history.start, history.end))


def test_a_store_that_switches_between_replicas_never_makes_an_exhausted_budget_met(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    outage = Outage(1.6 * DAY, 2 * HOUR, 0.5)
    history = counters(replace(BURNING, error_ratio=0.0003, outages=(outage,), restart_every=None))
    _recorded_world(prometheus, rules_for(BRIEF), history, switched(history.series, SWITCHING))
    truth = history.count(history.at(ENDS - 2 * DAY), history.at(ENDS)).error_ratio
    for raw in (False, True):
        status = _status(prometheus, history, raw=raw)
        assert status.verdict is Verdict.NO_DATA
        assert any("counters stepped back and went on" in reason for reason in status.reasons)
        assert status.error_ratio is not None
        figure(
            f"HA switching for a day, {status.origin}: ratio {float(status.error_ratio) / truth - 1:+.0%}, told: "
            f"{status.reasons[0].partition(' in the period')[0]}"
        )
    assert truth > 0.02
    afterwards = _status(prometheus, history, raw=False, period="4h")
    assert not any("stepped back" in reason for reason in afterwards.reasons)


@pytest.mark.parametrize(
    "shape",
    [
        Shape(days=1, instances=6, restart_every=2 * HOUR, night_share=0.02),
        Shape(days=0.5, instances=6, restart_every=4 * MINUTE),
        Shape(days=1, instances=6, events_per_second=0.02, restart_every=HOUR),
        Shape(days=1, instances=6, replace_every=HOUR, absences=(Span(9 * HOUR, 9.1 * HOUR),)),
    ],
    ids=["every-two-hours", "crash-loop", "rare-events", "deploys"],
)
def test_a_restart_is_no_step_back(shape: Shape, prometheus: str, rules_for: RulesFor) -> None:
    history = counters(shape)
    write(prometheus, history.series)
    replay(
        prometheus,
        needed_for(rules_for(specs.events()), naming.FALSE_RESETS),
        Plan(history.start, history.end),
    )
    assert value(prometheus, f"sum(count_over_time({naming.FALSE_RESETS}[2d]))", history.end) is None


def test_a_moment_at_which_two_replicas_probe_counts_once(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """While one of them was away, a moment counts as much as before."""
    outage = replace(OUTAGE, error_ratio=1.0)
    shape = replace(SHAPE, one_event_per_scrape=True, night_share=1.0, outages=(outage,), restart_every=None)
    history = probe(shape)
    write(prometheus, twice(history.series, (AWAY,)))
    rules = rules_for(specs.probe(), "--replica-label", REPLICA)
    recorded = _recorded(prometheus, rules, history, RATIO, 31 * DAY)
    assert recorded is not None
    error = abs(recorded / _truth(history, 31 * DAY) - 1)
    figure(f"30d error ratio, the same of probes: {error:.4%} off")
    assert error < TOLERANCE


@pytest.mark.parametrize("name", [REPLICA, "replica"])
def test_series_that_are_there_twice_are_told_and_how_to_read_them(
    name: str, prometheus: str, rules_for: RulesFor
) -> None:
    history = counters(BURNING)
    _recorded_world(prometheus, rules_for(BRIEF), history, twice(history.series, (SWITCHING,), name))
    for raw in (False, True):
        status = _status(prometheus, history, raw=raw)
        assert status.verdict is Verdict.NO_DATA
        assert f"compile with --replica-label {name}" in status.reasons[0]


def test_once_the_label_is_given_nothing_is_there_twice(prometheus: str, rules_for: RulesFor) -> None:
    history = counters(BURNING)
    rules = rules_for(BRIEF, "--replica-label", REPLICA)
    _recorded_world(prometheus, rules, history, twice(history.series, (SWITCHING,)))
    truth = history.count(history.at(ENDS - 2 * DAY), history.at(ENDS)).error_ratio
    for raw in (False, True):
        status = _status(prometheus, history, raw=raw, options=LoadOptions(replica_labels=(REPLICA,)))
        assert status.verdict is Verdict.EXHAUSTED
        assert float(status.error_ratio or 0) == pytest.approx(truth, rel=TOLERANCE)


def test_a_databases_own_replicas_are_each_one_of_its_series(prometheus: str, rules_for: RulesFor) -> None:
    shapes = (BURNING, replace(BURNING, events_per_second=13, seed=2))
    databases = [counters(shape, labels={"replica": f"{number}"}) for number, shape in enumerate(shapes)]
    series = [one for database in databases for one in database.series]
    _recorded_world(prometheus, rules_for(BRIEF), databases[0], series)
    for raw in (False, True):
        assert _status(prometheus, databases[0], raw=raw).verdict is Verdict.EXHAUSTED
