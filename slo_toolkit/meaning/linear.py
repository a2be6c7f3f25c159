"""Whether a query over a long window is the sum of the same query over its pieces.

It is where every sample of a counter or gauge adds to the value by itself: sums of rate, increase, sum_over_time and
count_over_time, their sums and differences, and those times a number. A maximum, a quantile, a threshold or a
quotient over six hours cannot be made from what it was over each five minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from slo_toolkit.meaning.text import WINDOW, arguments, cut, unwrapped
from slo_toolkit.meaning.tree import children, constant, inner, is_window, is_zero, kind, name


class Unit(Enum):
    """What a query counts in, told by the functions that it applies to its look-back."""

    PER_SECOND = "events per second"
    INCREASE = "events"
    SAMPLES = "samples"


UNITS = {
    "rate": Unit.PER_SECOND,
    "increase": Unit.INCREASE,
    "sum_over_time": Unit.SAMPLES,
    "count_over_time": Unit.SAMPLES,
}
_ONLY_LABELS = frozenset({"label_replace", "label_join"})
# A sum or rate is never below 0, so these leave it as it is, or leave out what is 0.
_HARMLESS = frozenset({">", ">=", "!="})


class NotLinearError(Exception):
    """The query is more than a sum of pieces; `culprit` is the function or operator that makes it so."""

    def __init__(self, culprit: str) -> None:
        self.culprit = culprit
        super().__init__(culprit)


@dataclass(frozen=True, slots=True)
class Term:
    """One summand as its owner wrote it, and what it is multiplied by."""

    text: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Linear:
    """A query that is the sum of its terms. `zero` tells that its owner wants 0 where it has no value."""

    terms: tuple[Term, ...]
    unit: Unit
    zero: bool = False


def linear(tree: Any, query: str) -> Linear:
    """The terms of a query with its tree. Raises NotLinearError, and ValueError where it cannot be cut."""
    reading = _Reading()
    terms = tuple(reading.terms(tree, query, 1.0, outermost=True))
    if reading.windows < len(WINDOW.findall(query)):
        raise NotLinearError("{{.window}} that is no range")
    if len(reading.units) != 1:
        raise NotLinearError(" with ".join(sorted(unit.value for unit in reading.units)) or "no range")
    return Linear(terms, reading.units.pop(), reading.zero)


class _Reading:
    """Takes one query apart."""

    def __init__(self) -> None:
        self.units: set[Unit] = set()
        self.windows = 0
        self.zero = False

    def terms(self, node: Any, text: str, factor: float, *, outermost: bool = False) -> Iterator[Term]:
        if kind(node) == "ParenExpr":
            yield from self.terms(inner(node), unwrapped(text), factor, outermost=outermost)
            return
        match kind(node), name(node):
            case "BinaryExpr", "+" | "-" as operator if not _is_joined(node):
                left, right = cut(text, operator)
                yield from self.terms(node.lhs, left, factor)
                yield from self.terms(node.rhs, right, factor if operator == "+" else -factor)
            case "BinaryExpr", "or" if is_zero(node.rhs):
                self.zero = self.zero or outermost
                self._pass(node.rhs)
                yield from self.terms(node.lhs, cut(text, "or")[0], factor, outermost=outermost)
            case "BinaryExpr", operator if operator in _HARMLESS and constant(node.rhs) == 0:
                yield from self._positive(node, cut(text, operator)[0], factor)
            case "BinaryExpr", "*" if (times := constant(node.lhs)) is not None:
                yield from self.terms(node.rhs, cut(text, "*")[1], factor * times)
            case "BinaryExpr", "*" if (times := constant(node.rhs)) is not None:
                yield from self.terms(node.lhs, cut(text, "*")[0], factor * times)
            case "BinaryExpr", "/" if times := constant(node.rhs):
                yield from self.terms(node.lhs, cut(text, "/")[0], factor / times)
            case "UnaryExpr", _:
                yield from self.terms(node.expr, text.strip().removeprefix("-"), -factor)
            case "Call", "clamp_min" if outermost and constant(node.args[1]) == 0:
                # The sum is clamped in the end, not each piece of it, which would keep the noise above 0.
                yield from self.terms(node.args[0], arguments(text)[0], factor, outermost=True)
            case _:
                self._summed(node)
                yield Term(unwrapped(text), factor)

    def _positive(self, node: Any, text: str, factor: float) -> Iterator[Term]:
        """What is compared with 0: a filter that leaves out nothing but zeros, if nothing is subtracted."""
        terms = tuple(self.terms(node.lhs, text, factor))
        if getattr(node.modifier, "return_bool", False) or any(term.factor < 0 for term in terms):
            raise NotLinearError(name(node))
        yield from terms

    def _summed(self, node: Any) -> None:
        """Checks what stands within a term: nothing but additions of what each series adds by itself."""
        node = inner(node)
        match kind(node), name(node):
            case "Call", function if function in UNITS:
                self._range(node, UNITS[function])
            case "Call", function if function in _ONLY_LABELS:
                self._summed(node.args[0])
            case "AggregateExpr", "sum":
                self._summed(node.expr)
            case "BinaryExpr", "or" if is_zero(node.rhs):
                self._pass(node.rhs)
                self._summed(node.lhs)
            case "BinaryExpr", "*" | "/" if (constant(node.rhs) or 0) > 0:
                self._summed(node.lhs)
            case "BinaryExpr", "*" if (constant(node.lhs) or 0) > 0:
                self._summed(node.rhs)
            case "BinaryExpr", operator if operator in _HARMLESS and constant(node.rhs) == 0:
                if getattr(node.modifier, "return_bool", False):
                    raise NotLinearError(operator)
                self._summed(node.lhs)
            case _:
                raise NotLinearError(_culprit(node))

    def _range(self, call: Any, unit: Unit) -> None:
        ranged = inner(call.args[0])
        if not is_window(ranged.range):
            raise NotLinearError(f"{name(call)} over a range of its own")
        if kind(ranged) == "SubqueryExpr":
            if unit is not Unit.SAMPLES:
                raise NotLinearError(f"{name(call)} of a subquery")
            fixed_at = ranged.at
        else:
            fixed_at = ranged.vector_selector.at
        if fixed_at is not None:
            raise NotLinearError("@")
        self.windows += 1
        self.units.add(unit)

    def _pass(self, node: Any) -> None:
        """Counts the look-backs of what is 0 anyway."""
        if kind(node) in ("MatrixSelector", "SubqueryExpr") and is_window(node.range):
            self.windows += 1
        for child in children(node):
            self._pass(child)


def _is_joined(node: Any) -> bool:
    modifier = node.modifier
    return modifier is not None and not str(modifier.card).endswith("OneToOne")


def _culprit(node: Any) -> str:
    """The name of what makes a query more than a sum, for people."""
    match kind(node):
        case "Call" | "AggregateExpr":
            return name(node)
        case "BinaryExpr":
            return f"{name(node)} within a sum" if name(node) in ("+", "-") else name(node)
        case "UnaryExpr":
            return "- within a sum"
        case "VectorSelector":
            return "a selector without a range"
    return "a number"
