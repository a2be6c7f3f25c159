"""What a query computes, in the few forms that input series can be worked out for.

A form is a sum of weighted terms over another one. The value of a term follows from the series alone, as long as
these do not change: how fast they grow, the level they stand at, how many there are.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from slo_toolkit.duration import Duration
from slo_toolkit.emit.selectors import Selector, Series
from slo_toolkit.plan.ladder import BASE

EVENTS_PER_SECOND = 1000
"""What a counter with a step of 1 grows by in each second."""

State: TypeAlias = Mapping[Series, float]
"""The series that exist: the step of a counter, in EVENTS_PER_SECOND, or the level of a gauge."""


class Measure(Enum):
    """What a term takes from the series that its selector matches."""

    GROWTH = "growth"
    LEVEL = "level"
    PRESENCE = "presence"


@dataclass(frozen=True, slots=True)
class Unit:
    """What a value is of; only values of one unit can be added or divided."""

    of: str
    every: Duration | None = None
    """How often a subquery looks, None where that is left to the server."""


CONSTANT, INSTANT = Unit("a number"), Unit("the moment")
WINDOW, SAMPLES, STEPS = (
    Unit("the window"),
    Unit("the samples in the window"),
    Unit("the steps of a subquery"),
)


@dataclass(frozen=True, slots=True)
class Term:
    """The sum of one measure over all series that match."""

    selector: Selector
    measure: Measure

    def value(self, state: State) -> float:
        found = [value for series, value in state.items() if self.selector.accepts(series)]
        match self.measure:
            case Measure.GROWTH:
                return sum(found) * EVENTS_PER_SECOND
            case Measure.LEVEL:
                return sum(found)
            case Measure.PRESENCE:
                return len(found)


@dataclass(frozen=True, slots=True)
class Step:
    """A comparison with a number: 1 where it holds, or the value itself where that is kept, and 0 elsewhere."""

    of: Form
    comparison: str
    bound: float
    keeps_value: bool = False

    def value(self, state: State) -> float:
        value = self.of.value(state)
        if not self.holds(value):
            return 0
        return value if self.keeps_value else 1

    def holds(self, value: float) -> bool:
        return COMPARISONS[self.comparison](value, self.bound)

    def is_certain(self, state: State) -> bool:
        """Whether a longer window gives the same answer: a count that is not 0 grows with it."""
        value = self.of.value(state)
        same = self.of.unit in (CONSTANT, INSTANT) or value == 0
        return (same or abs(value) > abs(self.bound)) and self.of.is_certain(state)


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


class _One:
    """The term of a constant."""

    def value(self, state: State) -> float:
        return 1

    def __repr__(self) -> str:
        return "ONE"


ONE = _One()
Atom: TypeAlias = Term | Step | _One
Terms: TypeAlias = tuple[tuple[Atom, float], ...]
_ONE: Terms = ((ONE, 1),)


@dataclass(frozen=True, slots=True)
class Form:
    """`over` divided by `under`.

    `kept` are the labels that its elements may have, None where they have all labels of their series; `several`
    says that there can be more than one element, and `ragged` that a zero without labels may be among them. A
    `filter` drops elements for which it does not hold.
    """

    over: Terms
    under: Terms = _ONE
    unit: Unit = INSTANT
    kept: frozenset[str] | None = frozenset()
    several: bool = False
    ragged: bool = False
    filter: Step | None = None

    @property
    def constant(self) -> float | None:
        """The value where it does not depend on any series."""
        return dict(self.over).get(ONE, 0) if self.is_undivided and not selectors(self) else None

    @property
    def is_undivided(self) -> bool:
        return self.under == _ONE

    @property
    def is_linear(self) -> bool:
        """Whether it is a plain sum: nothing is divided, and nothing compared."""
        return self.is_undivided and not any(isinstance(atom, Step) for atom, _ in self.over)

    def value(self, state: State) -> float:
        """The one element's value; NaN where it divides by 0."""
        under = total(self.under, state)
        return total(self.over, state) / under if under else float("nan")

    def is_certain(self, state: State) -> bool:
        return all(atom.is_certain(state) for atom, _ in (*self.over, *self.under) if isinstance(atom, Step))

    def scaled(self, factor: float) -> Form:
        return replace(self, over=tuple((atom, weight * factor) for atom, weight in self.over))

    def plus(self, other: Form, sign: int) -> Form:
        """The sum, or the difference, of two forms over the same divisor."""
        unit = other.unit if self.unit == CONSTANT else self.unit
        return replace(self, over=added(self.over, other.scaled(sign).over), unit=unit)


def constant(value: float) -> Form:
    return Form(((ONE, value),), unit=CONSTANT)


def added(*parts: Terms) -> Terms:
    """The sum of terms, those of one atom as one."""
    found: dict[Atom, float] = {}
    for terms in parts:
        for atom, weight in terms:
            found[atom] = found.get(atom, 0) + weight
    return tuple(found.items())


def total(terms: Terms, state: State) -> float:
    return sum(weight * atom.value(state) for atom, weight in terms)


def selectors(form: Form) -> frozenset[Selector]:
    return frozenset(term.selector for term in measured((*form.over, *form.under)))


def measured(terms: Iterable[tuple[Atom, float]]) -> Iterator[Term]:
    """Every term of a series, those within comparisons, too."""
    for atom, _ in terms:
        if isinstance(atom, Term):
            yield atom
        elif isinstance(atom, Step):
            yield from measured((*atom.of.over, *atom.of.under))


def steps(terms: Iterable[tuple[Atom, float]]) -> Iterator[Step]:
    """Every comparison, those within comparisons, too."""
    for atom, _ in terms:
        if isinstance(atom, Step):
            yield atom
            yield from steps((*atom.of.over, *atom.of.under))


WINDOW_SECONDS = BASE.ms / 1000
"""The shortest window, in which an increase is counted where a comparison needs to know it."""
