"""Which SLOs can be simulated in one test: those whose queries do not count each other's series.

promtool evaluates every rule of a file in every test, so few tests with many SLOs each are quick.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from slo_toolkit.emit.selectors import Selector, Series
from slo_toolkit.emit.source_series import Source

Place: TypeAlias = tuple[str, str, str]
"""A metric with one label and its value; without a label it is the metric alone."""


def groups_of(sources: Mapping[str, Source]) -> list[list[str]]:
    """The keys of `sources`, in their order, in as few groups as come of taking the first that fits."""
    if len(sources) == 1:
        return [list(sources)]
    companies: list[_Company] = []
    groups: list[list[str]] = []
    for key, source in sources.items():
        index = next((i for i, company in enumerate(companies) if company.is_undisturbed_by(source)), None)
        if index is None:
            index = len(companies)
            companies.append(_Company())
            groups.append([])
        companies[index].take(source)
        groups[index].append(key)
    return groups


class _Company:
    """The sources of one test, found by the metric and a label, so that a thousand are no million pairs."""

    def __init__(self) -> None:
        self._series: defaultdict[Place, list[Series]] = defaultdict(list)
        self._selectors: defaultdict[Place, list[Selector]] = defaultdict(list)

    def take(self, source: Source) -> None:
        for series in source.all:
            for place in _places(series):
                self._series[place].append(series)
        for selector in source.read:
            self._selectors[_narrowest(selector)].append(selector)

    def is_undisturbed_by(self, source: Source) -> bool:
        return not (self._is_read_by(source.read) or self._reads(source.all))

    def _is_read_by(self, selectors: Iterable[Selector]) -> bool:
        return any(
            selector.accepts(series)
            for selector in selectors
            for series in self._series.get(_narrowest(selector), ())
        )

    def _reads(self, strangers: Iterable[Series]) -> bool:
        return any(
            selector.accepts(series)
            for series in strangers
            for place in _places(series)
            for selector in self._selectors.get(place, ())
        )


def _narrowest(selector: Selector) -> Place:
    """A place where every series stands that the selector accepts."""
    for matcher in selector.matchers:
        if matcher.op == "=" and matcher.value:
            return selector.metric, matcher.name, matcher.value
    return selector.metric, "", ""


def _places(series: Series) -> Iterator[Place]:
    yield series.metric, "", ""
    for name, value in series.labels:
        yield series.metric, name, value
