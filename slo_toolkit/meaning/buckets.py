"""Whether two queries count all events of one histogram, and those of one bucket of it, series by series.

Only then is it known which series of the one belongs to which of the other. Whatever else a query does keeps its
meaning as its owner wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from slo_toolkit.meaning.tree import inner, is_window, kind, matchers, name, names_window, parse

Matcher = tuple[str, str, str]
"""Label, operator and value."""
Selector = tuple[str, tuple[Matcher, ...]]
"""Metric and matchers."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The selectors of all events and of the bucket, and what both are read with: `rate` or `increase`."""

    every: Selector
    fast: Selector
    function: str


@lru_cache(maxsize=1024)
def pair(whole: str, bucket: str, labels: tuple[str, ...]) -> Pair | None:
    """The two where both queries are plain sums over the same series of one histogram, and keep `labels`.

    None where they are anything else, or cannot be read.
    """
    try:
        every, fast = _plain_sum(parse(whole)), _plain_sum(parse(bucket))
    except (ValueError, RecursionError):
        return None
    if every is None or fast is None or every.function != fast.function:
        return None
    if not set(labels) <= every.labels & fast.labels:
        return None
    same = _histogram(every.selector) == _histogram(fast.selector)
    if not same or not _has_all_events(every.selector) or not _is_a_bucket(fast.selector):
        return None
    return Pair(every.selector, fast.selector, every.function)


@dataclass(frozen=True, slots=True)
class _PlainSum:
    labels: frozenset[str]
    function: str
    selector: Selector


def _plain_sum(node: Any) -> _PlainSum | None:
    """`sum by (...) (rate(metric{...}[{{.window}}]))`, or the same with `increase`."""
    node = inner(node)
    if kind(node) != "AggregateExpr" or name(node) != "sum":
        return None
    modifier = node.modifier
    if modifier is not None and str(modifier.type).endswith("Without"):
        return None
    call = inner(node.expr)
    if name(call) not in ("rate", "increase"):
        return None
    ranged = inner(call.args[0])
    if kind(ranged) != "MatrixSelector" or not is_window(ranged.range):
        return None
    read = ranged.vector_selector
    if read.offset or read.at or read.matchers.or_matchers or names_window(read) or not read.name:
        return None
    labels = frozenset(() if modifier is None else modifier.labels)
    return _PlainSum(labels, name(call), (str(read.name), matchers(read)))


def _histogram(selector: Selector) -> tuple[str, frozenset[Matcher]]:
    """The base name, and every matcher but that of the bound."""
    metric, found = selector
    base = metric.removesuffix("_bucket") if metric.endswith("_bucket") else metric.removesuffix("_count")
    return base, frozenset(matcher for matcher in found if matcher[0] != "le")


def _bounds(selector: Selector) -> list[tuple[str, str]]:
    return [(operator, value) for label, operator, value in selector[1] if label == "le"]


def _has_all_events(selector: Selector) -> bool:
    if selector[0].endswith("_bucket"):
        return _bounds(selector) == [("=", "+Inf")]
    return selector[0].endswith("_count") and not _bounds(selector)


def _is_a_bucket(selector: Selector) -> bool:
    bounds = _bounds(selector)
    return (
        selector[0].endswith("_bucket")
        and len(bounds) == 1
        and bounds[0][0] in ("=", "=~")
        and bounds[0] != ("=", "+Inf")
    )
