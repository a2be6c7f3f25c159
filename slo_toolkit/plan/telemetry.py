"""What is gone where an SLI has no value: its targets, its metric, or the traffic.

Three rules for each SLO, none of them in the group of the burn rates: once an hour where the series come from, and
every five minutes what is gone. The alerts (see absence) read the result, for all SLOs of a service at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import IntEnum

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.plan.intervals import COUNT_INTERVAL
from slo_toolkit.plan.model import RecordingRule
from slo_toolkit.plan.targets import sources
from slo_toolkit.promql import by, identity_selector, number
from slo_toolkit.slo import ProbeSli, RawSli, Slo
from slo_toolkit.windows import base_window, recent_window


class Gone(IntEnum):
    """The values of `slo:telemetry:state`."""

    NOTHING = 0
    TARGET_DOWN = 1
    """There are targets, and none of them answers: `up` is 0."""
    TARGETS_AWAY = 2
    """No target has been there for longer than a service is scaled to zero."""
    METRIC = 3
    """A target answers, but not with what the SLI reads."""
    TRAFFIC = 4
    """The metric is there and stands still."""


MEMORY = Duration.of(days=30)
"""What was not there for so long is forgotten."""

USUAL_EVENTS = 100
"""Events an hour below which an hour without any is nothing unusual: e^-100 is no coincidence."""

_SURELY_GONE = Duration.of(days=1)
"""A counter without a value until its first event is there again by then."""

_SNAPSHOTS_LAST = Duration.of(hours=3)
"""How long what is recorded once an hour is good for, though Prometheus be away at the next."""

_LOADED_FOR = Duration.of(hours=1)
_LOADED_SHARE = Decimal("0.9")


def target_rules(slo: Slo) -> Iterator[RecordingRule]:
    """Once an hour: the labels of the SLI's targets, and all of them that were there in the last 30 days.

    The value is 1, or 0 without any label where an SLI has a value of which no target is known, as from a Pushgateway.
    """
    if slo.alerting.absence.disabled:
        return
    identity, value = naming.identity(slo), _value(slo)
    read = sources(slo.sli)
    unknown = f"group({value}) * 0"
    series = " or ".join(read.series)
    known = f"group{by(target_labels(slo))}({read.up} and on (job, instance) ({series}))"
    text = f"{known} and on () {value}\nor on ()\n{unknown}" if series else unknown
    yield RecordingRule(naming.TARGETS, text, identity)
    remembered = f"last_over_time({identity_selector(naming.TARGETS, slo)}[{MEMORY}])"
    yield RecordingRule(naming.targets_within(MEMORY), remembered, identity)


def state_rules(slo: Slo) -> Iterator[RecordingRule]:
    """Every five minutes: one of `Gone`."""
    if slo.alerting.absence.disabled:
        return
    parts = [_blind(slo)]
    if counts_events(slo):
        parts.append(_stopped(slo))
    parts.append(f"vector({Gone.NOTHING:d})")
    yield RecordingRule(naming.TELEMETRY_STATE, "\nor on ()\n".join(parts), naming.identity(slo))


def counts_events(slo: Slo) -> bool:
    """Whether there can be no event while the metric is there."""
    return not isinstance(slo.sli, RawSli | ProbeSli)


def lately(slo: Slo) -> Duration:
    """How long there must be no event to say that the traffic stopped."""
    return recent_window(slo.scrape_interval)


def an_hour(window: Duration) -> str:
    """The same in words; only scrapes of half an hour or more make it longer than an hour."""
    return "an hour" if window == Duration.of(hours=1) else window.words()


def _blind(slo: Slo) -> str:
    """What is gone of an SLI that had a value in the last 30 days and has had none for long enough.

    Only while the rules were evaluated all the time: after a restart of Prometheus nothing is known at first.
    """
    remembered = f"last_over_time({identity_selector(naming.targets_within(MEMORY), slo)}[{_SNAPSHOTS_LAST}])"
    seen = f"last_over_time({identity_selector(naming.TARGETS, slo)}[%s])"
    up = f"max({sources(slo.sli).up} and on ({', '.join(target_labels(slo))}) {remembered} > 0)"
    target = f"{up} * {Gone.METRIC - Gone.TARGET_DOWN} + {Gone.TARGET_DOWN:d}"
    away = (
        f"group({remembered} > 0) * {Gone.TARGETS_AWAY:d} unless on () {seen % slo.alerting.no_targets_for}"
    )
    metric = f"group({remembered}) * {Gone.METRIC:d} unless on () {remembered} > 0"
    text = "\nor on ()\n".join(f"  {part}" for part in (target, away, metric))
    text = f"(\n{text}\n)"
    if counts_events(slo):
        # A counter without a value before its first event is missed where there are events at this time of the day.
        missed = (
            f"group({_usual(slo)}) * {Gone.METRIC:d}",
            f"group({_busy_of_late(slo)}) * {Gone.METRIC:d}",
            f"vector({Gone.METRIC:d}) unless on () {seen % _SURELY_GONE}",
            f"vector({Gone.TARGETS_AWAY:d})",
        )
        lines = "\nor on ()\n".join(f"  {part}" for part in missed)
        text += f"\n<= on () (\n{lines}\n)"
    return f"{text}\nunless on () last_over_time({_value(slo)}[{slo.alerting.absence_for}])\nand on () {_loaded(slo)}"


def _stopped(slo: Slo) -> str:
    """No event for an hour in which the SLI was measured, though there usually are more than a few."""
    window = lately(slo)
    rate = identity_selector(naming.valid_events_rate(window), slo)
    stopped = f"{rate} == 0 and {_usual(slo)}"
    return f"group({stopped}) * {Gone.TRAFFIC:d} and on () {_value(slo)} offset {window}"


def _usual(slo: Slo) -> str:
    """The rates of those that had events yesterday at this time, and a week ago as far as that is known."""
    window = lately(slo)
    rate = identity_selector(naming.valid_events_rate(window), slo)
    usual = f"{USUAL_EVENTS} / {number(Decimal(window.ms) / 1000)}"
    return f"({rate} offset 1d > {usual} unless {rate} offset 1w <= {usual})"


def _busy_of_late(slo: Slo) -> str:
    """What stands in for yesterday's rates while the rules are younger than a day: the mean of what was counted."""
    counts = identity_selector(naming.valid_events_count(COUNT_INTERVAL), slo)
    yesterday = identity_selector(naming.valid_events_rate(lately(slo)), slo)
    hours = number(Decimal(Duration.of(hours=1).ms) / COUNT_INTERVAL.ms)
    return f"avg_over_time({counts}[1d]) > {USUAL_EVENTS} / {hours} unless on () {yesterday} offset 1d"


def _loaded(slo: Slo) -> str:
    window = min(slo.alerting.absence_for, _LOADED_FOR)
    evaluations = Decimal(window.ms) / slo.evaluation_interval.ms
    least = number(evaluations * _LOADED_SHARE)
    return f"count_over_time({identity_selector(naming.RULES_LOADED, slo)}[{window}]) >= {least}"


def _value(slo: Slo) -> str:
    return identity_selector(naming.valid_events_rate(base_window(slo.scrape_interval)), slo)


def target_labels(slo: Slo) -> tuple[str, ...]:
    """What tells the SLI's targets from others. A label of the identity is another one on what is recorded."""
    return tuple(label for label in sources(slo.sli).labels if label not in naming.identity(slo))
