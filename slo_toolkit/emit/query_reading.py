"""Reads a query into a form that input series can be worked out for.

What is read must hold for every state in which series do not change for as long as the query looks back. What is
not understood raises NotUnderstoodError, it is never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any

from slo_toolkit.emit.query_conditions import Conditions, NotUnderstoodError
from slo_toolkit.emit.query_elements import Elements, duration, same_unit, stepped, vanishing
from slo_toolkit.emit.query_forms import (
    COMPARISONS,
    CONSTANT,
    INSTANT,
    SAMPLES,
    STEPS,
    WINDOW,
    WINDOW_SECONDS,
    Form,
    Measure,
    Step,
    Term,
    constant,
    measured,
)
from slo_toolkit.emit.selectors import Selector
from slo_toolkit.meaning.tree import children, is_window, parse

_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_OF_A_LEVEL = ("avg_over_time", "min_over_time", "max_over_time", "last_over_time", "quantile_over_time")
"""What these give for a level that does not change is the level."""
_OF_ONE_ELEMENT = ("avg", "min", "max", "quantile")
"""What these give for one element is its value."""


class Role(Enum):
    """What a query is asked for, which says what it means that it gives nothing."""

    TOTAL = "without it nothing is known"
    COUNTED = "without it nothing was counted"
    RATIO = "its one value"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a query computes, and under which conditions it does."""

    form: Form
    conditions: Conditions


@lru_cache(maxsize=256)
def reading(query: str, role: Role) -> Reading | None:
    """What `query` computes, None where it is not understood."""
    reader = _Reader(Conditions())
    try:
        form = reader.form(parse(query))
        if role is Role.RATIO:
            form = reader.one_element(form)
        form = reader.certain(form) if role is Role.TOTAL else reader.filled(form)
    except (ValueError, NotUnderstoodError):
        return None
    return Reading(form, reader.conditions)


def counters(query: str) -> tuple[Selector, ...]:
    """The counters whose growth `query` adds up; none where it does anything else."""
    found = reading(query, Role.COUNTED)
    terms = () if found is None or not found.form.is_linear else tuple(atom for atom, _ in found.form.over)
    growing = tuple(
        term.selector for term in terms if isinstance(term, Term) and term.measure is Measure.GROWTH
    )
    return growing if len(growing) == len(terms) else ()


