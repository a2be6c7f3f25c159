"""How much of a period was measured, where no rules record it: counted in steps of the period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.plan.intervals import just_within
from slo_toolkit.promql import evaluated_at, quote
from slo_toolkit.query.samples import Sample
from slo_toolkit.status.model import BudgetStatus
from slo_toolkit.status.periods import Span
from slo_toolkit.status.reading import FIGURE, SLOS_PER_REQUEST, Source, read_figures
from slo_toolkit.status.series import RATIO, SLOT

_STEPS = 1440
"""The coverage of a long period is told to a 1440th: every half hour of a month, for a twelfth of the samples."""


def steps_with(expression: str, span: Span) -> str:
    """The number of steps in which an expression has a value, as PromQL."""
    return f"count_over_time(({expression})[{just_within(span.elapsed)}:{step_of(span)}])"


def last_step_with(moment: str, span: Span) -> str:
    """The latest of the moments that an expression tells in the steps, as PromQL."""
    return f"max_over_time(({moment})[{just_within(span.elapsed)}:{step_of(span)}])"


def first_step_with(expression: str, span: Span) -> str:
    """The moment of the first step in which an expression has a value, in Unix seconds, as PromQL."""
    return f"min_over_time(({evaluated_at(expression)})[{just_within(span.elapsed)}:{step_of(span)}])"


def missing_after(first: Decimal, steps: Decimal, span: Span) -> Duration:
    """How long at most an expression had no value after the first of so many `steps` in which it had one.

    A gap may be longer than the steps in it by less than one.
    """
    step = step_of(span)
    since = round(span.at * 1000) // step.ms * step.ms - round(first * 1000)
    missing = since // step.ms + 1 - int(steps)
    return step * (missing + 1) if missing > 0 else Duration(0)


def last_in_steps(expression: str, span: Span) -> str:
    """The last value of each series that an expression has in one of the steps, as PromQL."""
    return f"last_over_time(({expression})[{just_within(span.elapsed)}:{step_of(span)}])"


def share_of(steps: Decimal, span: Span) -> Decimal:
    """The share of the period that so many steps are. None may fall into the little that was measured so far."""
    return min(Decimal(1), steps * step_of(span).ms / span.elapsed.ms)


def step_of(span: Span) -> Duration:
    """How far the steps are apart."""
    return max(SLOT, Duration(span.elapsed.ms // _STEPS // 1000 * 1000))


def with_coverage(
    source: Source, statuses: Sequence[BudgetStatus], is_wanted: Callable[[BudgetStatus], bool]
) -> tuple[BudgetStatus, ...]:
    """The statuses, with the coverage of each that is wanted: the share of steps with a ratio.

    Sloth's own rules record ratios and no coverage. A ratio of NaN, as they record it without traffic, counts as not
    measured. Raises QueryFailed.
    """
    found = list(statuses)
    asked = (number for number, one in enumerate(statuses) if is_wanted(one) and one.burn_rates)
    while batch := tuple(islice(asked, SLOS_PER_REQUEST)):
        expressions = {str(number): _steps_with_a_ratio(statuses[number]) for number in batch}
        for sample in read_figures(source, expressions, statuses[batch[0]].span.at):
            number = int(sample.labels[FIGURE])
            if _is_of(sample, statuses[number]):
                share = share_of(Decimal(repr(sample.value)), statuses[number].span)
                most = max(share, found[number].coverage or Decimal(0))
                found[number] = replace(found[number], coverage=most)
    return tuple(found)


def _is_of(sample: Sample, status: BudgetStatus) -> bool:
    """Whether a series is of the status's own group."""
    own = {**status.group, **status.apart}
    return all(sample.labels.get(name, text) == text for name, text in own.items())


def _steps_with_a_ratio(status: BudgetStatus) -> str:
    window = min(status.burn_rates)
    matchers = f"{naming.SERVICE}={quote(status.service)}, {naming.SLO}={quote(status.slo)}"
    return steps_with(f"{RATIO}{window}{{{matchers}}} >= 0", status.span)
