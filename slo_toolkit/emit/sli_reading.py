"""What an SLI counts: its valid events and its errors as terms of series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slo_toolkit.emit.query_conditions import Conditions
from slo_toolkit.emit.query_forms import (
    CONSTANT,
    INSTANT,
    Form,
    Measure,
    Term,
    Terms,
    Unit,
    added,
    measured,
    steps,
)
from slo_toolkit.emit.query_reading import Role, reading
from slo_toolkit.promql import le_matcher
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Sli


@dataclass(frozen=True, slots=True)
class Count:
    """Valid events and errors, in one unit; those of a ratio are what is above and below its line."""

    valid: Terms
    errors: Terms
    unit: Unit
    conditions: Conditions
    subtracts: bool
    """Whether the query of the errors takes something off, so that it may be empty while there are some."""

    @property
    def is_growth(self) -> bool:
        """Whether it is made of the growth of counters alone."""
        return not self.conditions.ones and all(
            isinstance(atom, Term) and atom.measure is Measure.GROWTH
            for atom, _ in (*self.valid, *self.errors)
        )

    @property
    def growth(self) -> tuple[list[tuple[Term, float]], list[tuple[Term, float]]]:
        """The valid events and the errors where both are made of growth."""
        valid, errors = (
            [(atom, weight) for atom, weight in terms if isinstance(atom, Term)]
            for terms in (self.valid, self.errors)
        )
        return valid, errors

    @property
    def measured(self) -> Iterator[Term]:
        """Every term of a series, whatever it is for."""
        guards = ((guard, 1) for guard in self.conditions.guards)
        return measured((*self.valid, *self.errors, *guards))

    @property
    def compares(self) -> bool:
        """Whether a small share of errors may be none."""
        return any(True for _ in steps((*self.valid, *self.errors)))


def count(sli: Sli) -> Count | None:
    """What `sli` counts, None where its queries are not understood."""
    match sli:
        case EventSli(total, str() as errors):
            return _events(total, errors)
        case EventSli(total, None, str() as good):
            return _events(total, good, counts_good=True)
        case AvailabilitySli(metric, errors, matchers):
            return _events(_sum("rate", metric, matchers), _sum("rate", metric, matchers, errors))
        case LatencySli(histogram, threshold, matchers, native=False):
            bucket = _sum("rate", f"{histogram}_bucket", matchers, le_matcher(threshold))
            return _events(_sum("rate", f"{histogram}_count", matchers), bucket, counts_good=True)
        case ProbeSli(metric, matchers):
            samples = _sum("count_over_time", metric, matchers)
            return _events(samples, _sum("sum_over_time", metric, matchers), counts_good=True)
        case RawSli(ratio):
            return _ratio(ratio)
        case _:
            return None


def _sum(function: str, metric: str, *matchers: str) -> str:
    inner = ",".join(matcher.strip().strip(",") for matcher in matchers if matcher.strip())
    return f"sum({function}({metric}{{{inner}}}[{{{{.window}}}}]))"


def _events(total: str, counted: str, *, counts_good: bool = False) -> Count | None:
    valid, counted_reading = reading(total, Role.TOTAL), reading(counted, Role.COUNTED)
    if valid is None or counted_reading is None:
        return None
    form = counted_reading.form
    if not valid.form.is_undivided or not form.is_undivided:
        return None
    unit = _common(valid.form, form)
    if unit is None:
        return None
    errors = added(valid.form.over, form.scaled(-1).over) if counts_good else form.over
    subtracts = not counts_good and any(weight < 0 for _, weight in errors)
    conditions = valid.conditions.with_those_of(counted_reading.conditions)
    return Count(valid.form.over, errors, unit, conditions, subtracts)


def _ratio(query: str) -> Count | None:
    found = reading(query, Role.RATIO)
    if found is None or found.form.unit not in (CONSTANT, INSTANT):
        return None
    return Count(found.form.under, found.form.over, found.form.unit, found.conditions, subtracts=True)


def _common(total: Form, counted: Form) -> Unit | None:
    if total.unit == CONSTANT or total.unit == counted.unit:
        return counted.unit
    return total.unit if counted.unit == CONSTANT else None
