"""The verdict on a budget, and the exit code that a release gate goes by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_FLOOR, Decimal

from slo_toolkit.budget import LITTLE_LEFT, SOON, plain
from slo_toolkit.duration import Duration
from slo_toolkit.status import unknown
from slo_toolkit.status.model import (
    ActiveAlert,
    AlertState,
    AlertWindow,
    BudgetStatus,
    Origin,
    Spending,
    Verdict,
)
from slo_toolkit.status.reading import Reading

FINE, BAD, NOT_MEASURABLE = 0, 1, 3


def judge(
    reading: Reading,
    spending: Spending | None,
    windows: Sequence[AlertWindow],
    time_to_exhaustion: Duration | None,
) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict and its reasons, in the order of docs/budget.md.

    1. no_data: the figures of the period are not known.
    2. exhausted: nothing of the budget is left. Events that were counted stay counted, so this holds even when
       nothing is measured any more.
    3. no_data: whatever was measured is too old or too doubtful to call it met, or what was not measured could hold
       all that is left.
    4. met: the period is a week, month or quarter that is over.
    5. at_risk: less than a tenth is left, an alert fires, or what is left goes within a day (of a calendar
       period: before its end) at the burn rate of the last hour, or of the shortest window where that is longer.
    6. met.
    """
    doubts = (*reading.doubts, *_more_errors_than_events(reading), *unknown.doubts(reading))
    if spending is None:
        return Verdict.NO_DATA, doubts or ("no events were measured in the period",)
    if spending.remaining <= 0 and not reading.is_untrustworthy:
        return Verdict.EXHAUSTED, ("nothing of the budget is left", *doubts)
    doubts = (*doubts, *_could_be_exhausted(reading, spending))
    if doubts:
        return Verdict.NO_DATA, doubts
    if reading.span.is_closed:
        return Verdict.MET, ()
    risks = tuple(_risks(reading, spending, windows, time_to_exhaustion))
    return (Verdict.AT_RISK, risks) if risks else (Verdict.MET, ())


def _could_be_exhausted(reading: Reading, spending: Spending) -> Iterator[str]:
    if reading.unmeasured is None or not reading.unmeasured.length.ms or spending.remaining_at_worst is None:
        return
    if spending.remaining_at_worst <= 0 < spending.remaining:
        left = (spending.remaining_at_worst * 100).quantize(Decimal("0.1"), ROUND_FLOOR)
        yield (
            f"{reading.unmeasured.length} of the period was not measured and could hold all errors that are left: "
            f"then {left:,} % would be left"
        )


def _more_errors_than_events(reading: Reading) -> Iterator[str]:
    """A ratio above 1 says that the queries do not count the same events, so that no ratio of theirs is right."""
    ratios = {**reading.ratios, reading.span.elapsed: reading.error_ratio}
    above = [window for window, ratio in ratios.items() if ratio is not None and ratio > _ALL]
    if above:
        ratio = ratios[min(above)]
        yield f"more errors than events, {ratio:.4g} times as many in {min(above)}: the queries do not count the same"


# Beyond what floats and the extrapolation of rate() leave of 1.
_ALL = Decimal("1.05")


def _risks(
    reading: Reading, spending: Spending, windows: Sequence[AlertWindow], time_to_exhaustion: Duration | None
) -> Iterator[str]:
    if spending.remaining < LITTLE_LEFT:
        yield f"less than {LITTLE_LEFT:.0%} of the budget is left"
    for alert in reading.alerts or ():
        if alert.state is AlertState.FIRING and not _fires_without_need(alert, windows):
            yield f"{alert.name} ({alert.severity or 'alert'}) fires"
    if reading.origin is Origin.RAW or reading.alerts is None:  # without rules no alert can tell
        for window in windows:
            if window.is_a_risk:
                yield (
                    f"burns faster than {plain(round(window.burn_rate_threshold, 4))}x in {window.long_window} "
                    f"and {window.short_window} ({window.severity})"
                )
    limit, when = SOON, "within a day"
    if reading.span.is_running:
        limit, when = reading.span.left, "before the period ends"
    if time_to_exhaustion is not None and time_to_exhaustion < limit:
        yield f"what is left is gone {when} at the burn rate of the last {reading.burn_window.as_last()}"


def _fires_without_need(alert: ActiveAlert, windows: Sequence[AlertWindow]) -> bool:
    """Whether its owner put it below 1x, and the budget lasts as it burns now."""
    own = [w for w in windows if w.name and (w.name, w.severity.value) == (alert.name, alert.severity)]
    return any(window.exceeded for window in own) and not any(window.is_a_risk for window in own)


def worst_first(statuses: Iterable[BudgetStatus]) -> tuple[BudgetStatus, ...]:
    """By verdict, and within a verdict by what is left; equal ones by name."""
    return tuple(sorted(statuses, key=_rank))


def _rank(status: BudgetStatus) -> tuple[int, Decimal, str]:
    remaining = status.budget_remaining
    return status.verdict.rank, Decimal("Infinity") if remaining is None else remaining, status.name


def is_bad(status: BudgetStatus, fail_under: Decimal | None) -> bool:
    """Whether the budget is exhausted, or less than the share `fail_under` of it is known to be left."""
    if status.verdict is Verdict.EXHAUSTED:
        return True
    remaining = status.budget_remaining
    return (
        fail_under is not None
        and remaining is not None
        and status.verdict is not Verdict.NO_DATA
        and remaining < fail_under
    )


def exit_code(statuses: Sequence[BudgetStatus], fail_under: Decimal | None = None) -> int:
    """1 where a budget is bad, else 3 where one could not be measured, else 0.

    1 wins over 3: a gate that lets "could not be measured" pass must still stop at an exhausted budget, while one
    that lets exhausted budgets pass loses nothing, since what nobody could measure is at worst exhausted.
    """
    if any(is_bad(status, fail_under) for status in statuses):
        return BAD
    if not statuses or any(status.verdict is Verdict.NO_DATA for status in statuses):
        return NOT_MEASURABLE
    return FINE
