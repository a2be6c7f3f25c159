"""What an SLO's alerts must do in a few courses of traffic, worked out from its tiers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from slo_toolkit import budget, naming
from slo_toolkit.duration import Duration
from slo_toolkit.emit.simulated_traffic import Course, Phase
from slo_toolkit.emit.source_series import Source
from slo_toolkit.plan.ladder import raw_limit
from slo_toolkit.plan.tiers import Alert, alerts, effective_tiers
from slo_toolkit.promql import selector
from slo_toolkit.slo import Severity, Slo, Tier
from slo_toolkit.windows import base_window

UNDER, OVER = Decimal("0.95"), Decimal("1.05")
"""How near to a threshold an alert must still be silent, and must fire."""

_CLEAN_START = Duration.of(minutes=10)
_LONGEST_OUTAGE = Duration.of(hours=1)
_LONGEST_BURN = Duration.of(hours=12)
_LEAST_RATE_LAG = Decimal("1.1")
_TOTAL = Decimal(1)


@dataclass(frozen=True, slots=True)
class Check:
    """At `at`, `expr` has exactly `samples`: their labels as PromQL writes them, and their values."""

    at: Duration
    expr: str
    samples: tuple[tuple[str, int | float], ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One course of traffic of one SLO, and what must be seen in it."""

    slo: Slo
    course: Course
    checks: tuple[Check, ...]


def total_outage(slo: Slo, interval: Duration) -> Scenario | None:
    """Every page comes in time and not before, and goes when the outage is over.

    None where no page can come within an hour: the slow burn tests those.
    """
    pages = [
        (alert, detection)
        for alert in alerts(slo)
        if alert.severity is Severity.PAGE and (detection := _detection(slo, alert)) <= _LONGEST_OUTAGE
    ]
    if not pages:
        return None
    clean = _up(_CLEAN_START, interval)
    latest = max(detection for _, detection in pages)
    end = clean + _up_with_lag(slo, latest, interval) + _pending(slo, interval) + interval
    reset = max(_reset(slo, alert, end, clean, interval) for alert, _ in pages)
    checks: list[Check] = []
    for alert, detection in pages:
        before = clean + _down(_at_the_earliest(slo, detection, clean), interval, UNDER)
        checks += [
            _silent(slo, alert, before),
            _firing(slo, alert, clean + _up_with_lag(slo, detection, interval) + _pending(slo, interval)),
            _silent(slo, alert, reset),
        ]
    outage = Phase(_between(clean, end), _TOTAL)
    return _scenario(slo, (Phase(clean), outage, Phase(_between(end, reset))), interval, checks)


def whole_outage(slo: Slo, source: Source, interval: Duration) -> Scenario | None:
    """Every page is there when errors alone are in its window, and goes with them.

    For queries of which it is not known how soon they see a share of errors. None where no page has a window
    of an hour or less.
    """
    pages = {
        alert: min(tier.long_window for tier in alert.tiers)
        for alert in alerts(slo)
        if alert.severity is Severity.PAGE
    }
    pages = {alert: window for alert, window in pages.items() if window <= _LONGEST_OUTAGE}
    if not pages:
        return None
    seen = _up(source.lag + slo.scrape_interval, interval) + interval
    clean = _up(_CLEAN_START, interval) + seen
    end = clean + _up(max(pages.values()), interval) + seen + _pending(slo, interval)
    short = max(tier.short_window for alert in pages for tier in alert.tiers)
    over = end + _up(short, interval) + seen
    checks = []
    for alert in pages:
        checks += [_silent(slo, alert, clean), _firing(slo, alert, end), _silent(slo, alert, over)]
    outage = Phase(_between(clean, end), _TOTAL)
    return _scenario(slo, (Phase(clean), outage, Phase(_between(end, over))), interval, checks)


def no_traffic(slo: Slo, interval: Duration, counts_zero: bool = True) -> Scenario:
    """No event is no ratio, never NaN, and no reason for an alert.

    Where it is not known that there were none, the ratio may be 0 as well, and an alert may wait.
    """
    base = base_window(slo.scrape_interval)
    length = _up(base + slo.scrape_interval, interval)
    ratio = selector(naming.error_ratio(base), _ids(slo))
    checks = [Check(length, ratio), _no_alert(slo, length)]
    if not counts_zero:
        checks = [Check(length, f"{ratio} != 0"), _no_alert_fires(slo, length)]
    return _scenario(slo, (Phase(length, traffic=False),), interval, checks)


