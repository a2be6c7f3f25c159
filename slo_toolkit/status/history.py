"""What happened over the period, step by step: for plots, and for the episodes that spent the budget.

These figures are shown, they decide nothing, so floats are good enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.plan.intervals import just_within
from slo_toolkit.promql import number
from slo_toolkit.query.samples import Series
from slo_toolkit.slo import Labels, Slo
from slo_toolkit.status.model import BudgetStatus, Key, Origin
from slo_toolkit.status.ranges import EVENTS
from slo_toolkit.status.raw_question import rates_over
from slo_toolkit.status.reading import FIGURE, SLOS_PER_REQUEST, Source, read_figure_series
from slo_toolkit.status.recorded import matchers
from slo_toolkit.status.series import ERROR_COUNT, RATIO, SLOT, VALID_COUNT, Identity, identity_of
from slo_toolkit.windows import base_window

LEAST_EVENTS = 1e-9
"""Fewer events than this, and more than none, are the noise of floats: nothing can be divided by them."""
_MOST_EVENTS = float(EVENTS.high)

_LAG = SLOT
_VALID, _ERRORS, _RATIO = "valid", "errors", "ratio"


@dataclass(frozen=True, slots=True)
class Step:
    """The events of a stretch of time that ends at `end` (Unix seconds)."""

    end: float
    valid: float
    errors: float


@dataclass(frozen=True, slots=True)
class History:
    """Steps of equal length, oldest first; where nothing was measured there is none."""

    step: Duration
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Chronicle:
    """Reads histories for all statuses together; `specs` for those that no rules record."""

    source: Source
    statuses: Sequence[BudgetStatus]
    specs: Sequence[Slo] = ()

    def histories(self, step: Duration) -> dict[Key, History]:
        """Everything that happened, in steps of `step`, a multiple of five minutes."""
        return self._read(step, only_above_budget=False)

    def hot_slots(self) -> dict[Key, History]:
        """The five minutes in which the budget burned faster than the period allows; the server leaves out the rest.

        Where rules count, a slot has the mean of the rates of five minutes, each over the five before: it tells of the
        middle of these ten, and so do the times here.
        """
        return self._read(SLOT, only_above_budget=True)

    def _read(self, step: Duration, only_above_budget: bool) -> dict[Key, History]:
        found: dict[Key, dict[str, dict[float, float]]] = {}
        recorded = [status for status in self.statuses if status.origin is Origin.RECORDED]
        for together in _by_apart(recorded):
            identities = _by_identity(together)
            expressions = _recorded(together, step, only_above_budget)
            for series in self._ask(expressions, together, step):
                for status in identities.get(identity_of(series.labels), ()):
                    if _tells_of(status, series.labels):
                        _take(found, status.key, series.labels[FIGURE], series)
        for batch, statuses in self._raw_batches():
            expressions = dict(_raw(batch, step, only_above_budget))
            for series in self._ask(expressions, statuses, step):
                index, _, figure = series.labels[FIGURE].partition("/")
                slo = batch[int(index)]
                group = tuple(sorted((n, v) for n, v in series.labels.items() if n != FIGURE))
                _take(found, (slo.service, slo.name, group), figure, series)
        known = {status.key: status for status in self.statuses}
        return {
            key: _history(values, step, known[key], lag=_LAG if only_above_budget else Duration(0))
            for key, values in found.items()
            if key in known
        }

    def _ask(
        self, expressions: Mapping[str, str], statuses: Sequence[BudgetStatus], step: Duration
    ) -> Sequence[Series]:
        """Steps end at whole five minutes, which every zone's clock has alike: nothing is told finer than those."""
        start = min(status.span.start for status in statuses)
        end = max(status.span.at for status in statuses) // SLOT.seconds * SLOT.seconds
        count = max(1, round((end - start) / step.seconds))
        first = end - (count - 1) * step.seconds
        return read_figure_series(self.source, expressions, first, end, step.seconds)

    def _raw_batches(self) -> Iterator[tuple[Sequence[Slo], Sequence[BudgetStatus]]]:
        raw = [status for status in self.statuses if status.origin is Origin.RAW and status.spending]
        wanted = {(status.service, status.slo) for status in raw}
        slos = [slo for slo in self.specs if (slo.service, slo.name) in wanted]
        for start in range(0, len(slos), SLOS_PER_REQUEST):
            batch = slos[start : start + SLOS_PER_REQUEST]
            names = {(slo.service, slo.name) for slo in batch}
            yield batch, [status for status in raw if (status.service, status.slo) in names]


