"""The rules of the whole period: event counts, error ratio, budget, and Sloth's metadata series.

A period has thousands of five-minute counts. They are summed once an hour ("settled"); in between, what
came since is added and what left the period is taken off, so that the budget is exact every five minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from slo_toolkit import naming
from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.pieces import labelled, sum_of
from slo_toolkit.plan.intervals import COUNT_INTERVAL, SETTLE_INTERVAL, just_recorded, just_within
from slo_toolkit.plan.model import MATCHERS, RecordingRule
from slo_toolkit.plan.recovery import MISSED, counts_of_counters, events_within, recovers
from slo_toolkit.plan.sli import Recorded, ratio_labels, ratio_of
from slo_toolkit.promql import by, identity_matchers, number
from slo_toolkit.rates import reads_directly, subtracts
from slo_toolkit.slo import Slo
from slo_toolkit.windows import BASE_WINDOWS, base_window

_SETTLED_LOOK_BACK = Duration.of(days=1)
"""How long the last settled sum is good for when the server was down at the time of the next."""

_COUNTS = (naming.valid_events_count, naming.error_events_count)


def settled_rules(slo: Slo) -> Iterator[RecordingRule]:
    """Once an hour: the sums over all counts of the period, and when they were taken.

    Where counts of five minutes do not add up to what the query says of the period, it is asked that itself.
    """
    identity, matchers = naming.identity(slo), identity_matchers(slo)
    yield RecordingRule(naming.SETTLED_AT, "vector(time())", identity)
    if reads_directly(slo):
        yield from _direct_sums(slo)
    else:
        for record, text in _settled_sums(slo.period, slo.group_by, recovers(slo)):
            yield RecordingRule(record, text, identity, matchers)
    measured = f"count_over_time({naming.valid_events_count(COUNT_INTERVAL)}{MATCHERS}[{slo.period}])"
    if recovers(slo):
        hours = f"[{just_within(slo.period)}]"
        counted = f"sum_over_time({naming.measured_slots(SETTLE_INTERVAL)}{MATCHERS}{hours})"
        bridged = f"sum_over_time({naming.BRIDGED_SLOTS}{MATCHERS}{hours})"
        measured = sum_of((counted, labelled(bridged, "bridged")), slo.group_by)
    yield RecordingRule(naming.measured_slots(slo.period) + naming.SETTLED, measured, identity, matchers)


@lru_cache(maxsize=64)
def _settled_sums(period: Duration, group_by: tuple[str, ...], recovered: bool) -> Recorded:
    texts = []
    for count, missed in zip(_COUNTS, MISSED, strict=True):
        text = f"sum_over_time({count(COUNT_INTERVAL)}{MATCHERS}[{period}])"
        if recovered:
            corrected = labelled(f"sum_over_time({missed}{MATCHERS}[{just_within(period)}])", "missed")
            text = sum_of((text, corrected), group_by)
        texts.append((count(period) + naming.SETTLED, text))
    return tuple(texts)


def _direct_sums(slo: Slo) -> Iterator[RecordingRule]:
    """What the SLI's own queries say of the whole period, as events in it."""
    valid, errors = (count(slo.period) + naming.SETTLED for count in _COUNTS)
    yield from events_within(slo, slo.period, valid, errors)


def period_rules(slo: Slo) -> Iterator[RecordingRule]:
    """Counts, the period's sums and ratio, what is left of the budget, and metadata."""
    identity, matchers = naming.identity(slo), identity_matchers(slo)
    if recovers(slo):
        yield from counts_of_counters(slo)
    else:
        for record, text in _counts(slo.evaluation_interval, base_window(slo.scrape_interval)):
            yield RecordingRule(record, text, identity, matchers)
    join = f"and on ({', '.join(naming.key_names(slo))})" if slo.group_by else "and"
    exact = _exact_sums(slo.period, slo.group_by, join, recovers(slo))
    made = _last_sums(slo.period) if reads_directly(slo) else exact
    for record, text in (*made, (naming.coverage(slo.period), _coverage(slo.period))):
        yield RecordingRule(record, text, identity, matchers)
    errors, valid = naming.error_events_count(slo.period), naming.valid_events_count(slo.period)
    labels = ratio_labels(slo, slo.period)
    ratio = ratio_of(errors, valid, clamped=subtracts(slo))
    yield RecordingRule(naming.error_ratio(slo.period), ratio, labels, matchers)
    yield from _metadata(slo)


@lru_cache(maxsize=64)
def _exact_sums(period: Duration, group_by: tuple[str, ...], join: str, recovered: bool) -> Recorded:
    """The events of the period, from its settled sums and what came and went since.

    `join` matches a series of a group with one of the whole SLO.
    """
    # Before the first settled sum every count is newer than it.
    settled_at = f"max(last_over_time({naming.SETTLED_AT}{MATCHERS}[{_SETTLED_LOOK_BACK}]))"
    age = f"time() - {settled_at} or vector(+Inf)"
    texts = [(naming.SETTLED_AGE, age)]
    nets = (naming.NET_VALID_EVENTS, naming.NET_ERROR_EVENTS)
    for count, net, missed in zip(_COUNTS, nets, MISSED, strict=True):
        total, counted = count(period), count(COUNT_INTERVAL)
        texts.append((net, _net(counted, missed if recovered else None, period, group_by)))
        texts.append((total, _settled_and_since(total, net, group_by, join)))
    return tuple(texts)