def no_error_series(slo: Slo, interval: Duration) -> Scenario:
    """An error series that does not exist yet means that there are no errors."""
    base = base_window(slo.scrape_interval)
    length = _up(base + slo.scrape_interval, interval)
    ratio = Check(length, f"max({selector(naming.error_ratio(base), _ids(slo))})", (("{}", 0),))
    course = Course((Phase(length),), interval, error_series=False)
    return Scenario(slo, course, (ratio, _no_alert(slo, length)))


def slow_burn(slo: Slo, interval: Duration, sums_up: bool = True) -> Scenario | None:
    """Errors just under the highest threshold, from the moment on when the rules are loaded.

    That threshold is never reached; each lower one is when the errors have filled enough of its window, or
    before where a window is not the sum of its pieces. None where no alert is to be seen.
    """
    if not effective_tiers(slo):
        return None
    burn_rate = UNDER * _fastest(slo).burn_rate
    checks: list[Check] = []
    for alert in alerts(slo):
        lengths = [_fill(tier, burn_rate) for tier in alert.tiers if tier.burn_rate < burn_rate]
        if not lengths:
            checks.append(_silent(slo, alert, _up(max(tier.long_window for tier in alert.tiers), interval)))
        elif (fill := min(lengths)) <= _LONGEST_BURN:
            checks += _around(slo, alert, fill, interval, sums_up)
    return _burn(slo, burn_rate, interval, checks)


def fast_burn(slo: Slo, interval: Duration) -> Scenario | None:
    """Errors just over the highest threshold fire its alert as soon as they fill its window."""
    if not effective_tiers(slo):
        return None
    fastest = _fastest(slo)
    if fastest.long_window > _LONGEST_BURN:
        return None
    alert = next(alert for alert in alerts(slo) if fastest in alert.tiers)
    at = _up(fastest.long_window, interval) + interval + _pending(slo, interval)
    return _burn(slo, OVER * fastest.burn_rate, interval, [_firing(slo, alert, at)])


def burst(slo: Slo, interval: Duration, share: Decimal) -> Scenario | None:
    """Errors at `share` of the highest threshold, for as long as its window, after all windows are full.

    For queries that read each window as a whole: rules that are young then know nothing of what was before them,
    and do not take it for free of errors. None where another threshold of the alert would be reached as well.
    """
    if not effective_tiers(slo):
        return None
    fastest = _fastest(slo)
    alert = next(alert for alert in alerts(slo) if fastest in alert.tiers)
    clean, length = (max(tier.long_window for tier in alert.tiers), _up(fastest.long_window, interval))
    burn_rate = share * fastest.burn_rate
    others = [tier for tier in alert.tiers if tier is not fastest]
    if clean > _LONGEST_BURN or any(
        burn_rate * (length + interval * 2).ms >= UNDER * tier.burn_rate * tier.long_window.ms
        for tier in others
    ):
        return None
    clean = _up(clean, interval)
    full = clean + length + interval
    check = _silent(slo, alert, full) if share < 1 else _firing(slo, alert, full + _pending(slo, interval))
    ratio = min(_TOTAL, budget.error_ratio_threshold(slo.objective, burn_rate))
    return _scenario(slo, (Phase(clean), Phase(_between(clean, check.at), ratio)), interval, [check])


def _burn(slo: Slo, burn_rate: Decimal, interval: Duration, checks: Sequence[Check]) -> Scenario | None:
    if not checks:
        return None
    length = max(check.at for check in checks)
    ratio = min(_TOTAL, budget.error_ratio_threshold(slo.objective, burn_rate))
    return _scenario(slo, (Phase(length, ratio),), interval, checks)


def _around(slo: Slo, alert: Alert, fill: Duration, interval: Duration, sums_up: bool) -> Iterator[Check]:
    before = _down(fill, interval, UNDER)
    # The evaluation at which the burn begins counts as a full piece of the window.
    if sums_up and before > interval:
        yield _silent(slo, alert, Duration(before.ms - interval.ms))
    yield _firing(slo, alert, _up(_times(fill, OVER), interval) + _pending(slo, interval))


def _scenario(slo: Slo, phases: Iterable[Phase], interval: Duration, checks: Iterable[Check]) -> Scenario:
    course = Course(tuple(phases), interval, slo.alerting.min_error_events)
    return Scenario(slo, course, tuple(sorted(checks, key=lambda check: check.at)))


def _fastest(slo: Slo) -> Tier:
    return max(effective_tiers(slo), key=lambda tier: tier.burn_rate)


