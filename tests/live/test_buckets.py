"""Pods without a bucket at the threshold: what they count is neither good nor an error, and that is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from deploy.live.api import query_range, value
from deploy.live.remote_write import Series, write
from deploy.live.replay import Plan, Span, replay
from deploy.live.rules import Rule, needed_for
from slo_toolkit.duration import Duration
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.spec import LoadOptions, Source, load
from slo_toolkit.status.model import Answer, Verdict
from slo_toolkit.status.survey import Wanted, ask

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import History, gone, histogram, without

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

MINUTE = 60
PERIOD = 7 * DAY
DAYS = 8
RATIO, COVERAGE, UNKNOWN = "slo:sli_error:ratio_rate1w", "slo:coverage:ratio1w", "slo:unknown_events:count1w"
MISSED = "slo:error_events:missed1h"
TOLERANCE = 0.001
SETTLED = 75 * MINUTE
LAST = DAYS * DAY - 5 * MINUTE

PODS = 6
CHANGE = 3 * DAY + 10 * HOUR + 137
EVERY = 5 * MINUTE  # between two pods of a rolling change
STEADY = Shape(days=DAYS, instances=1, events_per_second=5, error_ratio=0.0003, night_share=0.3)
AMID = Outage(CHANGE - 20 * MINUTE, 90 * MINUTE, 0.5)


@dataclass(frozen=True)
class Pod:
    """One pod, and when its histogram has no bucket at the threshold."""

    history: History
    lacks: Span | None = None

    @property
    def series(self) -> Iterator[Series]:
        for one in self.history.series:
            if self.lacks is None:
                yield one
                continue
            started = restarted(one, [self.history.at(at) for at in (self.lacks.start, self.lacks.end)])
            spans = [self.lacks] if dict(one.labels).get("le") == "0.5" else []
            yield from gone([started], spans, self.history.start)

    def known(self, start: float, end: float) -> list[tuple[float, float]]:
        """When within the two times it had the bucket all the time, in whole five minutes."""
        if self.lacks is None:
            return [(start, end)]
        lost, got = (self.history.at(at) for at in (self.lacks.start, self.lacks.end))
        before = (start, min(end, lost // 300 * 300))
        behind = (max(start, math.ceil(got / 300) * 300), end)
        return [(low, high) for low, high in (before, behind) if low < high]


def restarted(series: Series, moments: Sequence[float]) -> Series:
    """A counter that begins at 0 again at these Unix times."""
    found, base, last, left = Series(series.labels), 0.0, 0.0, sorted(moments)
    for time, total in zip(series.times_ms, series.values, strict=True):
        while left and left[0] * 1000 <= time:
            base, left = last, left[1:]
        found.add(time, None if total is None else total - base)
        last = last if total is None else total
    return found


def pod(name: int, shape: Shape = STEADY, lacks: Span | None = None) -> Pod:
    return Pod(histogram(replace(shape, seed=name), "0.5", labels={"pod": f"p{name}"}), lacks)


def rolling(shape: Shape = STEADY, change: float = CHANGE) -> list[Pod]:
    """All pods get the bucket one after the other, under the labels that they had before."""
    return [pod(name, shape, Span(-1, change + name * EVERY)) for name in range(PODS)]


def replaced(shape: Shape = STEADY, change: float = CHANGE) -> list[Pod]:
    """All pods give way to others that have the bucket."""
    end = shape.days * DAY
    pods = []
    for name in range(PODS):
        moment = change + name * EVERY
        before = replace(shape, absences=(Span(moment, end),))
        pods.append(pod(name, before, Span(-1, end)))
        pods.append(pod(name + PODS, replace(shape, absences=(Span(-1, moment),))))
    return pods


def _replayed(
    address: str,
    rules: Sequence[Rule],
    pods: Sequence[Pod],
    downtime: tuple[Span, ...] = (),
    recorded: tuple[str, ...] = (RATIO, COVERAGE, UNKNOWN),
) -> History:
    history = pods[0].history
    for each in pods:
        write(address, without(each.series, downtime, history.start))
    away = tuple(Span(history.at(span.start), history.at(span.end)) for span in downtime)
    replay(address, needed_for(rules, *recorded), Plan(history.start, history.end, downtime=away))
    return history


def _truth(pods: Iterable[Pod], at: float) -> tuple[float, int]:
    """The error ratio of the events that are known, and the number of those that are not."""
    errors = valid = every = 0
    for each in pods:
        every += each.history.count(at - PERIOD, at).valid
        for start, end in each.known(at - PERIOD, at):
            count = each.history.count(start, end)
            errors, valid = errors + count.errors, valid + count.valid
    return errors / valid, every - valid


def _raw(address: str, at: float) -> Answer:
    loaded = load(
        [Source("spec.yaml", specs.latency("500ms").encode())], LoadOptions(period=Duration.parse("7d"))
    )
    with Prometheus(Connection(address)) as prometheus:
        return ask(prometheus, Wanted(at=at, specs=loaded.slos, raw=True))


def _expect_truth(
    address: str, pods: Sequence[Pod], moments: Iterable[float], tolerance: float = TOLERANCE
) -> float:
    worst = 0.0
    for moment in moments:
        mark = pods[0].history.at(moment) // 300 * 300
        at = mark + 299  # by when everything up to the mark is recorded
        ratio, unknown = _truth(pods, mark)
        recorded, told = value(address, RATIO, at), value(address, UNKNOWN, at)
        assert recorded is not None
        worst = max(worst, abs(recorded / ratio - 1))
        if unknown:
            # The sum over the period is an hour old.
            assert told == pytest.approx(unknown, rel=0.005, abs=5 * HOUR * PODS)
        else:
            assert not told
    assert worst < tolerance
    return worst


DAY_WITHOUT = Span(CHANGE, CHANGE + DAY)


def _one_without(rest: Shape) -> list[Pod]:
    return [pod(0, rest, DAY_WITHOUT), *(pod(name, rest) for name in range(1, PODS))]


def test_a_pod_without_the_bucket_for_a_day_is_not_counted(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Half of the second outage is before it has the bucket again."""
    outages = (Outage(CHANGE + 4 * HOUR, HOUR, 0.5), Outage(CHANGE + DAY - 1800, HOUR, 0.5))
    pods = _one_without(replace(STEADY, outages=outages))
    history = _replayed(prometheus, rules_for(specs.latency("500ms"), "--period", "7d"), pods)
    moments = [DAY_WITHOUT.start + SETTLED, DAY_WITHOUT.end + SETTLED, DAY_WITHOUT.end + 2 * DAY, LAST]
    worst = _expect_truth(prometheus, pods, moments)
    figure(f"7d error ratio, one of six pods without the bucket for a day: {worst:.4%} off")
    assert value(prometheus, COVERAGE, history.end) == pytest.approx(1, abs=0.001)