def _recorded(statuses: Sequence[BudgetStatus], step: Duration, only_above_budget: bool) -> dict[str, str]:
    """What to ask of statuses that the same labels tell apart."""
    own = matchers(_id_regex(statuses), _common(statuses))
    valid, errors, ratio = (f"{name}{SLOT}{{{own}}}" for name in (VALID_COUNT, ERROR_COUNT, RATIO))
    identity = ", ".join((*naming.IDENTITY, *statuses[0].apart))
    budget = f"on ({identity}) group_left () max by ({identity}) ({naming.ERROR_BUDGET}{{{own}}})"
    without_counts = any(status.error_events is None for status in statuses)
    if only_above_budget:
        hot = f"({errors} > {valid} * {budget})"
        expressions = {_VALID: f"({valid} and {hot})", _ERRORS: hot}
        return {**expressions, _RATIO: f"({ratio} > {budget})"} if without_counts else expressions
    within = just_within(step)
    expressions = {_VALID: f"sum_over_time({valid}[{within}])", _ERRORS: f"sum_over_time({errors}[{within}])"}
    return {**expressions, _RATIO: f"avg_over_time({ratio}[{within}])"} if without_counts else expressions


def _raw(slos: Sequence[Slo], step: Duration, only_above_budget: bool) -> Iterator[tuple[str, str]]:
    for index, slo in enumerate(slos):
        rates = rates_over(slo, max(step, base_window(slo.scrape_interval)))
        valid, errors = (f"({rate}) * {step.seconds:g}" for rate in (rates.valid, rates.errors))
        if only_above_budget:
            errors = f"({errors} > ({valid}) * {number(slo.objective.error_budget)})"
            valid = f"({valid} and {errors})"
        yield f"{index}/{_VALID}", valid
        yield f"{index}/{_ERRORS}", errors


def _id_regex(statuses: Sequence[BudgetStatus]) -> str | None:
    """Narrows the request to a few SLOs; many are most likely all that there are."""
    from re import escape

    ids = sorted({f"{status.service}-{status.slo}" for status in statuses})
    return "|".join(map(escape, ids)) if len(ids) <= 50 else None


def _by_apart(statuses: Sequence[BudgetStatus]) -> Iterable[list[BudgetStatus]]:
    """The statuses by the names of the labels by which their series meet; mostly all of them together."""
    found: dict[tuple[str, ...], list[BudgetStatus]] = {}
    for status in statuses:
        found.setdefault(tuple(status.apart), []).append(status)
    return found.values()


def _common(statuses: Sequence[BudgetStatus]) -> Labels:
    """The labels that all of the statuses have alike, such as those of the one compilation that is asked for."""
    items = set(statuses[0].apart.items()).intersection(*(status.apart.items() for status in statuses))
    return dict(sorted(items))


def _tells_of(status: BudgetStatus, labels: Labels) -> bool:
    return all(labels.get(name, "") == text for name, text in (*status.group.items(), *status.apart.items()))


def _by_identity(statuses: Sequence[BudgetStatus]) -> dict[Identity, list[BudgetStatus]]:
    found: dict[Identity, list[BudgetStatus]] = {}
    for status in statuses:
        found.setdefault((status.service, status.slo), []).append(status)
    return found


def _take(found: dict[Key, dict[str, dict[float, float]]], key: Key, figure: str, series: Series) -> None:
    points = found.setdefault(key, {}).setdefault(figure, {})
    points.update({time: value for time, value in series.points if _is_figure(value)})


def _is_figure(value: float) -> bool:
    """Whether a value can be one of a plot: a finite number of events. A difference may be a little below 0."""
    return -_MOST_EVENTS < value < _MOST_EVENTS  # not so for NaN


def _history(
    values: Mapping[str, Mapping[float, float]], step: Duration, status: BudgetStatus, lag: Duration
) -> History:
    """Where events are not counted, every second counts as one. What rules counted is of `lag` ago."""
    valid, errors = values.get(_VALID, {}), values.get(_ERRORS, {})
    if not valid:
        ratios = values.get(_RATIO, {})
        valid = dict.fromkeys(ratios, step.seconds)
        errors = {time: ratio * step.seconds for time, ratio in ratios.items()}
        lag = Duration(0)
    ago = lag.seconds if status.origin is Origin.RECORDED else 0
    return History(
        step,
        tuple(
            Step(time - ago, valid[time], errors.get(time, 0.0))
            for time in sorted(valid)
            if time - ago > status.span.start and (valid[time] == 0 or valid[time] > LEAST_EVENTS)
        ),
    )
