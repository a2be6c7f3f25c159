"""Errors that are the difference of what two targets counted, scraped apart: the noise between them evens out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from deploy.live.remote_write import Series, labels_of, write
from deploy.live.replay import Plan, replay
from deploy.live.rules import Rule
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.spec import LoadOptions, Source, load
from slo_toolkit.status.model import BudgetStatus
from slo_toolkit.status.survey import Wanted, ask

from .events import DAY, EPOCH
from .prometheus import running_prometheus

END = EPOCH + 7 * DAY
STEP, SCRAPED_EVERY = 5, 30
EVENTS, ERROR_RATIO = 50, 0.002
"""In each step. The two scrapes are a quarter of a minute apart: that is 150 events, of which 0.3 are errors."""
TOLERANCE = 0.02
"""What the two of them differ by at the begin and the end of 7 days in which there were 12,000 errors."""

TOTAL, GOOD = "sum(rate(edge_requests_total[{{.window}}]))", "sum(rate(app_served_total[{{.window}}]))"
QUERIES = {"good_query": f"good_query: {GOOD}", "a-difference": f"error_query: {TOTAL} - {GOOD}"}


@dataclass(frozen=True)
class Measured:
    recorded: BudgetStatus
    raw: BudgetStatus
    truth: float


@dataclass(frozen=True)
class Traffic:
    series: tuple[Series, ...]
    error_ratio: float


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    """What comes in each step differs, and is counted by the edge and by the application at the same moment."""
    chance = random.Random(3)
    edge = Series(labels_of({"__name__": "edge_requests_total", "job": "edge", "instance": "edge:80"}))
    app = Series(labels_of({"__name__": "app_served_total", "job": "app", "instance": "app:80"}))
    total = good = 0
    for moment in range(EPOCH, END, STEP):
        events = max(0, round(chance.gauss(EVENTS, EVENTS / 2)))
        total += events
        good += events - sum(chance.random() < ERROR_RATIO for _ in range(events))
        if moment % SCRAPED_EVERY == 0:
            edge.add(moment * 1000, total)
        if moment % SCRAPED_EVERY == SCRAPED_EVERY // 2:
            app.add(moment * 1000, good)
    return Traffic((edge, app), 1 - good / total)


@pytest.fixture(params=QUERIES)
def measured(
    request: pytest.FixtureRequest, traffic: Traffic, rules_for: Callable[..., list[Rule]]
) -> Iterator[Measured]:
    spec = f"""\
version: slo-toolkit/v1
service: shop
slos:
  - name: requests
    objective: 99.9
    period: 7d
    sli:
      events:
        total_query: {TOTAL}
        {QUERIES[request.param]}
    alerting: {{name: ShopErrors}}
"""
    slos = load([Source("spec.yaml", spec.encode())], LoadOptions()).slos
    rules = [rule for rule in rules_for(spec) if not rule.alert]
    with running_prometheus() as address:
        write(address, traffic.series)
        replay(address, rules, Plan(EPOCH, END))
        with Prometheus(Connection(address)) as prometheus:
            recorded, raw = (
                ask(prometheus, Wanted(at=END, specs=slos, raw=raw)).statuses[0] for raw in (False, True)
            )
        yield Measured(recorded, raw, traffic.error_ratio)


def test_the_noise_between_two_targets_is_no_error(measured: Measured, figure: Callable[[str], None]) -> None:
    for status in (measured.recorded, measured.raw):
        ratio = float(status.error_ratio or 0)
        off = ratio / measured.truth - 1
        figure(f"errors as the difference of two targets, {status.origin.value}: error ratio {off:+.2%} off")
        assert abs(off) < TOLERANCE
