"""Finds series, and two states of them: one in which an SLI counts no errors, and one with nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product

from slo_toolkit.emit.query_conditions import Conditions
from slo_toolkit.emit.query_forms import Measure, State, steps, total
from slo_toolkit.emit.selectors import Selector, Series, series_matching
from slo_toolkit.emit.sli_reading import Count

_MOST_SERIES_OF_AN_EVENT = 3
_MOST_SELECTORS_OF_A_SERIES = 4
_MOST_STATES = 5000
"""What is not found among so many is given up."""

_NOTHING = 1e-9
"""What is left of a difference of two floats that are the same."""


@dataclass(frozen=True, slots=True)
class States:
    """All series there are, in a state without errors and in one of errors alone.

    `mixes`: between the two, the share of the second is the error ratio.
    """

    good: State
    error: State
    mixes: bool


def counter_states(count: Count, fixed: Mapping[str, str]) -> States | None:
    """Where counters alone are counted, every series has a weight in the valid events and one in the errors.

    A good event raises the valid events alone, an error raises both alike.
    """
    read = tuple(count.conditions.read)
    weights = {
        series: tuple(
            sum(weight for term, weight in terms if term.selector.accepts(series)) for terms in count.growth
        )
        for series in _candidates(read, fixed)
    }
    good = _smallest(weights, lambda valid, error: valid > 0 and error == 0)
    if good is None:
        return None
    unit = sum(weights[series][0] for series in good)
    error = _smallest(weights, lambda valid, error: valid == unit and error == unit)
    idle = None if error is None else _idle(read, good | error, fixed)
    if error is None or idle is None:
        return None
    present = good | error | idle
    states = [{series: float(series in grows) for series in present} for grows in (good, error)]
    if not _are_met(count.conditions, present) or not all(_is_allowed(state, count) for state in states):
        return None
    return States(states[0], states[1], mixes=True)


def other_states(count: Count, fixed: Mapping[str, str]) -> States | None:
    """Where levels, divisions or comparisons are counted, a few values are tried for each series."""
    left = _MOST_STATES
    conditions = count.conditions
    read = tuple(conditions.read)
    changing = [s for s in _candidates(read, fixed) if not any(one.accepts(s) for one in conditions.ones)]
    for size in range(1, _MOST_SERIES_OF_AN_EVENT + 1):
        for chosen in combinations(changing, size):
            idle = _idle(read, frozenset(chosen), fixed)
            if idle is None or not _are_met(conditions, {*chosen, *idle}):
                continue
            still = {series: float(any(one.accepts(series) for one in conditions.ones)) for series in idle}
            tried = list(islice(_tried(count, chosen, still), left))
            left -= len(tried)
            if (found := _pair(count, tried)) is not None:
                return found
    return None


def is_counter(series: Series, count: Count) -> bool | None:
    """Whether what is read of `series` is how fast it grows; None where its level is read as well."""
    measures = {term.measure for term in count.measured if term.selector.accepts(series)}
    if {Measure.GROWTH, Measure.LEVEL} <= measures:
        return None
    return Measure.GROWTH in measures


def _pair(count: Count, tried: Sequence[State]) -> States | None:
    """A good state and one of errors among `tried`, with as many valid events in both if there are such."""
    goods, errors = [], []
    for state in tried:
        valid, failed = total(count.valid, state), total(count.errors, state)
        if valid > 0 and _is_allowed(state, count):
            if abs(failed) < _NOTHING:
                goods.append((valid, state))
            elif math.isclose(failed, valid, rel_tol=_NOTHING):
                errors.append((valid, state))
    mixing = [(good, error) for of_good, good in goods for of_error, error in errors if of_good == of_error]
    if mixing:
        return States(*mixing[0], mixes=not count.compares)
    return States(goods[0][1], errors[0][1], mixes=False) if goods and errors else None


def _tried(count: Count, chosen: Sequence[Series], still: State) -> Iterator[State]:
    bounds = {abs(step.bound) for step in (*steps((*count.valid, *count.errors)), *count.conditions.guards)}
    values = dict.fromkeys((0.0, 1.0, *(b * factor for b in sorted(bounds) for factor in (2, 1, 0.5))))
    options = [(*values, *_roots(count, series, still)) for series in chosen]
    for state in product(*options):
        yield {**dict(zip(chosen, state, strict=True)), **still}


def _roots(count: Count, series: Series, still: State) -> Iterator[float]:
    """The values of one series at which a linear count has no errors, and nothing else."""
    (v0, e0), (v1, e1) = (
        (total(count.valid, state), total(count.errors, state))
        for state in ({**still, series: 0.0}, {**still, series: 1.0})
    )
    for at_0, at_1 in ((e0, e1), (e0 - v0, e1 - v1)):
        if at_0 != at_1 and (root := at_0 / (at_0 - at_1)) > 0:
            yield round(root, 9)


def _is_allowed(state: State, count: Count) -> bool:
    """Whether the query has the value of its form: what guards it holds, and what compares is certain."""
    guards = count.conditions.guards
    return all(guard.value(state) == 1 for guard in guards) and all(
        step.is_certain(state) for step in (*guards, *steps((*count.valid, *count.errors)))
    )


def _are_met(conditions: Conditions, present: frozenset[Series] | set[Series]) -> bool:
    """Whether the labels of the series are such that sums have one element, and operands find each other."""

    def found(selectors: frozenset[Selector]) -> list[dict[str, str]]:
        return [dict(each.labels) for each in present if any(s.accepts(each) for s in selectors)]

    return all(
        len({labels.get(name, "") for labels in found(selectors)}) <= 1
        for name, selectors in conditions.alike
    ) and all(len({tuple(sorted(labels.items())) for labels in found(s)}) <= 1 for s in conditions.lone)


def _idle(
    read: Sequence[Selector], chosen: frozenset[Series], fixed: Mapping[str, str]
) -> frozenset[Series] | None:
    """A series for each selector that finds none yet: a sum of several needs them all."""
    missing = [selector for selector in read if not any(map(selector.accepts, chosen))]
    idle = [series_matching(selector.metric, [selector], [], fixed) for selector in missing]
    found = frozenset(series for series in idle if series is not None)
    return found if None not in idle else None


def _smallest(
    candidates: Mapping[Series, tuple[float, ...]], wanted: Callable[[float, float], bool]
) -> frozenset[Series] | None:
    """The fewest series that together have the wanted weights in the valid events and in the errors."""
    for size in range(1, _MOST_SERIES_OF_AN_EVENT + 1):
        for series in combinations(candidates, size):
            if wanted(sum(candidates[s][0] for s in series), sum(candidates[s][1] for s in series)):
                return frozenset(series)
    return None


def _candidates(selectors: Sequence[Selector], fixed: Mapping[str, str]) -> Iterator[Series]:
    """A series for every set of selectors of one metric that matches these and no other."""
    for metric in dict.fromkeys(selector.metric for selector in selectors):
        same = [selector for selector in selectors if selector.metric == metric]
        for size in range(1, min(len(same), _MOST_SELECTORS_OF_A_SERIES) + 1):
            for wanted in combinations(same, size):
                unwanted = [selector for selector in same if selector not in wanted]
                series = series_matching(metric, wanted, unwanted, fixed)
                if series is not None:
                    yield series