@dataclass(frozen=True, slots=True)
class _Reader(Elements):
    """Reads one query from the outside in."""

    def form(self, node: Any) -> Form:
        match type(node).__name__:
            case "ParenExpr":
                return self.form(node.expr)
            case "NumberLiteral":
                return replace(constant(node.val), kept=None)
            case "UnaryExpr":
                return self.certain(self.form(node.expr)).scaled(-1)
            case "VectorSelector":
                self.conditions.averages = False
                return self.series(node, Measure.LEVEL, INSTANT)
            case "Call":
                return self._call(node)
            case "AggregateExpr":
                return self._aggregated(node)
            case "BinaryExpr":
                return self._binary(node)
        raise NotUnderstoodError

    def _call(self, node: Any) -> Form:
        name, arguments = node.func.name, list(node.args)
        match name:
            case "vector":
                return replace(self.form(arguments[0]), kept=frozenset())
            case "scalar":
                return replace(self.certain(self.one_element(self.form(arguments[0]))), kept=frozenset())
            case "clamp_min" | "clamp_max" | "clamp" | "abs":
                return self._within(name, *arguments)
            case "label_replace" | "label_join":
                made, _, *rest = (argument.val for argument in arguments[1:])
                sources = rest[:1] if name == "label_replace" else rest
                known = [s for source in sources for s in (source, *self.conditions.made_of.get(source, ()))]
                self.conditions.made_of[made] = (*self.conditions.made_of.get(made, ()), *known)
                return self.form(arguments[0])
        ranged = arguments[-1] if arguments else None
        match type(ranged).__name__:
            case "MatrixSelector":
                return self._over_range(name, ranged)
            case "SubqueryExpr":
                return self._over_steps(name, ranged)
        raise NotUnderstoodError

    def _within(self, name: str, inner: Any, *bounds: Any) -> Form:
        """Bounds change nothing in states in which the value keeps to them."""
        form = self.certain(self.one_element(self.form(inner)))
        numbers = [self.form(bound).constant for bound in bounds]
        comparisons = {"clamp_min": (">=",), "clamp_max": ("<=",), "clamp": (">=", "<="), "abs": (">=",)}[
            name
        ]
        for comparison, number in zip(comparisons, numbers or [0], strict=True):
            if number is None:
                raise NotUnderstoodError
            self.conditions.guards.append(Step(form, comparison, number))
            self.conditions.filled |= number != 0
        return form

    def _over_range(self, name: str, node: Any) -> Form:
        fixed = not is_window(node.range)
        if fixed:
            self.looks_back(node.range)
        if name in ("rate", "irate", "increase"):
            if fixed:
                length = duration(node.range)
                self.conditions.shortest = min(self.conditions.shortest, length)
            self.conditions.averages &= name != "irate"
            unit = WINDOW if name == "increase" and not fixed else INSTANT
            seconds = node.range.total_seconds() if fixed else WINDOW_SECONDS
            factor = seconds if name == "increase" else 1
            return self.series(node.vector_selector, Measure.GROWTH, unit, factor)
        if name in _OF_A_LEVEL:
            self.conditions.averages &= name == "avg_over_time"
            return self.series(node.vector_selector, Measure.LEVEL, INSTANT)
        counted = {"sum_over_time": Measure.LEVEL, "count_over_time": Measure.PRESENCE}
        if name not in counted or fixed:
            raise NotUnderstoodError
        return self.series(node.vector_selector, counted[name], SAMPLES)

    def _over_steps(self, name: str, node: Any) -> Form:
        """A subquery: its steps in the window are samples."""
        if node.at is not None or node.offset is not None or _looks_over_the_window(node.expr):
            raise NotUnderstoodError
        fixed = not is_window(node.range)
        if fixed:
            self.looks_back(node.range)
        form = self.form(node.expr)
        if form.unit not in (INSTANT, CONSTANT):
            raise NotUnderstoodError
        if name in _OF_A_LEVEL:
            return self.certain(form)
        if fixed or name not in ("sum_over_time", "count_over_time"):
            raise NotUnderstoodError
        counted = self.filled(form) if name == "sum_over_time" else self.counted(form)
        step = None if node.step is None else duration(node.step)
        counted = replace(counted, unit=replace(STEPS, every=step))
        return counted if form.filter is None else vanishing(counted)

    def _aggregated(self, node: Any) -> Form:
        form = self.form(node.expr)
        match str(node.op):
            case "sum":
                form = self._summed(form)
            case "count" | "group" as name:
                if name == "group":
                    form = self.one_element(form)
                counted = replace(self.counted(form), unit=INSTANT)
                form = counted if form.filter is None else vanishing(counted)
            case name if name in _OF_ONE_ELEMENT:
                form = self.one_element(form)
            case _:
                raise NotUnderstoodError
        modifier = node.modifier
        if modifier is None:
            return replace(form, kept=frozenset(), several=False, ragged=False)
        if str(modifier.type) != "AggModifierType.By":
            return replace(form, kept=None, several=True, ragged=False)
        kept = frozenset(modifier.labels) & (form.kept if form.kept is not None else set(modifier.labels))
        return replace(form, kept=kept, several=True, ragged=False)

    def _summed(self, form: Form) -> Form:
        if not form.is_linear:
            form = self.one_element(form)
        if form.filter is None:
            return form
        return vanishing(self.filled(form))

    def _binary(self, node: Any) -> Form:
        operator = str(node.op)
        left = self.form(node.lhs)
        if operator == "or":
            return self._either(left, node)
        averages = self.conditions.averages
        right = self.form(node.rhs)
        modifier = node.modifier
        for one, other in ((left, right), (right, left)):
            is_vector = one.constant is not None and one.kept is not None
            if is_vector and other.constant is None and other.kept != frozenset():
                raise NotUnderstoodError  # a vector of a number has no labels, so it finds no partner
        if operator in COMPARISONS:
            return self._compared(left, operator, right, keeps=modifier is None or not modifier.return_bool)
        if operator in ("+", "-", "*", "/") and (number := right.constant) is not None:
            return self._with_number(left, operator, number)
        if operator in ("+", "*") and (number := left.constant) is not None:
            return self._with_number(right, operator, number)
        if operator == "-" and (number := left.constant) is not None:
            return self._with_number(right.scaled(-1), "+", number)
        if operator == "and":
            self.matched(left, right, modifier)
            self.certain(self.one_element(right))
            return left
        if operator == "*":
            # What is always 1 is so in every part of the window.
            self.conditions.averages = averages
            return self._joined(left, right, modifier)
        kept = self.matched(left, right, modifier)
        if modifier is not None:
            if str(modifier.card) != "VectorMatchCardinality.OneToOne":
                raise NotUnderstoodError
            left, right = self.one_element(left), self.one_element(right)
        left, right = self.certain(left), self.certain(right)
        if operator == "/":
            return replace(self._divided(left, right), kept=kept)
        if operator in ("+", "-") and left.under == right.under and same_unit(left, right):
            return replace(left.plus(right, 1 if operator == "+" else -1), kept=kept)
        raise NotUnderstoodError

    def _either(self, left: Form, node: Any) -> Form:
        """A zero in place of what is missing changes no value, another number none where something is there."""
        right = self.form(node.rhs)  # what it reads must be known, whatever it is worth
        self.conditions.filled = True
        same = left.kept is not None and right.kept == left.kept
        if same:
            self.alike(left.kept or (), left, right)
        beside = not (same or _matches_everything(node.modifier))
        if _is_zero(node.rhs):
            return replace(self.filled(left), ragged=left.ragged or beside)
        if beside or left.kept is None:
            raise NotUnderstoodError
        return self.certain(self.one_element(left))

    def _compared(self, left: Form, operator: str, right: Form, *, keeps: bool) -> Form:
        if right.constant is None and left.constant is not None and not keeps:
            left, right, operator = right, left, _TURNED.get(operator, operator)
        bound = right.constant
        if bound is None or left.constant is not None:
            raise NotUnderstoodError
        left = self.certain(left)
        if keeps:
            return replace(left, filter=Step(left, operator, bound))
        return stepped(self.one_element(left), Step(left, operator, bound))

    def _with_number(self, form: Form, operator: str, number: float) -> Form:
        form = self.certain(form)
        match operator:
            case "*":
                return form.scaled(number)
            case "/" if number:
                return form.scaled(1 / number)
            case "/":
                raise NotUnderstoodError
        sign = 1 if operator == "+" else -1
        if form.unit not in (INSTANT, CONSTANT):
            raise NotUnderstoodError
        if form.kept is None and form.several and not form.ragged:
            return form.plus(self.counted(form).scaled(number), sign)
        form = self.one_element(form)
        return form.plus(replace(form, over=form.under).scaled(number), sign)

    def _divided(self, left: Form, right: Form) -> Form:
        left, right = self.one_element(left), self.one_element(right)
        if left.under != right.under or not same_unit(left, right):
            raise NotUnderstoodError
        return replace(left, under=right.over, unit=INSTANT)

    def _joined(self, left: Form, right: Form, modifier: Any) -> Form:
        """Labels are joined on by a product with series that are 1."""
        if modifier is None or str(modifier.matching.type) != "LabelModifierType.Include":
            raise NotUnderstoodError
        if str(modifier.card) == "VectorMatchCardinality.OneToMany":
            left, right = right, left
        info = [atom.selector for atom, weight in right.over if isinstance(atom, Term) and weight == 1]
        if len(info) != 1 or not right.is_linear or right.unit != INSTANT:
            raise NotUnderstoodError
        self.matched(left, right, modifier)
        self.certain(self.one_element(right))
        # The comparison with 1 holds for what is 1; growth is never meant.
        if any(term.measure is not Measure.LEVEL for term in measured(right.over)):
            raise NotUnderstoodError
        self.conditions.ones.update(info)
        return left


def _matches_everything(modifier: Any) -> bool:
    """Whether it is `on ()`, with which anything on the left leaves nothing of the right."""
    if modifier is None or modifier.matching is None:
        return False
    return str(modifier.matching.type) == "LabelModifierType.Include" and not modifier.matching.labels


def _is_zero(node: Any) -> bool:
    """`vector(0)` or `0 * x`, which people write for a series that is not there."""
    match type(node).__name__:
        case "ParenExpr":
            return _is_zero(node.expr)
        case "NumberLiteral":
            return bool(node.val == 0)
        case "Call" if node.func.name == "vector":
            return _is_zero(node.args[0])
        case "AggregateExpr" if str(node.op) in ("sum", "max", "min", "avg"):
            return _is_zero(node.expr)
        case "BinaryExpr" if str(node.op) == "*":
            return _is_zero(node.lhs) or _is_zero(node.rhs)
    return False


def _looks_over_the_window(node: Any) -> bool:
    if type(node).__name__ in ("MatrixSelector", "SubqueryExpr") and is_window(node.range):
        return True
    return any(map(_looks_over_the_window, children(node)))
