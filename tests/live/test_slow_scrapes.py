"""Textfile collectors and batch jobs: what is scraped every five minutes to an hour is measured and alerts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from deploy.live.api import query_range, value
from deploy.live.remote_write import Series, write
from deploy.live.replay import Plan, Replay, Span, aligned, replay
from deploy.live.rules import Rule, needed_for, rules_of
from slo_toolkit.duration import Duration
from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.queries import Selection
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.slo import Slo
from slo_toolkit.spec import LoadOptions, Source, load
from slo_toolkit.status.model import BudgetStatus, Verdict
from slo_toolkit.status.survey import Wanted, ask
from slo_toolkit.windows import base_window

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import History, counters
from .prometheus import running_prometheus

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

INTERVALS = (300, 600, 900, 3600)
TOLERANCE = 0.01
OBJECTIVE, THRESHOLDS = "99", {"page": 6 * 0.01, "ticket": 3 * 0.01}
DAYS = 2.5
FILLED = DAY + HOUR
"""From here on the longest window of a page and one of a ticket are full."""

SPEC = specs.events().replace(f"objective: {specs.OBJECTIVE}", f"objective: {OBJECTIVE}")
STEADY = Shape(days=DAYS, instances=4, events_per_second=5, error_ratio=0.1)


def told(seconds: int) -> tuple[str, str]:
    return "--scrape-interval", f"{seconds}s"


def slo_scraped_every(seconds: int) -> Slo:
    options = LoadOptions(scrape_interval=Duration.of(seconds=seconds))
    (slo,) = load([Source("spec.yaml", SPEC.encode())], options).slos
    return slo


def raw_alerts(slo: Slo) -> Mapping[str, Any]:
    """The same alerts on the owner's own queries."""

    def burns(window: Duration, threshold: float) -> str:
        errors, valid = (query.replace("{{.window}}", str(window)) for query in (specs.ERRORS, specs.VALID))
        return f"{errors} / {valid} > {threshold}"

    rules = []
    for severity in THRESHOLDS:
        tiers = [
            f"({burns(tier.long_window, float(tier.burn_rate) / 100)} "
            f"and {burns(tier.short_window, float(tier.burn_rate) / 100)})"
            for tier in slo.alerting.tiers
            if tier.severity == severity
        ]
        rules.append({"alert": f"Raw{severity}", "expr": " or ".join(tiers)})
    return {"groups": [{"name": "raw", "rules": rules}]}


@dataclass(frozen=True)
class World:
    """A Prometheus that recorded a steady tenth of errors, scraped every `seconds`."""

    address: str
    seconds: int
    history: History
    ours: Replay
    raw: Replay

    def status(self, *, with_spec: bool, raw: bool = False) -> BudgetStatus:
        specs_ = (slo_scraped_every(self.seconds),) if with_spec else None
        with Prometheus(Connection(self.address)) as prometheus:
            (status,) = ask(prometheus, Wanted(at=self.history.end, specs=specs_, raw=raw)).statuses
        return status


@pytest.fixture(scope="module", params=INTERVALS, ids=lambda seconds: f"{seconds}s")
def world(request: pytest.FixtureRequest, rules_for: RulesFor) -> Iterator[World]:
    seconds = request.param
    history = counters(replace(STEADY, scrape_interval=seconds))
    plan = Plan(history.start, history.end, phase=aligned)
    with running_prometheus() as address:
        write(address, history.series)
        ours = replay(address, rules_for(SPEC, *told(seconds)), plan)
        raw = replay(address, rules_of(raw_alerts(slo_scraped_every(seconds))), plan)
        yield World(address, seconds, history, ours, raw)


@pytest.mark.parametrize("severity", THRESHOLDS)
def test_an_alert_of_the_owners_own_queries_is_there_at_every_evaluation(
    world: World, severity: str, figure: Figure
) -> None:
    filled = world.history.at(FILLED)
    for firings in (world.ours.of(specs.ALERT, sloth_severity=severity), world.raw.of(f"Raw{severity}")):
        assert firings[-1].start <= filled
        assert firings[-1].end is None
    begins = world.ours.of(specs.ALERT, sloth_severity=severity)[-1].start - world.history.start
    figure(f"scraped every {world.seconds} s, 10 % errors: the {severity} is steady from {begins:.0f} s on")


def test_nothing_else_fires(world: World) -> None:
    assert {firing.alert for firing in world.ours.firings} == {specs.ALERT}


def test_the_ratio_of_every_window_is_the_counted_one(world: World, figure: Figure) -> None:
    truth = world.history.count(world.history.start, world.history.end).error_ratio
    slo, worst = slo_scraped_every(world.seconds), 0.0
    windows = {window for tier in slo.alerting.tiers for window in (tier.short_window, tier.long_window)}
    for window in windows:
        ratio = value(world.address, f"slo:sli_error:ratio_rate{window}", world.history.end)
        assert ratio is not None
        worst = max(worst, abs(ratio / truth - 1))
    figure(f"scraped every {world.seconds} s: ratios of windows within {worst:.3%} of the counted")
    assert worst < TOLERANCE


