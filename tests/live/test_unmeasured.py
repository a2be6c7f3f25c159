"""What nobody measured bounds what is told: the truth lies within, and no verdict is greener than it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest

from deploy.live.remote_write import write
from deploy.live.replay import Plan, Span, replay
from deploy.live.rules import Rule
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.spec import LoadOptions, Source, load
from slo_toolkit.status.model import BudgetStatus, Verdict
from slo_toolkit.status.periods import parse_period
from slo_toolkit.status.survey import Wanted, ask

from .events import DAY, HOUR, Outage, Shape
from .history import History, counters, probe, without

RulesFor = Callable[..., list[Rule]]

MINUTE = 60
BUDGET = Decimal("0.01")  # of 7 days, 100.8 minutes of full outage
BEGAN = 7 * DAY + 10 * HOUR + 137
SHAPE = Shape(days=9, events_per_second=6, instances=2, night_share=0.3)

SPEC = """\
version: slo-toolkit/v1
service: shop
slos:
  - name: requests
    objective: 99
    period: 7d
    sli:
      {sli}
    alerting: {{name: ShopErrors}}
"""
REQUESTS = "availability: {metric: http_requests_total, errors: 'code=~\"5..\"'}"
PROBED = "probe: {metric: probe_success}"


def _world(address: str, rules: list[Rule], history: History, *away: Span, since: float = 0) -> None:
    """A Prometheus that was away for a while, with rules that were loaded at `since`."""
    gone = tuple(Span(history.at(span.start), history.at(span.end)) for span in away)
    write(address, without(history.series, away, history.start))
    recording = [rule for rule in rules if not rule.alert]
    replay(address, recording, Plan(history.at(since), history.end, downtime=gone))


def _status(address: str, at: float, period: str | None = None, raw: str = "") -> BudgetStatus:
    specs = load([Source("spec.yaml", raw.encode())], LoadOptions()).slos if raw else None
    wanted = Wanted(at=at, period=parse_period(period, UTC) if period else None, specs=specs, raw=bool(raw))
    with Prometheus(Connection(address)) as prometheus:
        (status,) = ask(prometheus, wanted).statuses
    return status


def _left(history: History, start: float, at: float) -> float:
    count = history.count(start, at)
    return 1 - count.errors / count.valid / float(BUDGET)


def _is_within_its_bounds(status: BudgetStatus, truth: float) -> bool:
    assert status.budget_remaining is not None
    assert status.remaining_at_worst is not None
    noise = 0.002  # of the budget, that is 0.1 % of what was spent of it and more
    return float(status.remaining_at_worst) - noise <= truth <= float(status.budget_remaining) + noise


def test_a_gap_that_counters_do_not_bridge_is_no_green_answer(prometheus: str, rules_for: RulesFor) -> None:
    """Six hours, two of them an outage: more than the budget has."""
    history = counters(replace(SHAPE, outages=(Outage(BEGAN + HOUR, 2 * HOUR),)))
    away = Span(BEGAN, BEGAN + 6 * HOUR)
    _world(prometheus, rules_for(SPEC.format(sli=REQUESTS)), history, away)
    for later in (20 * MINUTE, 75 * MINUTE, 30 * HOUR):
        at = history.at(away.end + later)
        status = _status(prometheus, at)
        truth = _left(history, at - 7 * DAY, at)
        assert truth < 0
        assert status.verdict is Verdict.NO_DATA
        assert _is_within_its_bounds(status, truth)
        assert "of the period was not measured and could hold all errors that are left" in status.reasons[-1]
        assert status.unmeasured is not None
        assert status.unmeasured.seconds == pytest.approx(6 * HOUR, abs=600)
    month = _status(prometheus, history.end, "calendar:month")
    assert month.verdict is not Verdict.MET
    assert month.unmeasured == status.unmeasured


def test_until_counters_are_asked_a_gap_is_not_measured(prometheus: str, rules_for: RulesFor) -> None:
    """Three hours, two of them an outage. Ten minutes after that nobody has asked yet, and later it is known."""
    history = counters(replace(SHAPE, outages=(Outage(BEGAN + HOUR, 2 * HOUR),)))
    away = Span(BEGAN, BEGAN + 3 * HOUR)
    _world(prometheus, rules_for(SPEC.format(sli=REQUESTS)), history, away)
    soon = _status(prometheus, history.at(away.end + 20 * MINUTE))
    assert soon.verdict is Verdict.NO_DATA
    at = history.at(away.end + 75 * MINUTE)
    status = _status(prometheus, at)
    assert status.verdict is Verdict.EXHAUSTED
    assert float(status.budget_remaining or 0) == pytest.approx(_left(history, at - 7 * DAY, at), abs=0.005)
    assert status.remaining_at_worst == status.budget_remaining


def test_a_probes_gap_costs_at_worst_what_it_lasted(prometheus: str, rules_for: RulesFor) -> None:
    """Half an hour, and nothing tells afterwards what a probe would have seen: an outage of 20 minutes."""
    outage = Outage(BEGAN + 5 * MINUTE, 20 * MINUTE)
    history = probe(Shape(days=9, instances=1, outages=(outage,), one_event_per_scrape=True))
    away = Span(BEGAN, BEGAN + 30 * MINUTE)
    _world(prometheus, rules_for(SPEC.format(sli=PROBED)), history, away)
    at = history.at(away.end + 3 * HOUR)
    status = _status(prometheus, at)
    assert status.verdict is Verdict.MET
    assert _is_within_its_bounds(status, _left(history, at - 7 * DAY, at))
    assert float(status.remaining_at_worst or 0) == pytest.approx(1 - 30 / 100.8, abs=0.001)
    assert status.hides_errors
    raw = _status(prometheus, at, raw=SPEC.format(sli=PROBED))
    assert raw.verdict is Verdict.MET
    assert _is_within_its_bounds(raw, _left(history, at - 7 * DAY, at))
    assert raw.unmeasured is not None
    assert 30 * MINUTE <= raw.unmeasured.seconds < 45 * MINUTE  # told in steps of seven minutes


def test_the_time_before_the_first_measurement_hides_nothing(prometheus: str, rules_for: RulesFor) -> None:
    """Rules that are three days old know of three days, and that is told as what was measured."""
    history = counters(SHAPE)
    _world(prometheus, rules_for(SPEC.format(sli=REQUESTS)), history, since=6 * DAY + 1234)
    status = _status(prometheus, history.end)
    assert status.verdict is Verdict.MET
    assert status.remaining_at_worst == status.budget_remaining
    assert status.is_partly_measured
