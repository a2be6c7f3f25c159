"""The elements of a vector: how many a form has, which labels, and what is left of them.

Most of that depends on the series, so it is kept as a condition on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from slo_toolkit.duration import Duration
from slo_toolkit.emit.query_conditions import LONGEST_LAG, Conditions, NotUnderstoodError
from slo_toolkit.emit.query_forms import (
    CONSTANT,
    INSTANT,
    ONE,
    Form,
    Measure,
    Step,
    Term,
    Unit,
    constant,
    selectors,
)
from slo_toolkit.emit.selectors import Matcher, Selector
from slo_toolkit.meaning.tree import matchers, names_window
from slo_toolkit.naming import is_generated


@dataclass(frozen=True, slots=True)
class Elements:
    """Forms with their conditions, which it gathers."""

    conditions: Conditions

    def one_element(self, form: Form) -> Form:
        """The same of a form that has one element, by condition."""
        if form.ragged:
            raise NotUnderstoodError
        if form.several and form.kept is None:
            self.conditions.lone.add(selectors(form))
        elif form.several and form.kept is not None:
            self.alike(form.kept, form)
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
        return stepped(self.one_element(form), replace(form.filter, keeps_value=True))

    def alike(self, labels: Iterable[str], *forms: Form) -> None:
        found = frozenset().union(*map(selectors, forms))
        for label in labels:
            sources = self.conditions.made_of.get(label, ())
            self.conditions.alike.update((each, found) for each in (label, *sources))

    def series(self, node: Any, measure: Measure, unit: Unit, factor: float = 1) -> Form:
        is_plain = node.name and node.at is None and not node.matchers.or_matchers
        if not is_plain or is_generated(node.name) or names_window(node):
            raise NotUnderstoodError
        if node.offset is not None:
            self.looks_back(node.offset)
        selector = Selector(node.name, tuple(Matcher(*parts) for parts in matchers(node)))
        self.conditions.read[selector] = None
        return Form(((Term(selector, measure), factor),), unit=unit, kept=None, several=True)

    def looks_back(self, length: timedelta) -> Duration:
        """Something beyond the window is read: a fixed range, or what was a while ago."""
        lag = duration(length)
        self.conditions.lag = self.conditions.lag + lag
        if lag.ms < 0 or self.conditions.lag > LONGEST_LAG:
            raise NotUnderstoodError
        return lag

    def counted(self, form: Form) -> Form:
        """How many elements there are, those that its filter lets pass if it has one."""
        if form.ragged:
            raise NotUnderstoodError
        if form.filter is not None:
            return stepped(self.one_element(form), replace(form.filter, keeps_value=False))
        if form.kept is None and form.several:
            (selector, *others) = selectors(form)
            if others:
                raise NotUnderstoodError
            return replace(form, over=((Term(selector, Measure.PRESENCE), 1),), under=constant(1).over)
        form = self.one_element(form)
        return replace(form, over=((ONE, 1),), under=constant(1).over)

    def matched(self, left: Form, right: Form, modifier: Any) -> frozenset[str] | None:
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
            self.alike(labels, left, right)
        elif selectors(left) != selectors(right) or len(selectors(left)) != 1:
            self.conditions.lone.add(selectors(left) | selectors(right))
        return labels


def duration(length: timedelta) -> Duration:
    return Duration(length // timedelta(milliseconds=1))


def stepped(form: Form, step: Step) -> Form:
    unit = form.unit if step.keeps_value else INSTANT
    return replace(form, over=((step, 1),), under=constant(1).over, unit=unit, filter=None)


def vanishing(form: Form) -> Form:
    """A sum or a count of nothing is not 0 but nothing."""
    return replace(form, filter=Step(replace(form, filter=None), "!=", 0))


def same_unit(left: Form, right: Form) -> bool:
    return CONSTANT in (left.unit, right.unit) or left.unit == right.unit
