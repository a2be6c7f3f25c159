"""What happened while nobody looked is in the counters, and so in the budget once they are seen again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from deploy.live.api import value
from deploy.live.remote_write import write
from deploy.live.replay import Phase, Plan, Span, aligned, replay, spread
from deploy.live.rules import Rule, needed_for

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import History, counters, histogram, without

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

MINUTE = 60
PERIOD = 30 * DAY
RATIO, COVERAGE = "slo:sli_error:ratio_rate30d", "slo:coverage:ratio30d"
TOLERANCE = 0.001
RECOVERED_AFTER = 75 * MINUTE  # an hour at most until counters are asked, and two evaluations
LATER = (0, HOUR, 5 * HOUR, 7 * HOUR, DAY, 9 * DAY)

BEGAN = 20 * DAY + 10 * HOUR + 137
STEADY = Shape(error_ratio=0.0003, night_share=0.3)


@dataclass(frozen=True)
class Gap:
    """Pods that nobody scraped, some of six or all of them, or a Prometheus that was away."""

    minutes: int
    outage: Outage
    blind_pods: int = 0

    @property
    def span(self) -> Span:
        return Span(BEGAN, BEGAN + self.minutes * MINUTE)

    @property
    def downtime(self) -> tuple[Span, ...]:
        return () if self.blind_pods else (self.span,)

    def histories(self, expose: Callable[..., History] = counters) -> list[History]:
        """Of the pods with a gap of their own, and of the others."""
        blind = self.blind_pods
        shape = replace(STEADY, outages=(self.outage,))
        if not blind:
            return [expose(shape)]
        pools = [(blind, (self.span,), "blind"), (6 - blind, (), "seen")]
        return [
            expose(
                replace(shape, instances=pods, events_per_second=5 * pods, blind_spots=spots),
                labels={"pool": pool},
            )
            for pods, spots, pool in pools
            if pods
        ]


AMID = Outage(BEGAN - 10 * MINUTE, 40 * MINUTE, 0.5)
GAPS = {
    "two of six pods unscraped for 20 minutes": Gap(20, AMID, blind_pods=2),
    "all pods unscraped for 20 minutes amid an outage": Gap(20, AMID, blind_pods=6),
    "two of six pods unscraped for two and a half hours": Gap(
        150, Outage(BEGAN, 2 * HOUR, 0.5), blind_pods=2
    ),
    "Prometheus away for 20 minutes of outage": Gap(20, Outage(BEGAN, 20 * MINUTE)),
    "Prometheus away for 3 hours, one of them an outage": Gap(180, Outage(BEGAN + HOUR, HOUR)),
    "Prometheus away for 4 hours": Gap(239, Outage(BEGAN + HOUR, 30 * MINUTE)),
}


def _replayed(
    address: str, rules: Sequence[Rule], gap: Gap, histories: Sequence[History], phase: Phase
) -> None:
    start, end = histories[0].start, histories[0].end
    for history in histories:
        write(address, without(history.series, gap.downtime, start))
    downtime = tuple(Span(start + span.start, start + span.end) for span in gap.downtime)
    replay(address, needed_for(rules, RATIO, COVERAGE), Plan(start, end, phase=phase, downtime=downtime))


def _truth(histories: Sequence[History], at: float) -> float:
    counts = [history.count(at - PERIOD, at) for history in histories]
    return sum(count.errors for count in counts) / sum(count.valid for count in counts)


def _worst_error(address: str, gap: Gap, histories: Sequence[History]) -> float:
    worst = 0.0
    for later in LATER:
        at = histories[0].at(gap.span.end + RECOVERED_AFTER + later)
        recorded = value(address, RATIO, at)
        assert recorded is not None
        worst = max(worst, abs(recorded / _truth(histories, at) - 1))
    return worst


@pytest.mark.parametrize("name", GAPS, ids=lambda name: name.replace(" ", "-"))
def test_what_happened_in_a_gap_is_counted_within_an_hour(
    name: str, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    gap = GAPS[name]
    histories = gap.histories()
    _replayed(prometheus, rules_for(specs.events()), gap, histories, spread)
    error = _worst_error(prometheus, gap, histories)
    figure(f"30d error ratio, {name}: {error:.4%} off")
    assert error < TOLERANCE
    assert value(prometheus, COVERAGE, histories[0].end) == pytest.approx(1, abs=0.0005)


@pytest.mark.parametrize(
    ("spec", "expose", "phase"),
    [
        (specs.availability(), counters, aligned),
        (specs.good_query(), counters, spread),
        (specs.latency("1s"), lambda shape, **kw: histogram(shape, "1", **kw), spread),
    ],
    ids=["availability", "good_query", "latency"],
)
def test_every_way_to_count_recovers(
    spec: str, expose: Callable[..., History], phase: Phase, prometheus: str, rules_for: RulesFor
) -> None:
    gap = GAPS["Prometheus away for 3 hours, one of them an outage"]
    histories = gap.histories(expose)
    _replayed(prometheus, rules_for(spec), gap, histories, phase)
    assert _worst_error(prometheus, gap, histories) < TOLERANCE


def test_what_no_counter_bridges_is_not_called_measured(prometheus: str, rules_for: RulesFor) -> None:
    """A gap longer than the counters are asked for."""
    gap = Gap(6 * 60, Outage(BEGAN + HOUR, HOUR))
    histories = gap.histories()
    _replayed(prometheus, rules_for(specs.events()), gap, histories, spread)
    coverage = value(prometheus, COVERAGE, histories[0].end)
    assert coverage == pytest.approx(1 - 6 * HOUR / PERIOD, abs=0.0005)
