"""Filters of scope that only one of two queries has: errors of one cluster over the total of all.

Matchers say two kinds of things. Some say how an event ended (`code=~"5.."`), which is what errors differ
from the total by. Others say where it happened or what was asked for, which both queries must share. The
name of a label tells which, and where it does not, so do its value and the metrics of both queries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from slo_toolkit.spec.first_look import WORD, Says, says, vocabulary
from slo_toolkit.spec.flaws import Place
from slo_toolkit.spec.query_trees import Matcher, Term, terms

_BAD_OR_GOOD = re.compile(
    r"(?i).*(?:err|fail|succe|ok|timeout|time_out|reject|denied|drop|invalid|abort|cancel|lost|bad|good|slow|fast"
    r"|retr|dead|[1-5](?:xx|\.\.|\\d|\[0-9\])|exception|crash|expired|miss|hit|unavailable|true|false).*"
)
_ANYTHING = frozenset((("=~", ".*"), ("=~", ".+"), ("!=", "")))
_PLAIN_ALTERNATIVES = re.compile(r"[\w\-./: @|\\]+")


@dataclass(frozen=True, slots=True)
class _Filter:
    """What a matcher demands of a label, the same for each way to write it."""

    label: str
    excludes: bool
    values: frozenset[str]
    written: Matcher


def _filter(matcher: Matcher) -> _Filter | None:
    """None where every series passes."""
    if (matcher.op, matcher.value) in _ANYTHING:
        return None
    value = matcher.value
    values = [value]
    if matcher.op.endswith("~"):
        value = value.removeprefix("^").removesuffix("$")
        inner = value[1:-1] if value.startswith("(") and value.endswith(")") else value
        if _PLAIN_ALTERNATIVES.fullmatch(inner):
            values = inner.replace("\\.", ".").split("|")
    return _Filter(matcher.name, matcher.op.startswith("!"), frozenset(values), matcher)


class _Side:
    """One of the two queries: its selectors, and what each of them demands."""

    def __init__(self, node: Any) -> None:
        self.selectors: dict[Term, dict[str, _Filter]] = {}
        for term in terms(node):
            filters = [found for matcher in term.matchers if (found := _filter(matcher)) is not None]
            self.selectors[term] = {found.label: found for found in filters}

    def all(self, label: str) -> list[_Filter]:
        return [filters[label] for filters in self.selectors.values() if label in filters]

    def of_metric(self, base: str) -> list[dict[str, _Filter]]:
        return [filters for term, filters in self.selectors.items() if term.base == base]

    def values(self, label: str) -> frozenset[str]:
        """The values that all selectors together take, none where one of them excludes some."""
        found = self.all(label)
        if any(each.excludes for each in found):
            return frozenset()
        return frozenset().union(*(each.values for each in found))

    def demands(self, demand: _Filter) -> bool:
        return any(
            (each.excludes, each.values) == (demand.excludes, demand.values)
            for each in self.all(demand.label)
        )


def warn_scopes(counted: Any, total: Any, at: Place, counted_name: str, total_name: str) -> None:
    """Warn of each label by which one of two queries counts a smaller part of the world than the other."""
    few, all_ = _Side(counted), _Side(total)
    if not all_.selectors:  # a constant, for a query that is a ratio already
        return
    told: set[str] = set()
    for demand in _extras(few, all_):
        if demand.label in told:
            continue
        told.add(demand.label)
        others = all_.all(demand.label)
        if others:
            message = f"{counted_name} counts {demand.written}, and {total_name} {others[0].written}"
            at.warn(message, "make both count the same events", rule="scope")
            continue
        message = f"{counted_name} counts only {demand.written}, and {total_name} everything"
        hint = f"write {demand.written} in {total_name}, too, or in neither"
        at.warn(message, hint, rule="scope")
    for demand in _missing(few, all_):
        if demand.label not in told:
            told.add(demand.label)
            message = f"{total_name} counts only {demand.written}, and {counted_name} everything"
            hint = f"write {demand.written} in {counted_name}, too, or in neither"
            at.warn(message, hint, rule="scope")


def _extras(few: _Side, all_: _Side) -> Iterator[_Filter]:
    """What the events demand and the total does not."""
    for term, filters in few.selectors.items():
        same = all_.of_metric(term.base)
        extras = [
            demand
            for demand in filters.values()
            if not all_.demands(demand) and not _covered(demand, few, all_) and not _renamed(demand, all_)
        ]
        has_outcome = any(_is_outcome(demand) for demand in extras)
        for demand in extras:
            if _is_outcome(demand):
                continue
            if same:
                tells = _tells_of_one_metric(demand, has_outcome)
            else:
                tells = _tells_of_two_metrics(demand, term, filters, all_)
            if tells:
                yield demand


def _covered(demand: _Filter, few: _Side, all_: _Side) -> bool:
    """Whether all selectors of the events together take every value that the total takes."""
    wanted = all_.values(demand.label)
    return bool(wanted) and wanted <= few.values(demand.label)


def _renamed(demand: _Filter, all_: _Side) -> bool:
    """Whether the total demands the same values of a label with another name: `app` and `service`."""
    return says(demand.label) is not Says.PLACE and any(
        each.values == demand.values and each.excludes == demand.excludes
        for filters in all_.selectors.values()
        for each in filters.values()
    )


def _is_outcome(demand: _Filter) -> bool:
    meaning = says(demand.label)
    if meaning is Says.UNKNOWN:
        return all(map(_BAD_OR_GOOD.fullmatch, demand.values))
    return meaning is Says.OUTCOME


def _tells_of_one_metric(demand: _Filter, has_outcome: bool) -> bool:
    """Something must tell the events from the total. A queue or a path can, a cluster or a job cannot."""
    return has_outcome or says(demand.label) in (Says.PLACE, Says.TARGET)


def _tells_of_two_metrics(demand: _Filter, term: Term, filters: dict[str, _Filter], all_: _Side) -> bool:
    """A metric of its own has labels of its own, unless both come from one program or their names say so."""
    meaning = says(demand.label)
    if meaning is Says.PLACE:
        return True
    if all_.all(demand.label) or _scoped_otherwise(filters, all_):
        return False
    return meaning is Says.TARGET or any(_kin(term.base, other.base) for other in all_.selectors)


def _scoped_otherwise(filters: dict[str, _Filter], all_: _Side) -> bool:
    """Whether the total has filters of its own, by labels that the events do not have."""
    return any(
        says(label) in (Says.TARGET, Says.REQUEST) and label not in filters
        for others in all_.selectors.values()
        for label in others
    )


_COMMON_WORDS = vocabulary(
    """
    total count sum bucket error errors err fail failed failure failures success successful ok request
    requests req response responses event events call calls attempts attempt seconds duration latency
    http grpc rpc rate all good bad valid invalid
    """
)


def _kin(metric: str, other: str) -> bool:
    """Whether two names speak of one thing: `auth_failed_total` and `auth_total`."""
    own, others = _own_words(metric), _own_words(other)
    return not own or not others or bool(own & others)


def _own_words(metric: str) -> set[str]:
    words = {word.lower().removesuffix("s") for word in WORD.findall(metric) if len(word) > 2}
    return words - {word.removesuffix("s") for word in _COMMON_WORDS}


def _missing(few: _Side, all_: _Side) -> Iterator[_Filter]:
    """What every selector of a metric demands in the total, and one of the same metric in the events does not."""
    for term, filters in few.selectors.items():
        same: Sequence[dict[str, _Filter]] = all_.of_metric(term.base)
        for label in _shared_labels(same):
            demand = same[0][label]
            if label not in filters and says(label) in (Says.PLACE, Says.TARGET, Says.REQUEST):
                values = [(each.excludes, each.values) for each in filters.values()]
                if (demand.excludes, demand.values) not in values:
                    yield demand


def _shared_labels(selectors: Iterable[dict[str, _Filter]]) -> list[str]:
    first, *rest = list(selectors) or [{}]
    return [label for label in first if all(label in other for other in rest)]
