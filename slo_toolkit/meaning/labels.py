"""The labels that the result of a query carries, as far as its tree tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slo_toolkit.meaning.tree import constant, inner, kind, name, selectors

_NO_LABELS_FROM = frozenset({"vector", "time", "scalar", "pi"})
_LABELS_FROM_MATCHERS = frozenset({"absent", "absent_over_time"})
_KEEPS_SERIES = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})


@dataclass(frozen=True, slots=True)
class ResultLabels:
    """`names` in the order in which they stand in the query; with `open_`, all labels of the series but these.

    `without` tells that a `without (...)` of the owner's made it open, so that several series are wanted.
    """

    names: tuple[str, ...] = ()
    open_: bool = False
    without: bool = False

    def keeping(self, names: tuple[str, ...]) -> ResultLabels:
        """What `by (names)` leaves."""
        if self.open_:
            return ResultLabels(tuple(label for label in names if label not in self.names))
        return ResultLabels(tuple(label for label in names if label in self.names))

    def dropping(self, names: tuple[str, ...], *, without: bool = False) -> ResultLabels:
        """What `without (names)` leaves."""
        if self.open_:
            return ResultLabels(tuple(dict.fromkeys((*self.names, *names))), True, self.without or without)
        return ResultLabels(tuple(label for label in self.names if label not in names))

    def adding(self, names: tuple[str, ...]) -> ResultLabels:
        if self.open_:
            return ResultLabels(tuple(n for n in self.names if n not in names), True, self.without)
        return ResultLabels(tuple(dict.fromkeys((*self.names, *names))))


NONE = ResultLabels()
ALL = ResultLabels(open_=True)


def result_labels(node: Any) -> ResultLabels:
    """The labels of the series that `node` gives."""
    node = inner(node)
    match kind(node):
        case "VectorSelector" | "MatrixSelector":
            return ALL
        case "SubqueryExpr" | "UnaryExpr":
            return result_labels(node.expr)
        case "AggregateExpr":
            return _of_aggregation(node)
        case "Call":
            return _of_call(node)
        case "BinaryExpr":
            return _of_operation(node)
    return NONE


def _of_aggregation(node: Any) -> ResultLabels:
    within = result_labels(node.expr)
    if name(node) in _KEEPS_SERIES:
        return within
    modifier = node.modifier
    if modifier is None:
        left = NONE
    elif str(modifier.type).endswith("Without"):
        left = within.dropping(tuple(modifier.labels), without=True)
    else:
        left = within.keeping(tuple(modifier.labels))
    if name(node) == "count_values":
        return left.adding((str(node.param.val),))
    return left


def _of_call(node: Any) -> ResultLabels:
    function = name(node)
    if function in _NO_LABELS_FROM:
        return NONE
    if function in _LABELS_FROM_MATCHERS:
        return _asked_for(node.args[0])
    if function in ("label_replace", "label_join"):
        return result_labels(node.args[0]).adding((str(node.args[1].val),))
    of_vectors = [result_labels(arg) for arg in node.args if kind(inner(arg)) not in _SCALARS]
    left = of_vectors[-1] if of_vectors else NONE
    return left.dropping(("le",)) if function in ("histogram_quantile", "histogram_fraction") else left


def _asked_for(node: Any) -> ResultLabels:
    """The labels of which a selector asks for one value: what is absent is told with these."""
    names = [
        m.name for each in selectors(node) for m in each.matchers.matchers if str(m.op) == "MatchOp.Equal"
    ]
    return ResultLabels(tuple(label for label in dict.fromkeys(names) if names.count(label) == 1))


_SCALARS = frozenset({"NumberLiteral", "StringLiteral"})


def _of_operation(node: Any) -> ResultLabels:
    left, right, operator = result_labels(node.lhs), result_labels(node.rhs), name(node)
    if _is_scalar(node.lhs):
        return right
    if _is_scalar(node.rhs) or operator in ("and", "unless", "or"):
        # `or vector(0)` and the like stand in for what is absent; the labels are those of what is wanted.
        return right if operator == "or" and _is_stand_in(node.lhs) else left
    modifier = node.modifier
    matching = None if modifier is None else modifier.matching
    many_on_the_right = modifier is not None and str(modifier.card).endswith("OneToMany")
    many_on_the_left = modifier is not None and str(modifier.card).endswith("ManyToOne")
    if many_on_the_right or many_on_the_left:
        return (right if many_on_the_right else left).adding(tuple(modifier.group_labels or ()))
    if matching is not None:
        labels = tuple(matching.labels)
        return left.keeping(labels) if str(matching.type).endswith("Include") else left.dropping(labels)
    return left


def _is_scalar(node: Any) -> bool:
    node = inner(node)
    return constant(node) is not None or name(node) in ("scalar", "time", "pi")


def _is_stand_in(node: Any) -> bool:
    return name(inner(node)) in ("vector", "absent")
