"""A user's query as the tree of promql_parser: what it counts, by what it is scaled, and parts written again.

The trees are read for warnings alone, so what is not understood gives nothing here, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from slo_toolkit.meaning.text import STRING, WINDOW
from slo_toolkit.meaning.tree import inner, kind, matchers, parse_filled

# A look-back that nobody writes, so that the template can be put back in its place.
_LOOK_BACK = "1h37m13s"
_SPACE = re.compile(rf"{STRING.pattern}|(?P<open>[(]\s+)|(?P<close>\s+[)])|(?P<space>\s+)")
_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
_INFINITE = frozenset(("+Inf", "Inf", "+inf", "inf"))


@lru_cache(maxsize=16)
def tree_of(query: str) -> Any | None:
    """The tree of a query; None where the embedded parser does not take it, of which others tell."""
    try:
        return parse_filled(WINDOW.sub(_LOOK_BACK, query))
    except ValueError:
        return None


def text_of(node: Any) -> str:
    """A part of a query in one line, with `{{.window}}` in its place."""
    text: str = _SPACE.sub(_in_one_line, node.prettify().strip())
    return text.replace(_LOOK_BACK, "{{.window}}")


def _in_one_line(match: re.Match[str]) -> str:
    if match["open"]:
        return "("
    if match["close"]:
        return ")"
    return " " if match["space"] else match[0]


def operator(node: Any) -> str:
    """The operator of a binary expression; empty for everything else."""
    return str(node.op) if kind(node) == "BinaryExpr" else ""


def literal(node: Any) -> Decimal | None:
    """The finite number that `2` and `vector(2)` stand for; None for everything else."""
    node = inner(node)
    match kind(node):
        case "NumberLiteral":
            number = Decimal(repr(float(node.val)))
            return number if number.is_finite() else None
        case "UnaryExpr":
            value = literal(node.expr)
            return None if value is None else -value
        case "Call" if node.func.name == "vector":
            return literal(node.args[0])
    return None


def is_scalar(node: Any) -> bool:
    """Whether an expression is a number without labels, which no fallback can stand beside."""
    node = inner(node)
    match kind(node):
        case "NumberLiteral":
            return True
        case "Call":
            return str(node.func.return_type).endswith("Scalar")
        case "UnaryExpr":
            return is_scalar(node.expr)
        case "BinaryExpr":
            return is_scalar(node.lhs) and is_scalar(node.rhs)
    return False


def is_nothing(node: Any) -> bool:
    """Whether an expression is 0 wherever it has a value: `vector(0)`, `0 * x`."""
    node = inner(node)
    if operator(node) == "*":
        return is_nothing(node.lhs) or is_nothing(node.rhs)
    return literal(node) == 0


@dataclass(frozen=True, slots=True)
class Matcher:
    """`name op "value"` of a selector."""

    name: str
    op: str
    value: str

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.name}{self.op}"{escaped}"'


_HISTOGRAM = re.compile(r"(.+)_(bucket|count|sum)")


@dataclass(frozen=True, slots=True)
class Term:
    """A selector in a query. `sign` is 1 where more of it is more, -1 where it is less, 0 for divisors."""

    metric: str
    matchers: tuple[Matcher, ...]
    sign: int

    @property
    def base(self) -> str:
        """The metric, of a histogram's series the histogram."""
        match = _HISTOGRAM.fullmatch(self.metric)
        return match[1] if match else self.metric

    @property
    def bound(self) -> Matcher | None:
        """The matcher of a finite bucket's `le`."""
        if not self.metric.endswith("_bucket"):
            return None
        found = [m for m in self.matchers if m.name == "le" and m.op in ("=", "=~")]
        return found[0] if found and found[0].value not in _INFINITE else None

    @property
    def is_count(self) -> bool:
        """Whether it counts every event of a histogram."""
        if self.metric.endswith("_bucket"):
            return any(m.name == "le" and m.op == "=" and m.value in _INFINITE for m in self.matchers)
        return self.metric.endswith("_count")


def terms(node: Any, sign: int = 1) -> Iterator[Term]:
    """The selectors whose values a query counts, without those that only say when it counts at all."""
    match kind(node):
        case "VectorSelector":
            yield _term(node, sign)
        case "MatrixSelector":
            yield _term(node.vector_selector, sign)
        case "ParenExpr" | "SubqueryExpr" | "AggregateExpr":
            yield from terms(node.expr, sign)
        case "UnaryExpr":
            yield from terms(node.expr, -sign)
        case "Call":
            for argument in node.args:
                yield from terms(argument, sign)
        case "BinaryExpr" if not is_nothing(node):
            yield from terms(node.lhs, sign)
            yield from _terms_behind(operator(node), node.rhs, sign)


def _terms_behind(op: str, node: Any, sign: int) -> Iterator[Term]:
    if op in ("and", "unless"):
        return
    if op == "-":
        sign = -sign
    elif op == "/" or op in _COMPARISONS:
        sign = 0
    yield from terms(node, sign)


def _term(selector: Any, sign: int) -> Term:
    found = tuple(Matcher(*parts) for parts in matchers(selector))
    name = selector.name or next((each.value for each in found if each.name == "__name__"), "")
    return Term(name, tuple(each for each in found if each.name != "__name__"), sign)


def scale(node: Any) -> Decimal:
    """What a query's values are multiplied with by literal numbers: 100 for `100 * x` and for `100 - x`."""
    node = inner(node)
    if (number := literal(node)) is not None:
        return number
    match kind(node):
        case "UnaryExpr" | "SubqueryExpr":
            return scale(node.expr)
        case "AggregateExpr":
            return Decimal(1) if str(node.op).startswith(("count", "group")) else scale(node.expr)
        case "Call":
            values = [argument for argument in node.args if literal(argument) is None]
            values = [argument for argument in values if kind(argument) != "StringLiteral"]
            scaled = values and not node.func.name.startswith(("histogram_", "count_over", "absent"))
            return scale(values[0]) if scaled else Decimal(1)
        case "BinaryExpr":
            return _binary_scale(node)
    return Decimal(1)


def _binary_scale(node: Any) -> Decimal:
    left, right = scale(node.lhs), scale(node.rhs)
    match operator(node):
        case "*":
            return left * right
        case "/":
            return left / right if right else Decimal(1)
        case "+" if is_nothing(node.lhs):
            return right
        case "+" | "-" if literal(node.lhs) is not None and not is_nothing(node.rhs):
            return left if left == 100 else right
        case op if op in _COMPARISONS and node.modifier is not None and node.modifier.return_bool:
            return Decimal(1)
    return left
