"""The error ratio of the period is the counted one, whatever the history looked like."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from deploy.live.api import query_range, value
from deploy.live.remote_write import write
from deploy.live.replay import Phase, Plan, Span, aligned, replay, spread
from deploy.live.rules import Rule, needed_for

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import History, counters, histogram, probe, without

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

PERIOD = 30 * DAY
RATIO = "slo:sli_error:ratio_rate30d"
REMAINING = "slo:period_error_budget_remaining:ratio"
COUNTS = ("slo:error_events:count30d", "slo:valid_events:count30d")
TOLERANCE = 0.001
# A quiet time is one at which the period neither begins nor ends amid errors: the recorded rates
# look back five minutes and are counted every five, so an edge is sharp to about a quarter of an hour.
EDGE = 15 * 60
QUIET_SHARE = 0.0005
QUIET_TIMES = 5

NIGHT_OUTAGES = tuple(Outage(day * DAY + 1.5 * HOUR + day * 7, 40 * 60) for day in (2, 6, 11, 16, 21, 27))
SILENCES = (Span(9 * DAY + 2 * HOUR, 9 * DAY + 4 * HOUR), Span(23 * DAY, 23 * DAY + 9 * HOUR))
ABSENCES = (Span(5 * DAY + 4 * HOUR + 13, 5 * DAY + 7 * HOUR), Span(18 * DAY, 18 * DAY + 26 * HOUR))

BASE = Shape(error_ratio=0.002, outages=NIGHT_OUTAGES)
# Without errors in between, and with the first of them long after the series of the successes began.
LATE = Shape(outages=tuple(Outage(day * DAY + 19, 90 * 60) for day in (16, 21, 27)), seed=4)
ALL_TOGETHER = replace(
    BASE,
    error_ratio=0.005,
    night_share=0.03,
    weekend_share=0.4,
    silences=SILENCES,
    absences=ABSENCES,
    restart_every=1.3 * DAY,
    replace_every=5 * DAY,
)

# Each feature: the shape, and whether the error series is absent before its first error or starts at zero.
FEATURES = {
    "constant background errors": (Shape(error_ratio=0.002), False),
    "day and night with outages at night": (replace(BASE, night_share=0.03), False),
    "a weekly rhythm": (replace(BASE, night_share=0.1, weekend_share=0.2), False),
    "silent hours": (replace(BASE, silences=SILENCES), False),
    "hours without telemetry": (replace(BASE, absences=ABSENCES), False),
    "counter resets": (replace(BASE, restart_every=7 * HOUR), False),
    "instances that come and go": (replace(BASE, replace_every=DAY), False),
    "an error series that appears late": (LATE, True),
    "an error series that starts at zero": (LATE, False),
    "one event every ten minutes": (Shape(events_per_second=1 / 600, error_ratio=0.1, seed=8), False),
    "everything together": (ALL_TOGETHER, False),
    "everything together, late error series": (ALL_TOGETHER, True),
}


@pytest.fixture(params=FEATURES, ids=lambda name: name.replace(" ", "-"))
def feature(request: pytest.FixtureRequest) -> tuple[str, History]:
    shape, late_errors = FEATURES[request.param]
    return request.param, counters(shape, late_errors=late_errors)


def _replay_period(address: str, rules: Sequence[Rule], history: History) -> None:
    write(address, history.series)
    replay(address, needed_for(rules, RATIO, REMAINING), Plan(history.start, history.end))


def _truth(history: History, at: float) -> float:
    return history.count(at - PERIOD, at).error_ratio


def _quiet_times(history: History) -> list[float]:
    """Some moments of the last day, by day and by night, on the five-minute grid and off it."""
    total = history.count(history.end - PERIOD, history.end).errors
    candidates = [history.end - step * 61 * 60 - step % 3 * 77 for step in range(24)]
    quiet = [
        at
        for at in candidates
        if max(history.count(edge - EDGE, edge + EDGE / 3).errors for edge in (at, at - PERIOD))
        <= QUIET_SHARE * total
    ]
    assert len(quiet) >= QUIET_TIMES
    return quiet[:: len(quiet) // QUIET_TIMES]


def _worst_error(address: str, history: History, selector: str = "") -> float:
    """The largest relative error at the quiet times; the remaining budget has to follow from each ratio."""
    worst = 0.0
    for at in _quiet_times(history):
        recorded = value(address, RATIO + selector, at)
        assert recorded is not None, f"no period ratio {history.end - at} s before the end"
        remaining = value(address, REMAINING + selector, at)
        assert remaining == pytest.approx(1 - recorded / specs.ERROR_BUDGET, abs=1e-6)
        worst = max(worst, abs(recorded / _truth(history, at) - 1))
    return worst


def _assert_never_nan(address: str, history: History) -> None:
    rows = query_range(address, RATIO, history.end - 25 * DAY, history.end, 300)
    assert rows
    assert not [sample for _, samples in rows for _, sample in samples if math.isnan(float(sample))]


def test_period_ratio_is_the_counted_one(
    feature: tuple[str, History], prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Within 0.1 % of the truth at every quiet time, and never NaN."""
    name, history = feature
    _replay_period(prometheus, rules_for(specs.events()), history)
    error = _worst_error(prometheus, history)
    figure(f"30d error ratio, {name}: {error:.4%} off the counted {_truth(history, history.end):.6f}")
    _assert_never_nan(prometheus, history)
    assert error < TOLERANCE


