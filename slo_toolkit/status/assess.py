"""From what was measured to a status: the arithmetic of the budget, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal

from slo_toolkit import budget
from slo_toolkit.duration import Duration
from slo_toolkit.slo import Objective, Tier
from slo_toolkit.status.model import (
    SPENT_WINDOWS,
    AlertWindow,
    BudgetStatus,
    Spending,
)
from slo_toolkit.status.reading import Reading
from slo_toolkit.status.unmeasured import error_ratio_at_worst
from slo_toolkit.status.verdict import judge

_TOLD = Decimal("1e-9")
"""Shares of a budget and burn rates are told to a billionth: below is the noise of binary floats, which differs between
recorded and raw figures. Exactly at the objective both say that nothing is left."""
_EXACT = Context(prec=100)
"""A ratio far above 1 of a tiny budget has more digits than the usual 28."""

_FAR_AWAY = Duration.of(days=100 * 365)


def assess(reading: Reading) -> BudgetStatus:
    """The status of the budget that `reading` tells of."""
    objective = Objective(reading.objective) if reading.objective is not None else None
    spending = _spending(reading, objective)
    burn_rates = _burn_rates(reading, objective)
    burn_rate = burn_rates.get(reading.burn_window)
    with_period = {**_burn_rate_of_period(reading, objective), **burn_rates}
    windows = tuple(_alert_window(tier, with_period) for tier in reading.tiers)
    left = _time_to_exhaustion(spending, burn_rate, reading)
    verdict, reasons = judge(reading, spending, windows, left)
    return BudgetStatus(
        service=reading.service,
        slo=reading.slo,
        group=reading.group,
        apart=reading.apart,
        objective=reading.objective,
        span=reading.span,
        origin=reading.origin,
        verdict=verdict,
        reasons=reasons,
        error_ratio=reading.error_ratio,
        error_events=reading.error_events,
        valid_events=reading.valid_events,
        spending=spending,
        spent_in={window: _spent_in(window, reading, spending, with_period) for window in SPENT_WINDOWS},
        burn_rates=burn_rates,
        alert_windows=windows,
        time_to_exhaustion=left,
        coverage=reading.coverage,
        unmeasured=reading.unmeasured.length if reading.unmeasured else None,
        alerts=reading.alerts,
        burn_window=reading.burn_window,
        tiers_are_assumed=reading.tiers_are_assumed,
    )


def _spending(reading: Reading, objective: Objective | None) -> Spending | None:
    """What the period's budget was spent on.

    A calendar period that still runs allows as many errors as its traffic so far, carried on to its end, would:
    a bad first hour of a month is no exhausted month.
    """
    if objective is None or reading.error_ratio is None:
        return None
    span = reading.span
    spent = reading.error_ratio / objective.error_budget * span.share_elapsed
    allowed = None
    if reading.valid_events is not None:
        allowed = objective.error_budget * reading.valid_events / span.share_elapsed
    remaining = at_worst = _without_noise(1 - spent)
    if reading.unmeasured and (reading.unmeasured.length.ms or reading.unknown_events):
        worst = error_ratio_at_worst(reading, reading.error_ratio, reading.unmeasured)
        at_worst = _without_noise(1 - worst / objective.error_budget * span.share_elapsed)
    return Spending(
        remaining,
        budget.full_outage(span.length, objective),
        allowed,
        remaining_at_worst=at_worst if reading.unmeasured else None,
    )


def _burn_rates(reading: Reading, objective: Objective | None) -> dict[Duration, Decimal]:
    if objective is None:
        return {}
    return {window: _rate(reading.ratios[window], objective) for window in sorted(reading.ratios)}


def _burn_rate_of_period(reading: Reading, objective: Objective | None) -> dict[Duration, Decimal]:
    """The burn rate of the window that is the period itself: an alert may look at it as at any other."""
    if objective is None or reading.error_ratio is None:
        return {}
    return {reading.span.elapsed: _rate(reading.error_ratio, objective)}


def _rate(error_ratio: Decimal, objective: Objective) -> Decimal:
    return _without_noise(error_ratio / objective.error_budget)


def _without_noise(figure: Decimal) -> Decimal:
    return figure.quantize(_TOLD, context=_EXACT)


def _spent_in(
    window: Duration, reading: Reading, spending: Spending | None, burn_rates: Mapping[Duration, Decimal]
) -> Decimal | None:
    """By events where they are counted; a ratio alone weighs every hour the same."""
    if spending is None:
        return None
    errors = reading.recent_errors.get(window)
    if errors is not None and spending.allowed_events:
        return errors / spending.allowed_events
    if window in burn_rates:
        return burn_rates[window] * window.ms / reading.span.length.ms
    return None


def _alert_window(tier: Tier, burn_rates: Mapping[Duration, Decimal]) -> AlertWindow:
    return AlertWindow(
        tier.severity,
        tier.burn_rate,
        tier.long_window,
        tier.short_window,
        burn_rates.get(tier.long_window),
        burn_rates.get(tier.short_window),
        tier.name,
    )


def _time_to_exhaustion(
    spending: Spending | None, burn_rate: Decimal | None, reading: Reading
) -> Duration | None:
    """How long what is left lasts at `burn_rate`; None where that is for ever."""
    if spending is None or reading.span.is_closed:
        return None
    if spending.remaining <= 0:
        return Duration(0)
    if not burn_rate:
        return None
    whole = reading.span.length.ms / burn_rate
    left = Duration(round(spending.remaining * whole))
    return left if left < _FAR_AWAY else None
