"""What happens to every service of the corpus, on one day: the same faults at the same time.

Times are seconds from the start of the history.
"""

from __future__ import annotations

from deploy.live.replay import Span

EPOCH = 1_709_510_400  # Monday 2024-03-04 00:00 UTC, a multiple of every interval used
MINUTE = 60.0
HOUR = 3600.0

END = 11.5 * HOUR
ALWAYS = Span(0, END)

# No fault lies in the first six hours: from then on all the windows that are compared are full. And none begins or ends
# within ten minutes before a moment of comparison: a series that is new loses a tenth of its first five minutes, as
# docs/rules.md says, and a process that is new the events before its first scrape.
FULL = 6 * HOUR
PARTIAL = Span(6 * HOUR + 33 * MINUTE + 10, 7 * HOUR + 21 * MINUTE)
"""A part of the events fails."""
OUTAGE = Span(8 * HOUR + 33 * MINUTE + 20, 9 * HOUR + 15 * MINUTE + 40)
"""Every event fails, and the processes are new: there are no series but those of errors."""
SILENCE = Span(10 * HOUR + 31 * MINUTE, 11 * HOUR + 12 * MINUTE)
"""Nobody calls: counters stand still."""

BEFORE_OUTAGE = Span(0, OUTAGE.start)
AFTER_OUTAGE = Span(OUTAGE.end, END)
OUTSIDE_OUTAGE = (BEFORE_OUTAGE, AFTER_OUTAGE)

BETWEEN_MOMENTS = 15 * MINUTE
"""Moments of comparison, at multiples of every interval at which rules are evaluated but the settled sums'."""


def within(span: Span, seconds: float) -> bool:
    return span.start <= seconds < span.end


def unix(seconds: float) -> float:
    return EPOCH + seconds
