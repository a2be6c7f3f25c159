"""`slo budget` tells the counted truth, from recorded series and from raw queries alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal

import pytest

from deploy.live.api import query_range
from deploy.live.remote_write import write
from deploy.live.replay import Plan, Span, replay
from deploy.live.rules import Rule
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.slo import Slo
from slo_toolkit.spec import LoadOptions, Source, load
from slo_toolkit.status.model import BudgetStatus, Origin
from slo_toolkit.status.periods import parse_period
from slo_toolkit.status.stories import read_stories
from slo_toolkit.status.survey import Wanted, ask

from .events import DAY, HOUR, Outage, Shape
from .history import History, counters
from .prometheus import running_prometheus
from .victoria import replay_by_vmalert, running_victoria_metrics

TOLERANCE = 0.001
ERROR_BUDGET = 0.01

# Outages by night and by day, one of them just over; silence, and targets that are gone.
# Without errors in between no figure depends on which side of a border a single scrape falls. The first one is long,
# since rate() does not extrapolate below zero and so sees a little less of the first minutes of an error counter.
OUTAGES = (
    Outage(1.3 * DAY, 6 * HOUR, error_ratio=0.3),
    Outage(3.6 * DAY, 6 * HOUR, error_ratio=0.3),
    Outage(6.6 * DAY, 20 * 60),
    Outage(9 * DAY + 20.6 * HOUR, 30 * 60, error_ratio=0.5),
    Outage(9.99 * DAY - 35 * 60, 15 * 60, error_ratio=0.2),
)
SHAPE = Shape(
    days=10,
    night_share=0.2,
    outages=OUTAGES,
    silences=(Span(5 * DAY, 5 * DAY + 5 * HOUR),),
    absences=(Span(3.2 * DAY, 3.2 * DAY + 3 * HOUR),),
)
MOMENTS = (10 * DAY, 9.5 * DAY + 130, 8 * DAY + 3700)
PERIODS = (None, "3d", "calendar:month")

SPEC = """\
version: slo-toolkit/v1
service: {service}
slos:
  - name: requests
    objective: 99
    period: 7d
    sli:
      availability:
        metric: http_requests_total
        filter: job="web"
        errors: code=~"5.."
    alerting:
      name: Requests
