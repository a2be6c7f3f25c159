"""Reads a query into a form that input series can be worked out for.

What is read must hold for every state in which series do not change for as long as the query looks back. What is
not understood raises NotUnderstoodError, it is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from functools import lru_cache
from typing import Any

from slo_toolkit.duration import Duration
from slo_toolkit.emit.query_forms import (
    COMPARISONS,
    CONSTANT,
    INSTANT,
    ONE,
    SAMPLES,
    STEPS,
    WINDOW,
    WINDOW_SECONDS,
    Form,
    Measure,
    Step,
    Term,
    Unit,
    constant,
    measured,
    selectors,
)
from slo_toolkit.emit.selectors import Matcher, Selector
from slo_toolkit.meaning.tree import parse_filled
from slo_toolkit.naming import is_generated
from slo_toolkit.promql import fill_window

_WINDOW = Duration.of(seconds=7919)
"""Stands for the window while a query is read: no fixed range of a user's is as odd."""

_NO_LAG, _LONGEST_LAG = Duration(0), Duration.of(hours=2)

_MATCHES = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_OF_A_LEVEL = ("avg_over_time", "min_over_time", "max_over_time", "last_over_time", "quantile_over_time")
"""What these give for a level that does not change is the level."""
_OF_ONE_ELEMENT = ("avg", "min", "max", "quantile")
"""What these give for one element is its value."""


class NotUnderstoodError(Exception):
    """The query does something that no series can be worked out for."""


