"""Queries as trees of the embedded parser, with the look-back of the template told from any other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from slo_toolkit.meaning.text import WINDOW, raw_strings_quoted, without_comments

# A look-back that nobody writes by hand.
_MARK = timedelta(minutes=20, seconds=34, milliseconds=567)
_MARK_TEXT = "20m34s567ms"


def parse(query: str) -> Any:
    """The tree of a query, with a mark for the template's look-back. Raises ValueError where it is no PromQL.

    The embedded parser takes escapes in raw strings, which have none, so they are quoted for it.
    """
    return parse_filled(WINDOW.sub(_MARK_TEXT, without_comments(query)))


def parse_filled(query: str) -> Any:
    """The tree of PromQL without a template. Raises ValueError where it is none, or too deep to be taken apart."""
    import promql_parser

    if len(query) > _MOST_PARTS and sum(map(query.count, "()+-*/^%")) > _MOST_PARTS:
        raise ValueError(f"more than {_MOST_PARTS} operators and parentheses")
    return promql_parser.parse(raw_strings_quoted(query))


_MOST_PARTS = 5000
"""The embedded parser calls itself for each, and goes down with the whole process where its stack ends."""


def kind(node: Any) -> str:
    """The class of a node, such as `Call`."""
    return type(node).__name__


def name(node: Any) -> str:
    """What a node does: a function's name or an operator; empty for the others."""
    match type(node).__name__:
        case "Call":
            return str(node.func.name)
        case "AggregateExpr" | "BinaryExpr":
            return str(node.op)
    return ""


def is_window(length: Any) -> bool:
    """Whether a length of time in a tree is the template's."""
    return bool(length == _MARK)


def names_window(selector: Any) -> bool:
    """Whether a metric's name or a matcher holds the template's look-back: another series for each window."""
    texts = (selector.name or "", *(m.value for m in selector.matchers.matchers))
    return any(_MARK_TEXT in text for text in texts)


def inner(node: Any) -> Any:
    """The node within any number of parentheses."""
    while type(node).__name__ == "ParenExpr":
        node = node.expr
    return node


def children(node: Any) -> Iterator[Any]:
    """The expressions that a node is made of."""
    match type(node).__name__:
        case "Call":
            yield from node.args
        case "BinaryExpr":
            yield node.lhs
            yield node.rhs
        case "AggregateExpr":
            yield node.expr
            if node.param is not None:
                yield node.param
        case "ParenExpr" | "UnaryExpr" | "SubqueryExpr":
            yield node.expr
        case "MatrixSelector":
            yield node.vector_selector


_SIGNS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}


def matchers(selector: Any) -> tuple[tuple[str, str, str], ...]:
    """Label, operator and value of each matcher of a selector, all of which hold."""
    return tuple((m.name, _SIGNS[str(m.op)], m.value) for m in selector.matchers.matchers)


def selectors(node: Any) -> Iterator[Any]:
    """Every selector of series in a tree."""
    if type(node).__name__ == "VectorSelector":
        yield node
    for child in children(node):
        yield from selectors(child)


def constant(node: Any) -> float | None:
    """The value of a number, or of numbers that are put together; None where a node is more than that."""
    node = inner(node)
    match type(node).__name__:
        case "NumberLiteral":
            return float(node.val)
        case "UnaryExpr":
            value = constant(node.expr)
            return None if value is None else -value
        case "BinaryExpr":
            left, right = constant(node.lhs), constant(node.rhs)
            if left is None or right is None:
                return None
            return _computed(str(node.op), left, right)
    return None


def _computed(operator: str, left: float, right: float) -> float | None:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else None
    return None


def is_zero(node: Any) -> bool:
    """Whether a vector is 0 wherever it has a value: `vector(0)`, or anything times 0."""
    node = inner(node)
    if name(node) == "vector":
        return constant(node.args[0]) == 0
    if name(node) == "*":
        return 0 in (constant(node.lhs), constant(node.rhs)) or is_zero(node.lhs) or is_zero(node.rhs)
    return False
