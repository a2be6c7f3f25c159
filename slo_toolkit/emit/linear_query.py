"""Queries that are sums of rates of counters: what one event of each selector adds to their value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from slo_toolkit.emit.selectors import Matcher, Selector
from slo_toolkit.plan.ladder import BASE
from slo_toolkit.promql import fill_window

_OPERATORS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}


@lru_cache(maxsize=256)
def weights(query: str, groups: tuple[str, ...]) -> Mapping[Selector, float] | None:
    """The weight of each selector in `query`, None where it is not linear in the rates of counters.

    `groups` are the labels that its sums may keep.
    """
    import promql_parser

    found: dict[Selector, float] = {}
    try:
        for selector, weight in _Linear(frozenset(groups)).terms(
            promql_parser.parse(fill_window(query, BASE))
        ):
            found[selector] = found.get(selector, 0) + weight
    except (ValueError, _NotLinearError):
        return None
    return found


class _NotLinearError(Exception):
    """The query does something else than adding rates."""


@dataclass(frozen=True, slots=True)
class _Linear:
    """Takes a query apart; `groups` are the labels that its sums may keep."""

    groups: frozenset[str]

    def terms(self, node: Any, factor: float = 1.0) -> Iterator[tuple[Selector, float]]:
        match type(node).__name__, _operator(node):
            case "AggregateExpr", "sum":
                yield from self._rates(node.expr, factor)
            case "BinaryExpr", "+" | "-" as op:
                self._check_labels(node.lhs)
                self._check_labels(node.rhs)
                yield from self.terms(node.lhs, factor)
                yield from self.terms(node.rhs, factor if op == "+" else -factor)
            case "ParenExpr", _:
                yield from self.terms(node.expr, factor)
            case _:
                yield from self._rates(node, factor)

    def _rates(self, node: Any, factor: float) -> Iterator[tuple[Selector, float]]:
        """What may stand within a sum; a query without one is summed by the plan."""
        match type(node).__name__, _operator(node):
            case "ParenExpr", _:
                yield from self._rates(node.expr, factor)
            case "Call", "rate" | "increase" | "irate":
                yield _selector(node.args[0]), factor
            case "AggregateExpr", "sum":
                yield from self._rates(node.expr, factor)
            case "BinaryExpr", "or" if _is_zero(node.rhs):
                yield from self.terms(node.lhs, factor)
            case "BinaryExpr", "*" | "/" as op if (number := getattr(node.rhs, "val", 0)) > 0:
                yield from self.terms(node.lhs, factor * number if op == "*" else factor / number)
            case _:
                raise _NotLinearError

    def _check_labels(self, node: Any) -> None:
        """An operand that keeps labels finds its partner only where both have the same."""
        while type(node).__name__ == "ParenExpr":
            node = node.expr
        kept = getattr(node, "modifier", None)
        if type(node).__name__ == "BinaryExpr":
            return
        if type(node).__name__ != "AggregateExpr" or (kept is not None and set(kept.labels) - self.groups):
            raise _NotLinearError


def _operator(node: Any) -> str:
    if type(node).__name__ == "Call":
        return str(node.func.name)
    return str(getattr(node, "op", ""))


def _is_zero(node: Any) -> bool:
    """`vector(0)`, which people write for a series that is not there."""
    return _operator(node) == "vector" and getattr(node.args[0], "val", None) == 0


def _selector(ranged: Any) -> Selector:
    if type(ranged).__name__ != "MatrixSelector":
        raise _NotLinearError
    node = ranged.vector_selector
    matchers = tuple(Matcher(m.name, _OPERATORS[str(m.op)], m.value) for m in node.matchers.matchers)
    if not node.name or node.offset is not None or node.at is not None or node.matchers.or_matchers:
        raise _NotLinearError
    return Selector(node.name, matchers)