def test_what_the_others_counted_while_prometheus_was_away_is_counted_afterwards(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    gap = Span(CHANGE + 9 * HOUR, CHANGE + 12 * HOUR)
    pods = _one_without(replace(STEADY, outages=(Outage(gap.start + HOUR, HOUR, 0.5),)))
    history = _replayed(prometheus, rules_for(specs.latency("500ms"), "--period", "7d"), pods, (gap,))
    ratio, _ = _truth(pods, history.end)
    recorded = value(prometheus, RATIO, history.end)
    assert recorded is not None
    figure(f"the same, and Prometheus away for 3 hours of it: {abs(recorded / ratio - 1):.4%} off")
    assert recorded == pytest.approx(ratio, rel=TOLERANCE)
    assert value(prometheus, COVERAGE, history.end) == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize(("begins", "ends", "told"), [(2, 4, True), (3, 6, False)])
def test_soon_after_a_change_of_buckets_a_gap_is_counted_and_called_measured_or_neither(
    begins: int, ends: int, told: bool, prometheus: str, rules_for: RulesFor
) -> None:
    """Counters are asked for five hours; in some of those one of them got or lost the bucket."""
    change = 10 * HOUR + 137
    gap = Span(change + begins * HOUR, change + ends * HOUR)
    rest = replace(STEADY, days=2)
    pods = [pod(0, rest, Span(change, change + DAY)), *(pod(name, rest) for name in range(1, PODS))]
    missed, bridged = "slo:valid_events:missed1h", "slo:measured:bridged1h"
    history = _replayed(
        prometheus, rules_for(specs.latency("500ms"), "--period", "7d"), pods, (gap,), (missed, bridged)
    )
    events, slots = sum(_values(prometheus, missed, history)), sum(_values(prometheus, bridged, history))
    if told:
        within = (history.at(gap.start), history.at(gap.end))
        rose = sum(each.history.count(*within).valid for each in pods[1:])
        assert events == pytest.approx(rose, rel=0.05)
        assert slots == pytest.approx((ends - begins) * 12, abs=1)
    else:
        assert abs(events) < 1000
        assert slots == 0


@pytest.mark.parametrize(("change", "tolerance"), [(rolling, TOLERANCE), (replaced, 0.01)])
def test_a_rolling_change_to_buckets_with_the_threshold_amid_an_outage(
    change: Callable[[Shape], list[Pod]],
    tolerance: float,
    prometheus: str,
    rules_for: RulesFor,
    figure: Figure,
) -> None:
    """Of a new pod the first scrape is no increase, which is half a minute of its part in the outage."""
    pods = change(replace(STEADY, outages=(AMID,)))
    history = _replayed(prometheus, rules_for(specs.latency("500ms"), "--period", "7d"), pods)
    done = CHANGE + PODS * EVERY
    moments = [done + SETTLED, done + 7 * HOUR, done + 3 * DAY, LAST]
    worst = _expect_truth(prometheus, pods, moments, tolerance)
    figure(f"7d error ratio, {change.__name__} pods with other buckets: {worst:.4%} off")
    # The hour of the change is not called measured, and the sum may be an hour old.
    coverage = value(prometheus, COVERAGE, history.end)
    assert coverage == pytest.approx((DAYS * DAY - CHANGE) / PERIOD, abs=2.5 * HOUR / PERIOD)


@pytest.mark.parametrize("change", [rolling, replaced])
def test_a_rolling_change_without_an_outage_is_no_error_in_any_window(
    change: Callable[[Shape, float], list[Pod]], prometheus: str, rules_for: RulesFor
) -> None:
    """Nor is the way back, as of a deploy that is taken back after ten minutes."""
    moment = 10 * HOUR + 137
    pods = change(replace(STEADY, days=2), moment)
    if change is rolling:
        back = Span(moment + 20 * HOUR, moment + 20 * HOUR + 10 * MINUTE)
        pods[0] = replace(pods[0], lacks=back)
    windows = [f"slo:sli_error:ratio_rate{window}" for window in ("5m", "30m", "1h", "6h")]
    rules = rules_for(specs.latency("500ms"), "--period", "7d")
    history = _replayed(prometheus, rules, pods, recorded=(*windows, MISSED))
    for ratio in windows:
        assert 0 < max(_values(prometheus, ratio, history)) < 0.01
    corrections = _values(prometheus, MISSED, history)
    assert corrections
    assert max(abs(errors) for errors in corrections) < 10


def test_rules_that_are_loaded_soon_after_a_change_read_no_errors_from_before(
    prometheus: str, rules_for: RulesFor
) -> None:
    """The counters of the hour in which they are loaded tell of the time before, too."""
    moment = 10 * HOUR + 137
    pods = rolling(replace(STEADY, days=1), moment)
    for each in pods:
        write(prometheus, each.series)
    history = pods[0].history
    loaded = Plan(history.at(moment + 40 * MINUTE), history.end)
    replay(prometheus, needed_for(rules_for(specs.latency("500ms"), "--period", "7d"), MISSED), loaded)
    corrections = _values(prometheus, MISSED, history)
    assert corrections
    assert max(abs(errors) for errors in corrections) < 10


def _values(address: str, metric: str, history: History) -> list[float]:
    rows = query_range(address, metric, history.at(HOUR), history.end, 300)
    return [float(told) for _, points in rows for _, told in points]


def test_raw_queries_refuse_a_period_in_which_series_got_the_bucket(prometheus: str) -> None:
    pods = rolling()
    for each in pods:
        write(prometheus, each.series)
    (status,) = _raw(prometheus, pods[0].history.end).statuses
    assert status.verdict is Verdict.NO_DATA
    assert status.reasons[0].startswith(
        "6 of its series had a bucket at the threshold for a part of the period"
    )


def test_raw_queries_tell_what_pods_without_the_bucket_counted(prometheus: str) -> None:
    pods = replaced()
    for each in pods:
        write(prometheus, each.series)
    at = pods[0].history.end
    (status,) = _raw(prometheus, at).statuses
    ratio, unknown = _truth(pods, at)
    assert status.error_ratio is not None
    assert float(status.error_ratio) == pytest.approx(ratio, rel=0.005)
    assert status.verdict is Verdict.NO_DATA
    share = 100 * unknown / (unknown + float(status.valid_events or 0))
    assert status.reasons[0].startswith(f"{share:.2g} % of the events are of series without a bucket")
