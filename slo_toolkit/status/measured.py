"""How much of a period was measured, of SLOs whose rules record no coverage: those of Sloth's own rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.promql import quote
from slo_toolkit.query.samples import Sample
from slo_toolkit.status.model import BudgetStatus
from slo_toolkit.status.reading import FIGURE, Source, just_within, read_figures
from slo_toolkit.status.series import RATIO, SLOT

SLOS_PER_REQUEST = 20

_STEPS = 1440
"""A month is told to half an hour, as for raw queries."""


def measured(
    source: Source, statuses: Sequence[BudgetStatus], is_wanted: Callable[[BudgetStatus], bool]
) -> tuple[BudgetStatus, ...]:
    """The statuses, with the coverage of each that is wanted: the share of steps with a ratio.

    A ratio of NaN, as Sloth's rules record it without traffic, counts as not measured. Raises QueryFailed.
    """
    found = list(statuses)
    asked = (number for number, one in enumerate(statuses) if is_wanted(one) and one.burn_rates)
    while batch := tuple(islice(asked, SLOS_PER_REQUEST)):
        expressions = {str(number): _steps_with_a_ratio(statuses[number]) for number in batch}
        for sample in read_figures(source, expressions, statuses[batch[0]].span.at):
            number = int(sample.labels[FIGURE])
            if _is_of(sample, statuses[number]):
                most = max(_coverage(sample, statuses[number]), found[number].coverage or Decimal(0))
                found[number] = replace(found[number], coverage=most)
    return tuple(found)


def _is_of(sample: Sample, status: BudgetStatus) -> bool:
    """Whether a series is of the status's own group."""
    own = {**status.group, **status.apart}
    return all(sample.labels.get(name, text) == text for name, text in own.items())


def _coverage(sample: Sample, status: BudgetStatus) -> Decimal:
    steps = Decimal(repr(sample.value))
    return min(Decimal(1), steps * _step(status).ms / status.span.elapsed.ms)


def _steps_with_a_ratio(status: BudgetStatus) -> str:
    window = min(status.burn_rates)
    matchers = f"{naming.SERVICE}={quote(status.service)}, {naming.SLO}={quote(status.slo)}"
    ratio = f"{RATIO}{window}{{{matchers}}} >= 0"
    return f"count_over_time(({ratio})[{just_within(status.span.elapsed)}:{_step(status)}])"


def _step(status: BudgetStatus) -> Duration:
    return max(SLOT, Duration(status.span.elapsed.ms // _STEPS // 1000 * 1000))