@dataclass(slots=True)
class Conditions:
    """What must hold for the series and their states, so that a form is the query's value."""

    read: dict[Selector, None] = field(default_factory=dict)
    """Every selector of the query, in their order; each must find a series."""
    lone: set[frozenset[Selector]] = field(default_factory=set)
    """Selectors that together find one set of labels."""
    alike: set[tuple[str, frozenset[Selector]]] = field(default_factory=set)
    """A label that has the same value in everything that these selectors find."""
    ones: set[Selector] = field(default_factory=set)
    """Selectors of a series that is always 1, such as those that labels are joined from."""
    guards: list[Step] = field(default_factory=list)
    """Comparisons that always hold."""
    filled: bool = False
    """Whether a number stands in for what is not there."""
    summed: bool = True
    """Whether longer windows are the sums of shorter ones."""
    lag: Duration = _NO_LAG
    """How much longer than its window the query looks back."""
    shortest: Duration = _WINDOW
    """The shortest range in which the query looks for two samples."""
    made_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Labels that are made of others."""

    def with_those_of(self, other: Conditions) -> Conditions:
        return Conditions(
            {**self.read, **other.read},
            self.lone | other.lone,
            self.alike | other.alike,
            self.ones | other.ones,
            [*self.guards, *other.guards],
            self.filled or other.filled,
            self.summed and other.summed,
            self.lag + other.lag,
            min(self.shortest, other.shortest),
        )


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


@lru_cache(maxsize=64)
def parsed(query: str) -> Any | None:
    """The tree of `query`, None where it is no PromQL, such as MetricsQL."""
    try:
        return parse_filled(fill_window(query, _WINDOW))
    except ValueError:
        return None


@lru_cache(maxsize=256)
def reading(query: str, role: Role) -> Reading | None:
    """What `query` computes, None where it is not understood."""
    reader = _Reader(Conditions())
    try:
        form = reader.form(parsed(query))
        if role is Role.RATIO:
            form = reader.one_element(form)
        form = reader.certain(form) if role is Role.TOTAL else reader.filled(form)
    except NotUnderstoodError:
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
class _Reader:
    conditions: Conditions

    def form(self, node: Any) -> Form:
        match type(node).__name__:
            case "ParenExpr":
                return self.form(node.expr)
            case "NumberLiteral":
                return replace(constant(node.val), kept=None)
            case "UnaryExpr":
                return self.form(node.expr).scaled(-1)
            case "VectorSelector":
                self.conditions.summed = False
                return self._series(node, Measure.LEVEL, INSTANT)
            case "Call":
                return self._call(node)
            case "AggregateExpr":
                return self._aggregated(node)
            case "BinaryExpr":
                return self._binary(node)
        raise NotUnderstoodError

    def one_element(self, form: Form) -> Form:
        """The same of a form that has one element, by condition."""
        if form.ragged:
            raise NotUnderstoodError
        if form.several and form.kept is None:
            self.conditions.lone.add(selectors(form))
        elif form.several and form.kept is not None:
            self._alike(form.kept, form)
        return replace(form, several=False)

    def certain(self, form: Form) -> Form:
        """The same of a form whose filter lets its element pass, by condition."""
        if form.filter is None:
            return form
        self.conditions.guards.append(form.filter)
        return replace(form, filter=None)

    def filled(self, form: Form) -> Form:
        """The same where 0 stands for what the filter drops."""
        if form.filter is None:
            return form
        if form.filter.bound == 0 and form.filter.comparison in (">", ">=", "!="):
            self.conditions.guards.append(replace(form.filter, comparison=">="))
            return replace(form, filter=None)
        return _stepped(self.one_element(form), replace(form.filter, keeps_value=True))

    def _alike(self, labels: Iterable[str], *forms: Form) -> None:
        found = frozenset().union(*map(selectors, forms))
        for label in labels:
            sources = self.conditions.made_of.get(label, ())
            self.conditions.alike.update((each, found) for each in (label, *sources))

    def _series(self, node: Any, measure: Measure, unit: Unit, factor: float = 1) -> Form:
        matchers = tuple(Matcher(m.name, _MATCHES[str(m.op)], m.value) for m in node.matchers.matchers)
        if not node.name or node.at is not None or node.matchers.or_matchers or is_generated(node.name):
            raise NotUnderstoodError
        if node.offset is not None:
            self._looks_back(node.offset)
        selector = Selector(node.name, matchers)
        self.conditions.read[selector] = None
        return Form(((Term(selector, measure), factor),), unit=unit, kept=None, several=True)

    def _looks_back(self, length: timedelta) -> Duration:
        """Something beyond the window is read: a fixed range, or what was a while ago."""
        lag = _duration(length)
        self.conditions.summed = False
        self.conditions.lag = self.conditions.lag + lag
        if lag.ms < 0 or self.conditions.lag > _LONGEST_LAG:
            raise NotUnderstoodError
        return lag

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
        self.conditions.summed = False
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
        fixed = node.range != timedelta(milliseconds=_WINDOW.ms)
        if fixed:
            self._looks_back(node.range)
        if name in ("rate", "irate", "increase"):
            if fixed:
                length = _duration(node.range)
                self.conditions.shortest = min(self.conditions.shortest, length)
            self.conditions.summed &= name != "irate"
            unit = WINDOW if name == "increase" and not fixed else INSTANT
            seconds = node.range.total_seconds() if fixed else WINDOW_SECONDS
            factor = seconds if name == "increase" else 1
            return self._series(node.vector_selector, Measure.GROWTH, unit, factor)
        if name in _OF_A_LEVEL:
            self.conditions.summed = False
            return self._series(node.vector_selector, Measure.LEVEL, INSTANT)
        counted = {"sum_over_time": Measure.LEVEL, "count_over_time": Measure.PRESENCE}
        if name not in counted or fixed:
            raise NotUnderstoodError
        return self._series(node.vector_selector, counted[name], SAMPLES)

    def _over_steps(self, name: str, node: Any) -> Form:
        """A subquery: its steps in the window are samples."""
        if node.at is not None or node.offset is not None:
            raise NotUnderstoodError
        self.conditions.summed = False
        fixed = node.range != timedelta(milliseconds=_WINDOW.ms)
        if fixed:
            self._looks_back(node.range)
        form = self.form(node.expr)
        if form.unit not in (INSTANT, CONSTANT):
            raise NotUnderstoodError
        if name in _OF_A_LEVEL:
            return self.certain(form)
        if fixed or name not in ("sum_over_time", "count_over_time"):
            raise NotUnderstoodError
        counted = self.filled(form) if name == "sum_over_time" else self._counted(form)
        step = None if node.step is None else _duration(node.step)
        counted = replace(counted, unit=replace(STEPS, every=step))
        return counted if form.filter is None else _vanishing(counted)

    def _counted(self, form: Form) -> Form:
        """How many elements there are, those that its filter lets pass if it has one."""
        if form.filter is not None:
            return _stepped(self.one_element(form), replace(form.filter, keeps_value=False))
        if form.kept is None and form.several:
            (selector, *others) = selectors(form)
            if others:
                raise NotUnderstoodError
            return replace(form, over=((Term(selector, Measure.PRESENCE), 1),), under=constant(1).over)
        form = self.one_element(form)
        return replace(form, over=((ONE, 1),), under=constant(1).over)

    def _aggregated(self, node: Any) -> Form:
        form = self.form(node.expr)
        match str(node.op):
            case "sum":
                form = self._summed(form)
            case "count" | "group" as name:
                if name == "group":
                    form = self.one_element(form)
                counted = replace(self._counted(form), unit=INSTANT)
                form = counted if form.filter is None else _vanishing(counted)
            case name if name in _OF_ONE_ELEMENT:
                self.conditions.summed = False
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
        return _vanishing(self.filled(form))

    def _binary(self, node: Any) -> Form:
        operator = str(node.op)
        left = self.form(node.lhs)
        if operator == "or":
            return self._either(left, node)
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
            self._matched(left, right, modifier)
            self.certain(self.one_element(right))
            self.conditions.summed = False
            return left
        if operator == "*":
            return self._joined(left, right, modifier)
        kept = self._matched(left, right, modifier)
        left, right = self.certain(left), self.certain(right)
        if operator == "/":
            return replace(self._divided(left, right), kept=kept)
        self.conditions.summed &= kept is not None
        if operator in ("+", "-") and left.under == right.under and _same_unit(left, right):
            return replace(left.plus(right, 1 if operator == "+" else -1), kept=kept)
        raise NotUnderstoodError

    def _either(self, left: Form, node: Any) -> Form:
        """A zero in place of what is missing changes no value, another number none where something is there."""
        if _is_zero(node.rhs):
            self.conditions.filled = True
            right = self.form(node.rhs)  # what it reads must be known, whatever it is worth
            ragged = right.constant is not None and left.kept != frozenset() and node.modifier is None
            return replace(self.filled(left), ragged=ragged)
        right = self.form(node.rhs)
        self.conditions.filled, self.conditions.summed = True, False
        if left.kept is None or (right.constant is None and right.kept != left.kept):
            raise NotUnderstoodError
        return self.certain(self.one_element(left))

    def _compared(self, left: Form, operator: str, right: Form, *, keeps: bool) -> Form:
        if right.constant is None and left.constant is not None and not keeps:
            left, right, operator = right, left, _TURNED.get(operator, operator)
        self.conditions.summed = False
        bound = right.constant
        if bound is None or left.constant is not None:
            raise NotUnderstoodError
        left = self.certain(left)
        if keeps:
            return replace(left, filter=Step(left, operator, bound))
        return _stepped(self.one_element(left), Step(left, operator, bound))

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
            return form.plus(self._counted(form).scaled(number), sign)
        form = self.one_element(form)
        return form.plus(replace(form, over=form.under).scaled(number), sign)

    def _divided(self, left: Form, right: Form) -> Form:
        left, right = self.one_element(left), self.one_element(right)
        if left.under != right.under or not _same_unit(left, right):
            raise NotUnderstoodError
        return replace(left, under=right.over, unit=INSTANT)

    def _matched(self, left: Form, right: Form, modifier: Any) -> frozenset[str] | None:
        """The labels of the result, where each element of both finds one partner, by condition."""
        if left.ragged or right.ragged:
            raise NotUnderstoodError
        if modifier is None or modifier.matching is None:
            labels: frozenset[str] | None = left.kept
            same = left.kept == right.kept
        elif str(modifier.matching.type) == "LabelModifierType.Include":
            labels, same = frozenset(modifier.matching.labels), True
        else:
            ignored = frozenset(modifier.matching.labels)
            if left.kept is None or right.kept is None:
                raise NotUnderstoodError
            labels = left.kept - ignored
            same = labels == right.kept - ignored
        if not same:
            raise NotUnderstoodError
        if labels is not None:
            self._alike(labels, left, right)
        elif selectors(left) != selectors(right) or len(selectors(left)) != 1:
            self.conditions.lone.add(selectors(left) | selectors(right))
        return labels

    def _joined(self, left: Form, right: Form, modifier: Any) -> Form:
        """Labels are joined on by a product with series that are 1."""
        if modifier is None or str(modifier.matching.type) != "LabelModifierType.Include":
            raise NotUnderstoodError
        if str(modifier.card) == "VectorMatchCardinality.OneToMany":
            left, right = right, left
        self.conditions.summed = False
        info = [atom.selector for atom, weight in right.over if isinstance(atom, Term) and weight == 1]
        if len(info) != 1 or not right.is_linear or right.unit != INSTANT:
            raise NotUnderstoodError
        self._matched(left, right, modifier)
        self.certain(self.one_element(right))
        # The comparison with 1 holds for what is 1; growth is never meant.
        if any(term.measure is not Measure.LEVEL for term in measured(right.over)):
            raise NotUnderstoodError
        self.conditions.ones.update(info)
        return left


def _duration(length: timedelta) -> Duration:
    return Duration(length // timedelta(milliseconds=1))


def _stepped(form: Form, step: Step) -> Form:
    unit = form.unit if step.keeps_value else INSTANT
    return replace(form, over=((step, 1),), under=constant(1).over, unit=unit, filter=None)


def _vanishing(form: Form) -> Form:
    """A sum or a count of nothing is not 0 but nothing."""
    return replace(form, filter=Step(replace(form, filter=None), "!=", 0))


def _same_unit(left: Form, right: Form) -> bool:
    return CONSTANT in (left.unit, right.unit) or left.unit == right.unit


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
