"""How often the groups of the period are evaluated."""

from __future__ import annotations

from slo_toolkit.duration import Duration

COUNT_INTERVAL = Duration.of(minutes=5)
"""A count every five minutes: each event is in one of them, and a month has 8,640 of them."""

SETTLE_INTERVAL = Duration.of(hours=1)
"""The sums over the whole period are taken, and what counters tell of gaps is asked, once an hour."""


def at_the_mark(expression: str, interval: Duration) -> str:
    """The value of an expression at the full five minutes, or the full hour, that passed since the last evaluation.

    A subquery is evaluated at multiples of its step. So whenever the group of the period runs, its counts begin and end
    at the same moments as the hours that they are compared with; and of an hour, eleven in twelve evaluations find
    no step, and read nothing.
    """
    return f"last_over_time(({expression})[{just_within(COUNT_INTERVAL)}:{interval}])"


def just_recorded(series: str, ago: str = "") -> str:
    """What the same evaluation recorded. After a restart nothing marks the former sample as old for five minutes."""
    return f"last_over_time({series}[{just_within(COUNT_INTERVAL)}]{ago})"


def just_within(length: Duration) -> Duration:
    """A range for `[...]` without its far end: that belongs to it in Prometheus 2, and neighbours would share a sample.

    One five-minute count too many would be a third of a percent of a day.
    """
    return Duration(length.ms - 1)