"""


def _slos(service: str) -> tuple[Slo, ...]:
    loaded = load([Source("spec.yaml", SPEC.format(service=service).encode())], LoadOptions())
    assert [problem.rule for problem in loaded.problems] == ["lasting-budget"]
    return loaded.slos


@dataclass(frozen=True)
class World:
    """A Prometheus that recorded the service `shop`, and has only the source series of the same service `bare`."""

    address: str
    history: History
    hour_tolerance: float = TOLERANCE

    def status(
        self, service: str, at: float, period: str | None = None, *, raw: bool = False
    ) -> BudgetStatus:
        asked_period = parse_period(period, UTC) if period else None
        wanted = Wanted(at=at, specs=_slos(service), raw=raw, period=asked_period)
        with Prometheus(Connection(self.address)) as prometheus:
            (status,) = ask(prometheus, wanted).statuses
        return status


@pytest.fixture(scope="module", params=["Prometheus", "VictoriaMetrics"])
def world(request: pytest.FixtureRequest, rules_for: Callable[..., list[Rule]]) -> Iterator[World]:
    history = counters(SHAPE)
    rules = [rule for rule in rules_for(SPEC.format(service="shop")) if not rule.alert]
    if request.param == "Prometheus":
        with running_prometheus() as address:
            write(address, history.series)
            replay(address, rules, Plan(history.start, history.end))
            yield World(address, history)
    else:
        with running_victoria_metrics() as address:
            write(address, history.series)
            replay_by_vmalert(address, rules, history.start, history.end)
            # Its rate() reaches back to the sample before the range: 30 s more for an hour.
            yield World(address, history, hour_tolerance=0.01)


def _close(figure: Decimal | None, truth: float, tolerance: float = TOLERANCE) -> bool:
    return figure is not None and float(figure) == pytest.approx(truth, rel=tolerance, abs=1e-12)


def test_a_recorded_slo_can_be_asked_raw_and_says_the_same(world: World) -> None:
    at = world.history.at(MOMENTS[0])
    recorded, raw = world.status("shop", at), world.status("shop", at, raw=True)
    assert (recorded.origin, raw.origin) == (Origin.RECORDED, Origin.RAW)
    assert raw.error_ratio is not None
    assert _close(recorded.error_ratio, float(raw.error_ratio), 2 * TOLERANCE)


@pytest.mark.parametrize("service", ["shop", "bare"])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("period", PERIODS)
def test_the_period_is_the_counted_one(world: World, service: str, moment: float, period: str | None) -> None:
    at = world.history.at(moment)
    status = world.status(service, at, period)
    truth = world.history.count(status.span.start, at)
    assert status.origin is (Origin.RECORDED if service == "shop" else Origin.RAW)
    assert _close(status.valid_events, truth.valid)
    assert _close(status.error_events, truth.errors)
    assert _close(status.error_ratio, truth.error_ratio)
    spent = truth.error_ratio / ERROR_BUDGET * float(status.span.share_elapsed)
    assert status.budget_remaining is not None
    assert _close(1 - status.budget_remaining, spent)


@pytest.mark.parametrize("service", ["shop", "bare"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_what_was_spent_lately_is_counted_too(world: World, service: str, moment: float) -> None:
    at = world.history.at(moment)
    status = world.status(service, at)
    allowed = world.history.count(status.span.start, at).valid * ERROR_BUDGET
    for window, spent in status.spent_in.items():
        tolerance = world.hour_tolerance if window.seconds < DAY else TOLERANCE
        assert _close(spent, world.history.count(at - window.seconds, at).errors / allowed, tolerance), window
    for window, burn_rate in status.burn_rates.items():
        truth = world.history.count(at - window.seconds, at).error_ratio / ERROR_BUDGET
        tolerance = max(0.005, world.hour_tolerance) if window.seconds < DAY else TOLERANCE
        assert _close(burn_rate, truth, tolerance), window


def test_a_rule_is_one_series_over_any_range(world: World, rules_for: Callable[..., list[Rule]]) -> None:
    """What backfills rules with range queries, such as vmalert, refuses two parts of one series."""
    start, end = world.history.start, world.history.end
    for rule in rules_for(SPEC.format(service="shop")):
        if not rule.alert:
            rows = query_range(world.address, rule.expr, start, end, 3600)
            assert len({frozenset(_without_name(labels).items()) for labels, _ in rows}) <= 1, rule.name


def _without_name(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in labels.items() if name != "__name__"}


@pytest.mark.parametrize("service", ["shop", "bare"])
def test_the_coverage_leaves_out_what_nobody_measured(world: World, service: str) -> None:
    """Three hours without targets in seven days; silence is measured."""
    status = world.status(service, world.history.end)
    assert status.coverage is not None
    assert float(status.coverage) == pytest.approx(1 - 3 / (7 * 24), abs=0.001)


def test_recorded_and_raw_have_the_same_verdict(world: World) -> None:
    for moment in MOMENTS:
        recorded, raw = (world.status(service, world.history.at(moment)) for service in ("shop", "bare"))
        assert recorded.verdict is raw.verdict


@pytest.mark.parametrize("service", ["shop", "bare"])
def test_the_episodes_are_the_outages(world: World, service: str) -> None:
    """Each of the last seven days, to five minutes and a scrape, and what it cost of the budget."""
    status = world.status(service, world.history.end)
    with Prometheus(Connection(world.address)) as prometheus:
        (story,) = read_stories(prometheus, [status], _slos(service)).values()
    expected = [outage for outage in OUTAGES if world.history.at(outage.start) > status.span.start]
    assert len(story.episodes) == len(expected) == 4
    allowed = world.history.count(status.span.start, status.span.at).valid * ERROR_BUDGET
    for episode, outage in zip(story.episodes, expected, strict=True):
        start, end = (world.history.at(at) for at in (outage.start, outage.start + outage.seconds))
        assert episode.start == pytest.approx(start, abs=330)
        assert episode.end == pytest.approx(end, abs=330)
        truth = world.history.count(start - 60, end + 60).errors / allowed
        assert episode.budget_share == pytest.approx(truth, rel=0.1)
        assert episode.peak_burn_rate == pytest.approx(outage.error_ratio / ERROR_BUDGET, rel=0.1)


@pytest.mark.parametrize("service", ["shop", "bare"])
def test_times_of_episodes_are_whole_five_minutes(world: World, service: str) -> None:
    """At a moment that is none."""
    status = world.status(service, world.history.at(9.99 * DAY + 137))
    with Prometheus(Connection(world.address)) as prometheus:
        (story,) = read_stories(prometheus, [status], _slos(service)).values()
    times = [time for episode in story.episodes for time in (episode.start, episode.end)]
    assert times
    assert [time for time in times if time % 300] == []


def test_before_anything_was_recorded_nothing_is_met(world: World) -> None:
    status = world.status("bare", world.history.start - DAY)
    assert (status.verdict, status.error_ratio) == ("no_data", None)
