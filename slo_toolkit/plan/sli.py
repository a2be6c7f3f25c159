"""The recording rules of the burn-rate windows.

The SLI is read once, over the base window; every longer one is summed from that (see ladder). A query that is no sum
of pieces is read over every window instead. Each rule may use what the rules before it recorded at the same time
stamp, since a group runs in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.pieces import labelled, sum_of
from slo_toolkit.plan.buckets import bucket_rules, left_out
from slo_toolkit.plan.ladder import BASE, Rung, ladder, raw_limit
from slo_toolkit.plan.model import MATCHERS, RecordingRule
from slo_toolkit.plan.tiers import effective_tiers
from slo_toolkit.promql import identity_matchers, identity_selector, number
from slo_toolkit.rates import event_rates, reads_directly, subtracts
from slo_toolkit.slo import Labels, Slo
from slo_toolkit.windows import base_window, recorded_windows


def ratio_windows(slo: Slo) -> tuple[Duration, ...]:
    """Every window whose error ratio is recorded, shortest first."""
    return recorded_windows(effective_tiers(slo), slo.period, slo.scrape_interval)


def sli_rules(slo: Slo) -> Iterator[RecordingRule]:
    """Event rates, coverage and error ratios of every window, in the order in which they build up."""
    windows, base = ratio_windows(slo), base_window(slo.scrape_interval)
    identity, matchers = naming.identity(slo), identity_matchers(slo)
    yield RecordingRule(naming.RULES_LOADED, "vector(1)", identity)
    yield from bucket_rules(slo)
    yield from source_rates(slo, base)
    yield _ratio(slo, base)
    if reads_directly(slo):
        for window in windows:
            if window != base:
                yield from source_rates(slo, window)
                if window != slo.period:
                    yield _ratio(slo, window)
        return
    for window, made in _other_windows(windows, base, slo.group_by, slo.evaluation_interval):
        if made is None:
            yield from source_rates(slo, window)
            loaded = _mean_over(naming.RULES_LOADED, window, slo.evaluation_interval)
            yield RecordingRule(naming.rules_loaded(window), loaded, identity, matchers)
        else:
            for record, text in made:
                yield RecordingRule(record, text, identity, matchers)
        # The ratio of the whole period is recorded from event counts, with the budget (see period).
        if window in windows and window != slo.period:
            yield _ratio(slo, window)


Recorded: TypeAlias = tuple[tuple[str, str], ...]
"""Names to record, each with its expression, in which MATCHERS stands for the SLO's."""


@lru_cache(maxsize=64)
def _other_windows(
    windows: tuple[Duration, ...], base: Duration, group_by: tuple[str, ...], evaluation_interval: Duration
) -> tuple[tuple[Duration, Recorded | None], ...]:
    """How each window but the base is made, shortest first; None where it is read from the source."""
    rungs = {rung.window: rung for rung in ladder(windows, base)}
    made: dict[Duration, Recorded | None] = {}
    for window in sorted({*windows, *rungs} - {base}):
        if window in rungs:
            made[window] = _summed(rungs[window], base, group_by)
        elif window > raw_limit(base):
            made[window] = _averaged(window, base, evaluation_interval)
        else:
            made[window] = None
    return tuple(made.items())


def source_rates(slo: Slo, window: Duration) -> Iterator[RecordingRule]:
    """The rates over `window` from the SLI's own series."""
    identity = naming.identity(slo)
    valid = naming.valid_events_rate(window)
    rates = event_rates(slo, window, identity_selector(valid, slo), left_out(slo, window))
    yield RecordingRule(valid, rates.valid, identity)
    yield RecordingRule(naming.error_events_rate(window), rates.errors, identity)


def _summed(rung: Rung, base: Duration, group_by: tuple[str, ...]) -> Recorded:
    """The window as the sum of its pieces; one that was not recorded counts for nothing."""
    loaded = naming.RULES_LOADED if rung.piece == base else naming.rules_loaded(rung.piece)
    return (
        (naming.rules_loaded(rung.window), _sum_of_pieces(loaded, rung, ())),
        *((name(rung.window), _sum_of_pieces(name(rung.piece), rung, group_by)) for name in _RATES),
    )


_RATES = (naming.valid_events_rate, naming.error_events_rate)


def _sum_of_pieces(metric: str, rung: Rung, groups: tuple[str, ...]) -> str:
    series = metric + MATCHERS
    pieces = [series]
    for index in range(1, rung.count):
        offset = rung.piece * index
        piece = f"{series} offset {offset}"
        if rung.piece > BASE:
            piece += f" or {series} offset {offset + _BRIDGE}"
        pieces.append(labelled(piece, offset))
    return f"{sum_of(pieces, groups)} / {rung.count}"


_BRIDGE = Duration.of(minutes=10)
"""Where a piece of half an hour or more was not recorded, since Prometheus was away, the one of ten
minutes before stands in. With its own look-back of five minutes that bridges a restart of a quarter of
an hour, instead of losing hours that were measured. A base piece in such a gap is really unknown.
"""


def _averaged(window: Duration, base: Duration, evaluation_interval: Duration) -> Recorded:
    """A window that is no multiple of the base: the mean of the base at every evaluation within it."""
    loaded = (naming.rules_loaded(window), _mean_over(naming.RULES_LOADED, window, evaluation_interval))
    return (loaded, *((name(window), _mean_over(name(base), window, evaluation_interval)) for name in _RATES))


def _mean_over(metric: str, window: Duration, evaluation_interval: Duration) -> str:
    evaluations = number(Decimal(window.ms) / evaluation_interval.ms)
    return f"sum_over_time({metric}{MATCHERS}[{window}]) / {evaluations}"


def _ratio(slo: Slo, window: Duration) -> RecordingRule:
    text = _ratio_of_rates(window, subtracts(slo))
    return RecordingRule(*text, ratio_labels(slo, window), identity_matchers(slo))


@lru_cache(maxsize=64)
def _ratio_of_rates(window: Duration, clamped: bool) -> tuple[str, str]:
    errors, valid = naming.error_events_rate(window), naming.valid_events_rate(window)
    return naming.error_ratio(window), ratio_of(errors, valid, clamped=clamped)


def ratio_of(errors: str, valid: str, *, clamped: bool) -> str:
    """Errors by valid events, not below 0 where it is `clamped`.

    Without events there is no ratio: a NaN would poison every sum over it.
    """
    counted = f"clamp_min({errors}{MATCHERS}, 0)" if clamped else f"{errors}{MATCHERS}"
    return f"{counted}\n/\n({valid}{MATCHERS} > 0)"


def ratio_labels(slo: Slo, window: Duration) -> Labels:
    return {**slo.labels, **naming.identity(slo), naming.WINDOW: str(window)}
