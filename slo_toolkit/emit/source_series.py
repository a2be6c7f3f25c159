"""The series behind an SLI, found by reading its queries: what grows, or stands where, while all is good.

What is not understood gives None, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from slo_toolkit.duration import Duration
from slo_toolkit.emit.query_conditions import Conditions
from slo_toolkit.emit.query_forms import SAMPLES
from slo_toolkit.emit.selectors import Selector, Series
from slo_toolkit.emit.series_states import States, counter_states, is_counter, other_states
from slo_toolkit.emit.sli_reading import Count, count
from slo_toolkit.rates import is_read_directly
from slo_toolkit.slo import RawSli, Sli, Slo

_CERTAIN_SHARE = 0.9
"""Of the samples of a window those that are certainly in it, wherever it begins."""


@dataclass(frozen=True, slots=True)
class Input:
    """One series: the step of a counter, or the level of a gauge, while all is good and while all fails."""

    series: Series
    is_counter: bool
    good: Decimal
    error: Decimal


@dataclass(frozen=True, slots=True)
class Source:
    """The series behind an SLI, and what can be expected of it."""

    inputs: tuple[Input, ...]
    read: tuple[Selector, ...]
    mixes: bool
    """A share of both states gives that share of errors."""
    sums_up: bool
    """Longer windows are made from pieces, of which those without rules count as free of errors."""
    averages: bool
    """A part of the window with errors counts for as much of it as it is long."""
    counts: bool
    """Events are the growth of counters: where nothing grows there are none."""
    counts_zero: bool
    """Where nothing grows it is known that there are no events; otherwise a number may stand in, or nothing."""
    errors_appear: bool
    """The series that only errors make grow need not be there before."""
    lag: Duration
    """How much longer than a window the queries look back."""
    event_every: Duration | None
    """How often there is an event, where that is known and the series do not tell."""

    @property
    def all(self) -> list[Series]:
        return [each.series for each in self.inputs]

    @property
    def only_errors(self) -> frozenset[Series]:
        """The series that do not exist before the first error."""
        return _only_errors(self.inputs)


def source_series(slo: Slo) -> Source | None:
    """The series behind the SLI of `slo`, None where its queries are not understood."""
    source = _source_series(slo.sli, slo.group_by, slo.evaluation_interval)
    if source is None or source.counts or not slo.alerting.min_error_events:
        return source
    # Samples cannot be made more, as the growth of counters can, so a share of them may be too few errors.
    windows = [tier.long_window for tier in slo.alerting.tiers]
    if source.event_every is None or not windows:
        return None
    most_errors = min(windows).ms / source.event_every.ms * _CERTAIN_SHARE
    return replace(source, mixes=False) if most_errors >= slo.alerting.min_error_events else None


@lru_cache(maxsize=4096)
def _source_series(sli: Sli, group_by: tuple[str, ...], interval: Duration) -> Source | None:
    counted = count(sli)
    if counted is None or counted.conditions.shortest < interval * 2:
        return None
    together = {(label, frozenset(counted.conditions.read)) for label in group_by}
    conditions = counted.conditions.with_those_of(Conditions(alike=together))
    counted = replace(counted, conditions=conditions)
    fixed = _fixed_labels(conditions, group_by)
    states = counter_states(counted, fixed) if counted.is_growth else None
    states = states or other_states(counted, fixed)
    inputs = None if states is None else _inputs(states, counted)
    if states is None or inputs is None:
        return None
    return Source(
        inputs,
        tuple(conditions.read),
        mixes=states.mixes and not conditions.lag.ms,
        sums_up=not is_read_directly(sli),
        averages=conditions.averages,
        counts=counted.is_growth,
        counts_zero=not (isinstance(sli, RawSli) or conditions.filled or conditions.guards),
        errors_appear=not isinstance(sli, RawSli) and _errors_appear(inputs, counted),
        lag=conditions.lag,
        event_every=_event_every(sli, counted, interval),
    )


def _fixed_labels(conditions: Conditions, group_by: tuple[str, ...]) -> dict[str, str]:
    """Labels that all series have alike: with the value that a selector asks for, if one does."""
    asked = {m.name: m.value for selector in conditions.read for m in selector.matchers if m.op == "="}
    names = dict.fromkeys((*group_by, *sorted(label for label, _ in conditions.alike)))
    return {name: asked.get(name) or "example" for name in names}


def _event_every(sli: Sli, counted: Count, interval: Duration) -> Duration | None:
    if isinstance(sli, RawSli):
        return Duration.of(seconds=1)  # a ratio is weighed by the time for which it holds
    return interval if counted.unit == SAMPLES else counted.unit.every


def _inputs(states: States, counted: Count) -> tuple[Input, ...] | None:
    found = [
        Input(series, kind, Decimal(str(states.good[series])), Decimal(str(states.error[series])))
        for series in sorted(states.good, key=str)
        if (kind := is_counter(series, counted)) is not None
    ]
    return tuple(found) if len(found) == len(states.good) else None


def _only_errors(inputs: tuple[Input, ...]) -> frozenset[Series]:
    return frozenset(each.series for each in inputs if each.is_counter and each.error and not each.good)


def _errors_appear(inputs: tuple[Input, ...], counted: Count) -> bool:
    """Whether no error series means no errors: not where something else would be empty without them."""
    if not counted.is_growth:
        return False
    appear = _only_errors(inputs)
    there = [each.series for each in inputs if each.series not in appear]
    empty = [selector for selector in counted.conditions.read if not any(map(selector.accepts, there))]
    return bool(appear) and not (counted.subtracts and empty)
