"""The two plots of a status: what is left over the period, and how fast it burned."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate

from slo_toolkit.budget import plain
from slo_toolkit.status.episodes import Episode
from slo_toolkit.status.history import LEAST_EVENTS, History
from slo_toolkit.status.model import BudgetStatus
from slo_toolkit.status.render.svg import Line, Plot, Rule

_SLOWEST, _FASTEST = 0.1, 20.0
"""Ends of the burn-rate axis; the upper one moves up where it burned faster."""


def burn_down(status: BudgetStatus, history: History, marked: Sequence[Episode]) -> Plot:
    """The share of the budget that was left after each step, beside what an even spending would have left."""
    points = list(_remaining(status, history))
    low = min(0.0, *(value for _, value in points)) if points else 0.0
    low = math.floor(low * 4) / 4
    span = status.span
    ticks = [(value, f"{value:.0%}") for value in _quarters(low)]
    return Plot(
        title=f"Budget left of {status.name}",
        start=span.start,
        end=span.end,
        low=low,
        high=1.0,
        ticks=ticks,
        lines=(
            Line([(span.start, 1.0), (span.end, 0.0)], "ideal"),
            Line([(span.start, 1.0), *points], "left", history.step.seconds * 4),
        ),
        rules=(Rule(0.0, "", "zero"),) if low < 0 else (),
        episodes=marked,
    )


def burn_rate(status: BudgetStatus, history: History, marked: Sequence[Episode]) -> Plot:
    """How fast the budget burned in each step, with the thresholds of the alerts."""
    points = list(_rates(status, history))
    highest = max([_FASTEST, *(rate for _, rate in points)])
    high = 10 ** math.ceil(math.log10(highest))
    thresholds = sorted({window.burn_rate_threshold for window in status.alert_windows})
    decades = range(round(math.log10(_SLOWEST)), round(math.log10(high)) + 1)
    return Plot(
        title=f"Burn rate of {status.name}",
        start=status.span.start,
        end=status.span.end,
        low=_SLOWEST,
        high=high,
        ticks=[(10.0**decade, f"{10.0**decade:g}x") for decade in decades],
        lines=(Line(points, "burn", history.step.seconds),),
        rules=[Rule(float(rate), f"{plain(round(rate, 2))}x", "threshold") for rate in thresholds],
        episodes=marked,
        logarithmic=True,
    )


def _remaining(status: BudgetStatus, history: History) -> Iterator[tuple[float, float]]:
    spending = status.spending
    if spending is None or status.objective is None or not history.steps:
        return
    if spending.allowed_events is not None:
        allowed = float(spending.allowed_events)
    else:
        measured = sum(step.valid for step in history.steps)
        allowed = float(1 - status.objective) * measured / float(status.span.share_elapsed)
    if allowed < LEAST_EVENTS:
        return
    for step, spent in zip(history.steps, accumulate(step.errors for step in history.steps), strict=True):
        yield step.end, 1 - spent / allowed


def _rates(status: BudgetStatus, history: History) -> Iterator[tuple[float, float]]:
    if status.objective is None:
        return
    error_budget = float(1 - status.objective)
    for step in history.steps:
        if step.valid > 0:
            yield step.end, step.errors / step.valid / error_budget


def _quarters(low: float) -> list[float]:
    """At most six round ticks from 100 % downwards."""
    span = 1 - low
    size = next(size for size in (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 100.0, math.inf) if span / size <= 5)
    if size == math.inf:
        return [1.0, 0.0, low]
    return [1 - number * size for number in range(int(span / size) + 1)]
