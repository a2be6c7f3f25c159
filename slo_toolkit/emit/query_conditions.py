"""Under which conditions a form is the value of a query: what is left to those who choose the series."""

from __future__ import annotations

from dataclasses import dataclass, field

from slo_toolkit.duration import Duration
from slo_toolkit.emit.query_forms import Step
from slo_toolkit.emit.selectors import Selector

_NO_LAG, LONGEST_LAG = Duration(0), Duration.of(hours=2)


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
    lag: Duration = _NO_LAG
    """How much longer than its window the query looks back."""
    averages: bool = True
    """Whether a part of the window with errors counts for as much of it as it is long."""
    shortest: Duration = LONGEST_LAG
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
            max(self.lag, other.lag),
            self.averages and other.averages,
            min(self.shortest, other.shortest),
        )
