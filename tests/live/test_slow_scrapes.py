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
from slo_toolkit.status.model import Answer, BudgetStatus, Verdict
from slo_toolkit.status.survey import Wanted, ask
from slo_toolkit.windows import base_window

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import History, counters, probe
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


UNTOLD = Shape(
    days=12,
    instances=4,
    events_per_second=10,
    error_ratio=0.0002,
    night_share=0.3,
    weekend_share=0.5,
    outages=(Outage(7 * DAY + 10 * HOUR + 137, 40 * 60, 0.1),),
)
EXACTLY = 0.001
REMEDY = {60: "1m", 120: "2m", 180: "3m", 300: "5m", 600: "10m"}


def _untold(
    address: str,
    seconds: int,
    rules: list[Rule],
    expose: Callable[[Shape], History] = counters,
    shape: Shape = UNTOLD,
) -> tuple[History, Answer]:
    """What `slo budget` says where metrics are scraped every `seconds`, at moments apart, and no rule was told."""
    apart = seconds * 0.173
    history = expose(replace(shape, scrape_interval=seconds, phase_between_instances=apart))
    write(address, history.series)
    replay(address, [rule for rule in rules if not rule.alert], Plan(history.start, history.end))
    with Prometheus(Connection(address)) as prometheus:
        return history, ask(prometheus, Wanted(at=history.end))


@pytest.mark.parametrize("seconds", [60, 120, 180, 300])
def test_scrapes_that_are_slower_than_told_count_every_event(
    seconds: int, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """An outage among them, whose errors rate() alone would guess a tenth too high, or not see."""
    history, answer = _untold(prometheus, seconds, rules_for(specs.events()))
    (status,) = answer.statuses
    truth = history.count(history.start, history.end)
    assert status.valid_events is not None
    assert status.error_events is not None
    valid, errors = (
        float(status.valid_events) / truth.valid - 1,
        float(status.error_events) / truth.errors - 1,
    )
    figure(f"scraped every {seconds} s, untold: events {valid:+.3%}, errors {errors:+.3%} off")
    assert abs(valid) < EXACTLY
    assert abs(errors) < EXACTLY
    hours = 12 * 24 - 2  # the first, in which nobody knew yet, and the last, which is not settled
    assert status.coverage is not None
    assert float(status.coverage) >= hours / (30 * 24)
    (warning,) = [one for one in answer.warnings if "scraped" in one]
    assert warning.endswith(f"compile them with --scrape-interval {REMEDY[seconds]}")


def test_scrapes_too_seldom_for_any_count_are_a_doubt(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    _, answer = _untold(
        prometheus, 600, rules_for(specs.events()), shape=replace(UNTOLD, error_ratio=0, outages=())
    )
    (status,) = answer.statuses
    figure(f"scraped every 600 s, untold: {status.reasons[0]}")
    assert status.verdict is Verdict.NO_DATA
    assert any(reason.endswith("compile them with --scrape-interval 10m") for reason in status.reasons)


def test_pods_that_end_between_slow_scrapes_lose_no_more_than_the_last_of_them(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Once a minute, untold, with each pod replaced every six hours."""
    shape = replace(UNTOLD, replace_every=6 * HOUR, outages=(), error_ratio=0.002)
    history, answer = _untold(prometheus, 60, rules_for(specs.events()), shape=shape)
    (status,) = answer.statuses
    truth = history.count(history.start, history.end)
    assert status.valid_events is not None
    lost = 1 - float(status.valid_events) / truth.valid
    figure(f"scraped every 60 s, untold, pods replaced every 6 h: {lost:.3%} of the events lost")
    assert abs(lost) < 60 / (6 * HOUR)


def test_a_probe_counts_its_samples_however_seldom(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    shape = replace(UNTOLD, one_event_per_scrape=True, error_ratio=0.01, night_share=1, weekend_share=1)
    history, answer = _untold(prometheus, 300, rules_for(specs.probe()), probe, shape)
    (status,) = answer.statuses
    truth = history.count(history.start, history.end)
    assert status.valid_events is not None
    assert float(status.valid_events) == pytest.approx(truth.valid, rel=EXACTLY)
    assert float(status.error_ratio or 0) == pytest.approx(truth.error_ratio, rel=EXACTLY)
    assert [one for one in answer.warnings if "--scrape-interval 5m" in one]


def test_scrapes_as_told_are_no_warning(world: World) -> None:
    with Prometheus(Connection(world.address)) as prometheus:
        answer = ask(prometheus, Wanted(at=world.history.end))
    assert [one for one in answer.warnings if "scraped" in one] == []