def _detection(slo: Slo, alert: Alert) -> Duration:
    """How long a total outage must last for the first of the alert's tiers; each can fire, so it has one."""
    found = (budget.detection_time(slo.objective, tier) for tier in alert.tiers)
    return min(length for length in found if length is not None)


def _at_the_earliest(slo: Slo, detection: Duration, clean: Duration) -> Duration:
    """The same with rules so young that the piece of a window in which they were loaded counts as a whole.

    After a time t of errors, t of the clean + t that are known are errors, in pieces of less than clean + t and one
    base in all: the smallest t with t = detection * (clean + t) / (clean + t + base).
    """
    start, whole = Decimal(clean.ms), Decimal(detection.ms)
    rest = start + base_window(slo.scrape_interval).ms - whole
    return Duration(round(((rest * rest + 4 * whole * start).sqrt() - rest) / 2))


def _fill(tier: Tier, burn_rate: Decimal) -> Duration:
    """How long a burn must last until the mean over the tier's long window reaches its threshold."""
    return _times(tier.long_window, tier.burn_rate / burn_rate)


def _reset(slo: Slo, alert: Alert, end: Duration, start: Duration, interval: Duration) -> Duration:
    """When the short windows hold no error any more of those tiers that the outage can have reached."""
    outage = _times(_between(start, end), _rate_lag(slo)) + interval
    reached = [
        tier.short_window
        for tier in alert.tiers
        if (detection := budget.detection_time(slo.objective, tier)) is not None and detection <= outage
    ]
    return end + _up(max(reached) + slo.scrape_interval + _lag_of_means(slo), interval) + interval


def _pending(slo: Slo, interval: Duration) -> Duration:
    """How long an alert waits: it is looked at once in `interval`."""
    return _up(slo.alerting.pending_for or Duration(0), interval)


def _ids(slo: Slo) -> dict[str, str]:
    return {naming.SERVICE: slo.service, naming.SLO: slo.name, **slo.extra_labels}


def _no_alert_fires(slo: Slo, at: Duration) -> Check:
    return Check(at, selector("ALERTS", {**_ids(slo), "alertstate": "firing"}))


def _silent(slo: Slo, alert: Alert, at: Duration) -> Check:
    return Check(at, selector("ALERTS", _alert_labels(slo, alert)))


def _firing(slo: Slo, alert: Alert, at: Duration) -> Check:
    labels = {**_alert_labels(slo, alert), "alertstate": "firing"}
    return Check(
        at,
        f"count by (alertname) ({selector('ALERTS', labels)})",
        ((selector("", {"alertname": alert.name}), 1),),
    )


def _alert_labels(slo: Slo, alert: Alert) -> dict[str, str]:
    labels = {"alertname": alert.name, naming.SEVERITY: alert.severity.value, **_ids(slo)}
    return {**labels, "severity": alert.severity_label} if alert.severity_label else labels


def _no_alert(slo: Slo, at: Duration) -> Check:
    return Check(at, selector("ALERTS", _ids(slo)))


def _times(length: Duration, factor: Decimal) -> Duration:
    return Duration(round(length.ms * factor))


def _between(start: Duration, end: Duration) -> Duration:
    return Duration(end.ms - start.ms)


def _up(length: Duration, interval: Duration) -> Duration:
    return _rounded(length, interval, ROUND_CEILING)


def _down(length: Duration, interval: Duration, factor: Decimal) -> Duration:
    return _rounded(_times(length, factor), interval, ROUND_FLOOR)


def _up_with_lag(slo: Slo, length: Duration, interval: Duration) -> Duration:
    return _up(_times(length, _rate_lag(slo)) + _lag_of_means(slo) + Duration(1), interval)


def _lag_of_means(slo: Slo) -> Duration:
    """A window that is a mean of recorded rates sees an error for up to a base longer, and as much later in full."""
    base = base_window(slo.scrape_interval)
    windows = [window for tier in effective_tiers(slo) for window in (tier.short_window, tier.long_window)]
    is_mean = any(window > raw_limit(base) and not base.divides(window) for window in windows)
    return base if is_mean else Duration(0)


def _rate_lag(slo: Slo) -> Decimal:
    """A rate over the base and one scrape sees an error for longer than the base that it stands for."""
    base = base_window(slo.scrape_interval)
    return max(_LEAST_RATE_LAG, Decimal((base + slo.scrape_interval).ms) / base.ms)


def _rounded(length: Duration, interval: Duration, rounding: str) -> Duration:
    steps = (Decimal(length.ms) / interval.ms).to_integral_value(rounding)
    return Duration(int(steps) * interval.ms)
