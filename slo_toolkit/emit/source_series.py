"""Series that make an SLI count good events or errors, found by reading its queries.

Where a query is linear in the rates of counters, every series has a weight in it: a good event is a set of
series that raises the valid events alone, an error one that raises both alike. What is not understood gives
None, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TypeAlias

from slo_toolkit.emit.linear_query import weights
from slo_toolkit.emit.selectors import Selector, Series, series_matching
from slo_toolkit.promql import le_matcher
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Sli, Slo

_MOST_SERIES_OF_AN_EVENT = 3


@dataclass(frozen=True, slots=True)
class EventSeries:
    """What grows with every good event, what with every error, what must only be there, what is read."""

    good: frozenset[Series]
    error: frozenset[Series]
    idle: frozenset[Series]
    read: tuple[Selector, ...]

    @property
    def all(self) -> list[Series]:
        return sorted(self.good | self.error | self.idle, key=str)

    @property
    def only_errors(self) -> frozenset[Series]:
        """The series that do not exist before the first error."""
        return self.error - self.good


@dataclass(frozen=True, slots=True)
class GaugeSeries:
    """A probe: one gauge whose mean is the share of good events."""

    series: Series
    read: tuple[Selector, ...]

    @property
    def all(self) -> list[Series]:
        return [self.series]


Source: TypeAlias = EventSeries | GaugeSeries


def source_series(slo: Slo) -> Source | None:
    """The series behind the SLI of `slo`, None where its queries are not understood."""
    return _source_series(slo.sli, slo.group_by)


@lru_cache(maxsize=4096)
def _source_series(sli: Sli, group_by: tuple[str, ...]) -> Source | None:
    groups = dict.fromkeys(group_by, "example")
    if isinstance(sli, ProbeSli):
        return _gauge_series(sli, groups)
    queries = _queries(sli)
    if queries is None:
        return None
    valid, counted = weights(queries.total, group_by), weights(queries.counted, group_by)
    if valid is None or counted is None:
        return None
    errors = _difference(valid, counted) if queries.counts_good else counted
    return _event_series(valid, errors, groups)


def unknown_reason(slo: Slo) -> str:
    """Why an SLI has no series to test it with, in words."""
    match slo.sli:
        case RawSli():
            return "the SLI is a ratio of its own, so there are no events to simulate"
        case LatencySli(native=True):
            return "not every promtool can simulate native histograms"
        case _:
            return "its queries are more than sums of rates of counters"


@dataclass(frozen=True, slots=True)
class _Queries:
    total: str
    counted: str
    counts_good: bool


def _queries(sli: Sli) -> _Queries | None:
    match sli:
        case EventSli(total, str() as errors):
            return _Queries(total, errors, counts_good=False)
        case EventSli(total, None, str() as good):
            return _Queries(total, good, counts_good=True)
        case AvailabilitySli(metric, errors, matchers):
            return _Queries(_rate(metric, matchers), _rate(metric, matchers, errors), counts_good=False)
        case LatencySli(histogram, threshold, matchers, native=False):
            bucket = _rate(f"{histogram}_bucket", matchers, le_matcher(threshold))
            return _Queries(_rate(f"{histogram}_count", matchers), bucket, counts_good=True)
        case _:
            return None


def _rate(metric: str, *matchers: str) -> str:
    inner = ",".join(matcher.strip().strip(",") for matcher in matchers if matcher.strip())
    return f"sum(rate({metric}{{{inner}}}[{{{{.window}}}}]))"


def _gauge_series(sli: ProbeSli, fixed: Mapping[str, str]) -> GaugeSeries | None:
    selectors = tuple(weights(_rate(sli.metric, sli.filter), ()) or ())
    series = series_matching(sli.metric, selectors, (), fixed)
    return GaugeSeries(series, selectors) if series is not None else None


def _difference(
    minuend: Mapping[Selector, float], subtrahend: Mapping[Selector, float]
) -> dict[Selector, float]:
    selectors = dict.fromkeys((*minuend, *subtrahend))
    return {selector: minuend.get(selector, 0) - subtrahend.get(selector, 0) for selector in selectors}


def _event_series(
    valid: Mapping[Selector, float], errors: Mapping[Selector, float], fixed: Mapping[str, str]
) -> EventSeries | None:
    read = tuple(dict.fromkeys((*valid, *errors)))
    candidates = {
        series: (_weight(series, valid), _weight(series, errors)) for series in _candidates(read, fixed)
    }
    good = _smallest(candidates, lambda valid, error: valid > 0 and error == 0)
    if good is None:
        return None
    unit = sum(candidates[series][0] for series in good)
    error = _smallest(candidates, lambda valid, error: valid == unit and error == unit)
    if error is None:
        return None
    missing = [selector for selector in read if not any(map(selector.accepts, good | error))]
    idle = [series_matching(selector.metric, [selector], [], fixed) for selector in missing]
    return EventSeries(good, error, frozenset(series for series in idle if series is not None), read)


def _weight(series: Series, selectors: Mapping[Selector, float]) -> float:
    return sum(weight for selector, weight in selectors.items() if selector.accepts(series))


def _smallest(
    candidates: Mapping[Series, tuple[float, float]], wanted: Callable[[float, float], bool]
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
        for size in range(1, len(same) + 1):
            for wanted in combinations(same, size):
                unwanted = [selector for selector in same if selector not in wanted]
                series = series_matching(metric, wanted, unwanted, fixed)
                if series is not None:
                    yield series