@lru_cache(maxsize=64)
def _last_sums(period: Duration) -> Recorded:
    return tuple((count(period), _last_settled(count(period))) for count in _COUNTS)


@lru_cache(maxsize=64)
def _counts(evaluation_interval: Duration, base: Duration) -> Recorded:
    """Events of the last five minutes: the sum of all rates in them, each for one evaluation interval.

    A rate over five minutes is recorded at every evaluation, so each event is in ten of them (at 30s)
    with a tenth of its weight. One rate alone would weigh an event by where it fell in the window. Over a longer
    base an event has as many parts more and is counted once in all of them, so later, but never twice.
    """
    interval = number(Decimal(evaluation_interval.ms) / 1000)
    rates = (naming.valid_events_rate, naming.error_events_rate)
    return tuple(
        (
            count(COUNT_INTERVAL),
            f"sum_over_time({rate(base)}{MATCHERS}[{just_within(COUNT_INTERVAL)}]) * {interval}",
        )
        for rate, count in zip(rates, _COUNTS, strict=True)
    )


def _net(count: str, missed: str | None, period: Duration, groups: tuple[str, ...]) -> str:
    """What came into the period in the last five minutes less what left it at its far end."""
    pieces = [f"{count}{MATCHERS}", labelled(f"-{count}{MATCHERS} offset {period}", "left")]
    if missed is not None:
        pieces.append(labelled(just_recorded(missed + MATCHERS), "missed"))
        pieces.append(labelled(f"-{just_recorded(missed + MATCHERS, f' offset {period}')}", "missed left"))
    return sum_of(pieces, groups)


def _settled_and_since(total: str, net: str, groups: tuple[str, ...], join: str) -> str:
    """The last settled sum and every net count that is newer than it."""
    age = naming.SETTLED_AGE + MATCHERS
    pieces = [labelled(_last_settled(total), "settled"), f"{net}{MATCHERS} {join} {age} > 0"]
    for index in range(1, SETTLE_INTERVAL.ms // COUNT_INTERVAL.ms + 1):
        back = COUNT_INTERVAL * index
        seconds = number(Decimal(back.ms) / 1000)
        pieces.append(labelled(f"{net}{MATCHERS} offset {back} {join} {age} > {seconds}", back))
    return sum_of(pieces, groups)


def _last_settled(total: str) -> str:
    return f"last_over_time({total}{naming.SETTLED}{MATCHERS}[{_SETTLED_LOOK_BACK}])"


def _coverage(period: Duration) -> str:
    """It may lag by an hour, which is a thousandth of a month, so nothing is added to the settled count."""
    settled = _last_settled(naming.measured_slots(period))
    so_far = f"count_over_time({naming.valid_events_count(COUNT_INTERVAL)}{MATCHERS}[{SETTLE_INTERVAL}])"
    slots = number(Decimal(period.ms) / COUNT_INTERVAL.ms)
    return f"{settled} / {slots} or {so_far} / {slots}"


def _metadata(slo: Slo) -> Iterator[RecordingRule]:
    """Sloth's metadata series, which its dashboards join."""
    labels = {**slo.labels, **naming.identity(slo)}
    budget = number(slo.objective.error_budget)
    matchers = identity_matchers(slo)

    def one(metric: str) -> str:
        """The series without the owner's labels: after a change of those the former one is there, too."""
        return f"max{by(slo.group_by)}({metric}{MATCHERS})"

    days = number(Decimal(slo.period.ms) / 86_400_000)
    for record, text in (
        (naming.OBJECTIVE, f"vector({number(slo.objective.ratio)})"),
        (naming.ERROR_BUDGET, f"vector({budget})"),
        (naming.PERIOD_DAYS, f"vector({days})"),
        (naming.PERIOD_BURN_RATE, f"{one(naming.error_ratio(slo.period))} / {budget}"),
        (naming.BUDGET_REMAINING, f"1 - {one(naming.PERIOD_BURN_RATE)}"),
    ):
        yield RecordingRule(record, text, labels, matchers)
    base = base_window(slo.scrape_interval)
    if base != BASE_WINDOWS[0]:
        yield RecordingRule(naming.BASE_WINDOW, f"vector({number(Decimal(base.ms) / 1000)})", labels)
    info = {
        **labels,
        **(slo.plugins.info_labels if slo.plugins.info_metric == naming.INFO else {}),
        "sloth_mode": "cli-gen-prom",
        "sloth_objective": plain(slo.objective.percent),
        "sloth_spec": slo.spec,
        "sloth_version": "slo-toolkit",
    }
    yield RecordingRule(naming.INFO, "vector(1)", info)


def current_burn_rate(slo: Slo) -> RecordingRule:
    base = naming.error_ratio(base_window(slo.scrape_interval))
    ratio = f"max{by(slo.group_by)}({base}{MATCHERS})"
    text = f"{ratio} / {number(slo.objective.error_budget)}"
    labels = {**slo.labels, **naming.identity(slo)}
    return RecordingRule(naming.CURRENT_BURN_RATE, text, labels, identity_matchers(slo))