@pytest.mark.parametrize("phase", [spread, aligned])
def test_events_of_the_period_are_those_counted(
    phase: Phase, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Not only the ratio: the budget can be told in events, wherever the groups are evaluated."""
    history = counters(replace(BASE, night_share=0.03))
    write(prometheus, history.series)
    rules = needed_for(rules_for(specs.events()), *COUNTS)
    replay(prometheus, rules, Plan(history.start, history.end, phase=phase))
    at = _quiet_times(history)[0]
    counted = history.count(at - PERIOD, at)
    for metric, truth in zip(COUNTS, (counted.errors, counted.valid), strict=True):
        recorded = value(prometheus, metric, at)
        assert recorded is not None
        figure(f"{metric}, groups {phase.__name__}: {recorded / truth - 1:+.4%} off the counted {truth}")
        assert recorded == pytest.approx(truth, rel=TOLERANCE)


@pytest.mark.parametrize(
    ("name", "spec"),
    [("availability", specs.availability()), ("good_query", specs.good_query())],
    ids=["availability", "good_query"],
)
def test_every_way_to_count_requests_gives_the_same_truth(
    name: str, spec: str, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    history = counters(ALL_TOGETHER)
    _replay_period(prometheus, rules_for(spec), history)
    error = _worst_error(prometheus, history)
    figure(f"30d error ratio, {name}: {error:.4%} off")
    _assert_never_nan(prometheus, history)
    assert error < TOLERANCE


@pytest.mark.parametrize("told", [True, False], ids=["told", "not-told"])
@pytest.mark.parametrize("seconds", [15, 60])
def test_other_scrape_intervals_give_the_same_truth(
    seconds: int, told: bool, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Whether or not the spec says how often the metrics are scraped."""
    history = counters(replace(BASE, night_share=0.03, scrape_interval=seconds))
    _replay_period(
        prometheus, rules_for(specs.scraped_every(f"{seconds}s") if told else specs.events()), history
    )
    error = _worst_error(prometheus, history)
    figure(f"30d error ratio, scraped every {seconds} s, {'told' if told else 'not told'}: {error:.4%} off")
    assert error < TOLERANCE


@pytest.mark.parametrize("spelling", ["1", "1.0"])
def test_latency_counts_the_slow_however_the_bucket_is_spelled(
    spelling: str, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    history = histogram(ALL_TOGETHER, spelling)
    _replay_period(prometheus, rules_for(specs.latency("1s")), history)
    error = _worst_error(prometheus, history)
    figure(f'30d error ratio, latency with le="{spelling}": {error:.4%} off')
    _assert_never_nan(prometheus, history)
    assert error < TOLERANCE


def test_latency_without_the_bucket_is_no_data(prometheus: str, rules_for: RulesFor) -> None:
    """A missing bucket is a mistake in the spec; it must not look like "nothing was slow"."""
    history = histogram(Shape(days=0.25), "0.9")
    write(prometheus, history.series)
    rules = needed_for(rules_for(specs.latency("1s")), "slo:sli_error:ratio_rate5m")
    replay(prometheus, rules, Plan(history.start, history.end))
    assert value(prometheus, "slo:sli_error:ratio_rate5m", history.end) is None


def test_probe_counts_failed_scrapes(prometheus: str, rules_for: RulesFor, figure: Figure) -> None:
    shape = replace(
        BASE, one_event_per_scrape=True, error_ratio=0.02, absences=ABSENCES, replace_every=9 * DAY
    )
    history = probe(shape)
    _replay_period(prometheus, rules_for(specs.probe()), history)
    error = _worst_error(prometheus, history)
    figure(f"30d error ratio, probe: {error:.4%} off")
    _assert_never_nan(prometheus, history)
    assert error < TOLERANCE


def test_each_group_has_its_own_truth(prometheus: str, rules_for: RulesFor, figure: Figure) -> None:
    """Grouped by route: a small route with many errors and a large one with few do not mix."""
    histories = {
        "search": counters(
            replace(ALL_TOGETHER, instances=3, error_ratio=0.0005), labels={"route": "search"}
        ),
        "upload": counters(
            Shape(instances=2, events_per_second=0.5, error_ratio=0.03, night_share=0.1),
            labels={"route": "upload"},
        ),
    }
    rules = needed_for(rules_for(specs.availability(group_by="route")), RATIO, REMAINING)
    for history in histories.values():
        write(prometheus, history.series)
    replay(prometheus, rules, Plan(history.start, history.end))
    for route, history in histories.items():
        error = _worst_error(prometheus, history, f'{{route="{route}"}}')
        figure(f"30d error ratio, grouped, {route}: {error:.4%} off")
        assert error < TOLERANCE


SLOTH_FAILS_ON = (
    "day and night with outages at night",
    "silent hours",
    "an error series that appears late",
    "everything together",
)


@pytest.mark.parametrize("name", SLOTH_FAILS_ON, ids=lambda name: name.replace(" ", "-"))
def test_the_mean_of_ratios_is_not_the_truth(
    name: str, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Why the default rules differ: on the same histories Sloth's own are NaN, absent or far off."""
    shape, late_errors = FEATURES[name]
    history = counters(shape, late_errors=late_errors)
    write(prometheus, history.series)
    rules = rules_for(specs.events(), "--compat", "sloth")
    replay(prometheus, needed_for(rules, "slo:sli_error:ratio_rate5m"), Plan(history.start, history.end))
    (period,) = [rule for rule in rules if rule.name == RATIO]
    answer = value(prometheus, period.expr, history.end)
    truth = _truth(history, history.end)
    shown = (
        "NaN" if answer is not None and math.isnan(answer) else f"{(answer or 0) / truth:.2f} times the truth"
    )
    figure(f"30d error ratio of --compat sloth, {name}: {shown}")
    assert answer is not None
    assert math.isnan(answer) or abs(answer / truth - 1) > 0.1


@pytest.mark.parametrize("minutes", [3, 15, 180])
def test_a_prometheus_that_was_down_counts_what_happened_meanwhile(
    minutes: int, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """The counters tell, at the next full hour."""
    history = counters(replace(BASE, night_share=0.03))
    down = Span(20 * DAY + 10 * HOUR, 20 * DAY + 10 * HOUR + minutes * 60)
    write(prometheus, without(history.series, [down], history.start))
    rules = needed_for(rules_for(specs.events()), RATIO, REMAINING)
    absolute = Span(history.at(down.start), history.at(down.end))
    replay(prometheus, rules, Plan(history.start, history.end, downtime=(absolute,)))
    worst = 0.0
    for at in _quiet_times(history):
        recorded = value(prometheus, RATIO, at)
        assert recorded is not None
        worst = max(worst, abs(recorded / _truth(history, at) - 1))
    figure(f"30d error ratio, Prometheus down for {minutes} min: {worst:.4%} off")
    assert worst < TOLERANCE


def test_a_changed_label_of_the_slo_does_not_break_the_period(prometheus: str, rules_for: RulesFor) -> None:
    """A new owner label halfway: one series at the end, and its ratio is still that of the whole period."""
    history = counters(replace(BASE, night_share=0.03))
    write(prometheus, history.series)
    red, blue = (
        needed_for(rules_for(specs.events(owner=owner)), RATIO, REMAINING) for owner in ("red", "blue")
    )
    halfway = history.at(15 * DAY)
    # A rule that fails because it meets the series of both owners fails the replay.
    replay(prometheus, red, Plan(history.start, halfway, replaced_by=tuple(blue)))
    replay(prometheus, blue, Plan(halfway, history.end))
    recorded = value(prometheus, f'{RATIO}{{owner="blue"}}', history.end)
    assert recorded == pytest.approx(_truth(history, history.end), rel=TOLERANCE)