def test_the_period_is_the_counted_one(world: World, figure: Figure) -> None:
    truth = world.history.count(world.history.start, world.history.end).error_ratio
    ratio = value(world.address, "slo:sli_error:ratio_rate30d", world.history.end)
    assert ratio is not None
    figure(f"scraped every {world.seconds} s: 30d error ratio {ratio / truth - 1:+.3%} off")
    assert ratio == pytest.approx(truth, rel=TOLERANCE)


def test_all_events_are_counted_though_later(world: World) -> None:
    """Over a whole day; the events of the last base window are still to come."""
    lag = base_window(Duration.of(seconds=world.seconds)).seconds / 2
    end = world.history.end
    counted = value(world.address, "sum_over_time(slo:valid_events:count5m[1d])", end)
    assert counted == pytest.approx(world.history.count(end - DAY - lag, end - lag).valid, rel=TOLERANCE)


@pytest.mark.parametrize(
    ("with_spec", "raw"), [(False, False), (True, False), (True, True)], ids=["recorded", "spec", "raw"]
)
def test_slo_budget_tells_it(world: World, with_spec: bool, raw: bool) -> None:
    """A burn rate of ten over two and a half days: by recorded series alone, by a spec, by raw queries."""
    status = world.status(with_spec=with_spec, raw=raw)
    assert status.verdict is Verdict.EXHAUSTED
    assert [reason for reason in status.reasons if "SLI" in reason] == []
    assert status.error_ratio is not None
    assert float(status.error_ratio) == pytest.approx(0.1, rel=TOLERANCE)
    assert status.burn_rate is not None
    assert float(status.burn_rate) == pytest.approx(10, rel=0.05)
    base = base_window(Duration.of(seconds=world.seconds))
    assert status.burn_window == max(Duration.of(hours=1), base)
    assert min(status.burn_rates) == base


@pytest.mark.parametrize("beside", [(), (Duration.of(minutes=5),)], ids=["alone", "beside-others"])
def test_the_dashboards_tell_it(world: World, beside: tuple[Duration, ...]) -> None:
    """On a dashboard of its own and on one with SLOs that are scraped more often."""
    base = base_window(Duration.of(seconds=world.seconds))
    shown = Selection('sloth_id="shop-requests"', periods=(Duration.of(days=30),), bases=(*beside, base))
    end = world.history.end
    assert value(world.address, shown.verdict, end) == look.EXHAUSTED
    assert value(world.address, shown.measured, end) is not None
    assert value(world.address, shown.burn_rate, end) == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize("seconds", [120, *INTERVALS])
def test_a_failed_scrape_and_jitter_leave_no_gap(
    seconds: int, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Every eighth scrape of all targets fails at once, and each comes up to a fifth of its interval off."""
    span = 8 * seconds
    failed = tuple(Span(k * span + 1, k * span + 2) for k in range(1, int(DAYS * DAY / span)))
    history = counters(replace(STEADY, scrape_interval=seconds, blind_spots=failed))
    write(prometheus, late_or_early(history.series, seconds / 5))
    base = base_window(Duration.of(seconds=seconds))
    name = f"slo:sli_error:ratio_rate{base}"
    replay(prometheus, needed_for(rules_for(SPEC, *told(seconds)), name), Plan(history.start, history.end))
    first = history.at(base.seconds + 2 * seconds)
    (row,) = query_range(prometheus, name, first, history.end, 30)
    due = int((history.end - first) // 30) + 1
    figure(
        f"scraped every {seconds} s, one in eight fails: {name} is there at {len(row[1])} of {due} evaluations"
    )
    assert len(row[1]) == due


def late_or_early(series: list[Series], most: float) -> list[Series]:
    """All series of one scrape move together."""
    chance, moved = random.Random(7), dict[tuple[str, int], int]()
    for one in series:
        instance = dict(one.labels)["instance"]
        for number, time in enumerate(one.times_ms):
            step = moved.setdefault((instance, time), round(chance.uniform(-most, most) * 1000))
            one.times_ms[number] = time + step
    return series


@pytest.mark.parametrize("seconds", [300, 900])
def test_an_outage_pages_within_a_scrape_of_the_owners_own_queries(
    seconds: int, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    outage = Outage(1.3 * DAY, 2 * HOUR)
    history = counters(replace(STEADY, days=2, scrape_interval=seconds, error_ratio=0, outages=(outage,)))
    write(prometheus, history.series)
    plan = Plan(history.start, history.end, phase=aligned)
    ours = replay(prometheus, rules_for(SPEC, *told(seconds)), plan)
    raw = replay(prometheus, rules_of(raw_alerts(slo_scraped_every(seconds))), plan)
    (page,), (expected,) = ours.of(specs.ALERT, sloth_severity="page"), raw.of("Rawpage")
    figure(
        f"total outage scraped every {seconds} s: pages after {page.start - history.at(outage.start):.0f} s, "
        f"{page.start - expected.start:+.0f} s from raw"
    )
    assert abs(page.start - expected.start) <= seconds
    assert page.end is not None
    short = max(tier.short_window for tier in slo_scraped_every(seconds).alerting.tiers[:2])
    assert page.end - history.at(outage.start + outage.seconds) <= short.seconds + 2 * seconds
