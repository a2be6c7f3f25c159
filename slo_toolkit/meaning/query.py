"""Everything that a query of the user's tells, read once and kept: a thousand SLOs repeat few forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from slo_toolkit.meaning.absence import divides, histograms, matcher_value, needed_selectors, subtracts
from slo_toolkit.meaning.labels import ALL, ResultLabels, result_labels
from slo_toolkit.meaning.linear import UNITS, Linear, NotLinearError, Term, Unit, linear
from slo_toolkit.meaning.text import WINDOW, cut, unwrapped, without_comments
from slo_toolkit.meaning.tree import (
    children,
    constant,
    inner,
    is_window,
    kind,
    matchers,
    name,
    names_window,
    parse,
    selectors,
)


@dataclass(frozen=True, slots=True)
class Query:
    """`linear` is None where the query must be read over each window as a whole; `culprit` says why.

    `subtracts` tells that its emptiness need not mean 0. `unit` is what it counts in, where all functions over its
    look-back agree.
    """

    labels: ResultLabels
    linear: Linear | None
    culprit: str = ""
    subtracts: bool = False
    unit: Unit | None = None
    known: bool = True
    """Whether the embedded parser could read it."""


_UNREADABLE = (ValueError, RecursionError)
"""A query that is no PromQL to the embedded parser, or deeper than Python goes."""

# The form of nine queries in ten, which needs no tree.
_SUM_OF_RATES = re.compile(
    r"sum\s*(?:by\s*\(([\w\s,]*)\)\s*)?"
    r"\(\s*(rate|increase)\s*\(\s*[A-Za-z_:][\w:]*\s*"
    r"""(?:\{(?:[^{}"'`#]|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')*\})?"""
    rf"\s*\[\s*{WINDOW.pattern}\s*\]\s*\)\s*\)\s*(?:by\s*\(([\w\s,]*)\))?"
)


@lru_cache(maxsize=4096)
def read(query: str) -> Query:
    """What a query tells. One that the embedded parser cannot read is taken as it stands."""
    query = without_comments(query).strip()
    if simple := _SUM_OF_RATES.fullmatch(query):
        before, function, behind = simple.groups()
        names = tuple(label for part in (before or behind or "").split(",") if (label := part.strip()))
        unit = UNITS[function]
        return Query(ResultLabels(names), Linear((Term(query),), unit), unit=unit)
    try:
        tree = parse(query)
        labels, negative = result_labels(tree), subtracts(tree)
    except _UNREADABLE:
        return Query(ALL, None, "unknown PromQL", subtracts=True, known=False)
    try:
        found = linear(tree, query)
    except NotLinearError as reason:
        functions = list(_window_functions(tree))
        units = {UNITS.get(function, Unit.PER_SECOND) for function in functions}
        # What is applied to the look-back is nearer to the reason than what is applied to that.
        culprit = next((function for function in functions if function not in UNITS), reason.culprit)
        return Query(labels, None, culprit, negative, units.pop() if len(units) == 1 else None)
    except _UNREADABLE:  # its text could not be cut where its tree is
        return Query(labels, None, "text that is hard to take apart", negative)
    return Query(labels, found, "", negative, found.unit)


@lru_cache(maxsize=256)
def needed(query: str) -> frozenset[str]:
    """The selectors without whose series the query is empty; none where it cannot be read."""
    try:
        return needed_selectors(parse(query))
    except _UNREADABLE:
        return frozenset()


@lru_cache(maxsize=256)
def witnesses(query: str) -> tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]:
    """The series of a query that answers without any of them: metric, and label, operator and value of each matcher.

    None of a query whose own emptiness tells, as that of all but `... or vector(0)` does, or that cannot be read.
    """
    try:
        tree = parse(query)
    except _UNREADABLE:
        return ()
    if needed_selectors(tree):
        return ()
    return tuple(dict.fromkeys((node.name or "", matchers(node)) for node in selectors(tree)))


@lru_cache(maxsize=256)
def may_be_nan(query: str) -> bool:
    """Whether the query can give NaN where nothing happened. One that cannot be read may."""
    try:
        return divides(parse(query))
    except _UNREADABLE:
        return True


@lru_cache(maxsize=1024)
def is_born_with(buckets: str, whole: str) -> bool:
    """Whether a query reads buckets that are there whenever `whole` is: of the same series of the same histogram."""
    if _BOUND.search(buckets) is None:
        return False
    try:
        return histograms(parse(buckets)) <= histograms(parse(whole))
    except _UNREADABLE:
        return False


_BOUND = re.compile(r"""[{,]\s*le\s*=~?\s*["'`]""")


@lru_cache(maxsize=256)
def series_of(query: str) -> tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]:
    """Metric and matchers of each selector; none where one of them looks elsewhere than at now, or cannot be read."""
    try:
        found = tuple(selectors(parse(query)))
    except _UNREADABLE:
        return ()
    if any(each.offset or each.at or each.matchers.or_matchers or names_window(each) for each in found):
        return ()
    return tuple(dict.fromkeys((each.name or "", matchers(each)) for each in found))


def pinned(query: str, label: str) -> str | None:
    """The one value of `label` that every selector of the query lets through; None where there may be several."""
    try:
        values = {matcher_value(node, label) for node in selectors(parse(query))}
    except _UNREADABLE:
        return None
    return values.pop() if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Quotient:
    """A ratio of two sums of events: `counted` by `valid`, or 1 less that where it counts the good ones."""

    counted: str
    valid: str
    counts_good: bool


@lru_cache(maxsize=4096)
def quotient(query: str) -> Quotient | None:
    """The two sums of a raw ratio, each to be made from pieces; None where it is anything else."""
    query = unwrapped(without_comments(query))
    try:
        found = _quotient(parse(query), query)
        if found is None:
            return None
        counted, valid = read(found.counted), read(found.valid)
    except _UNREADABLE:
        return None
    if counted.linear is None or valid.linear is None or counted.linear.unit is not valid.linear.unit:
        return None
    # Several series, or stand-ins for what is absent, are more than two sums.
    same = not counted.labels.open_ and set(counted.labels.names) == set(valid.labels.names)
    return found if same and not counted.linear.zero and not valid.linear.zero else None


def _quotient(node: Any, text: str) -> Quotient | None:
    match kind(node), name(node):
        case "ParenExpr", _:
            return _quotient(inner(node), unwrapped(text))
        case "BinaryExpr", "-" if constant(node.lhs) == 1:
            rest = _quotient(node.rhs, cut(text, "-")[1])
            if rest is None:
                return None
            return Quotient(rest.counted, rest.valid, not rest.counts_good)
        case "BinaryExpr", "/" if constant(node.lhs) is None and constant(node.rhs) is None:
            if node.modifier is not None and not str(node.modifier.card).endswith("OneToOne"):
                return None
            counted, valid = cut(text, "/")
            return Quotient(unwrapped(counted), unwrapped(valid), counts_good=False)
    return None


def _window_functions(node: Any) -> Iterator[str]:
    """The functions that are applied to the look-back, from the left."""
    if kind(node) == "Call":
        for arg in map(inner, node.args):
            if kind(arg) in ("MatrixSelector", "SubqueryExpr") and is_window(arg.range):
                yield name(node)
    for child in children(node):
        yield from _window_functions(child)
