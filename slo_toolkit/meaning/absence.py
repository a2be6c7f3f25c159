"""What it tells when a query returns nothing: no events of its kind, or that nothing is known."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any

from slo_toolkit.meaning.tree import children, constant, inner, kind, name, selectors

_ALWAYS_THERE = frozenset({"vector", "time", "absent", "absent_over_time", "pi", "scalar"})


def needed_selectors(node: Any) -> frozenset[str]:
    """The selectors without whose series a query is empty, as text that is the same for the same series."""
    node = inner(node)
    match kind(node):
        case "VectorSelector":
            return frozenset({selector_text(node)})
        case "Call" if name(node) in _ALWAYS_THERE:
            return frozenset()
        case "BinaryExpr" if name(node) == "or":
            return needed_selectors(node.lhs) & needed_selectors(node.rhs)
        case "BinaryExpr" if name(node) == "unless":
            return needed_selectors(node.lhs)
    return reduce(frozenset.union, (needed_selectors(child) for child in children(node)), frozenset())


def subtracts(node: Any) -> bool:
    """Whether anything is subtracted in a query, so that more events of a series mean less of its value."""
    return any(
        (kind(each) == "BinaryExpr" and name(each) == "-") or kind(each) == "UnaryExpr" for each in _all(node)
    )


def divides(node: Any) -> bool:
    """Whether a query can give NaN where nothing happened: 0 by 0, or a quantile of no observations."""
    return any(
        (name(each) in ("/", "%") and constant(each.rhs) is None) or name(each) in _NAN_OF_NOTHING
        for each in _all(node)
    )


_NAN_OF_NOTHING = frozenset({"histogram_quantile", "histogram_fraction", "histogram_avg"})


def selector_text(node: Any) -> str:
    """A selector without what it looks at: its metric and its matchers, sorted."""
    matchers = sorted(f"{m.name}{m.op}{m.value!r}" for m in node.matchers.matchers)
    either = [sorted(f"{m.name}{m.op}{m.value!r}" for m in group) for group in node.matchers.or_matchers]
    return f"{node.name or ''}{matchers}{either or ''}"


def histograms(node: Any) -> frozenset[tuple[str, frozenset[tuple[str, str, str]]]]:
    """The base names of the histograms that a query reads, each with its matchers but for the bound."""
    return frozenset(
        (
            (selector.name or "").removesuffix("_bucket").removesuffix("_count"),
            frozenset((m.name, str(m.op), m.value) for m in selector.matchers.matchers if m.name != "le"),
        )
        for selector in selectors(node)
    )


def matcher_value(selector: Any, label: str) -> str | None:
    """The value that a selector asks of a label; None where it takes several."""
    equal = [m.value for m in selector.matchers.matchers if m.name == label and str(m.op) == "MatchOp.Equal"]
    return str(equal[0]) if equal else None


def _all(node: Any) -> Iterator[Any]:
    yield node
    for child in children(node):
        yield from _all(child)
