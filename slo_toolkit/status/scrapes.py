"""Scrapes that come less often than the rules were told: a warning, and a doubt where events are missed by that."""

from __future__ import annotations

from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.windows import BASE_WINDOWS

SCRAPES = "scrapes_apart"
"""The figure of a whole SLO: how far its scrapes are apart, in seconds."""

_HOURS = Duration.of(hours=5)
"""It is seen once an hour. Now and so long ago it is no scrape that failed, and no pod that just began."""

_USUAL = tuple(Duration.of(seconds=s) for s in (15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600))

_READ_AT_MARKS = Decimal(330)
"""Counters are read at full five minutes, so far back as Prometheus looks by itself; and a tenth for jitter."""
_OF_A_BASE = Decimal("0.6")
"""Of a longer base window: its range is a scrape longer, and has two scrapes up to this."""


def seen_lately(matchers: str) -> str:
    """As PromQL; nothing where scrapes come as the rules were told."""
    series = f"{naming.SCRAPES_SEEN}{{{matchers}}}"
    seen = f"last_over_time({series}[1h5m])"
    whole = f"avg_over_time({series}[{_HOURS}])"
    return f"({whole} and {seen} and {seen[:-1]} offset {_HOURS}))"


def told(seconds: Decimal, base: Duration) -> tuple[str, str]:
    """The warning and the doubt, of which the other is empty."""
    usual = min(_USUAL, key=lambda one: abs(one.ms / (float(seconds) * 1000 + 1) - 1))
    most = _READ_AT_MARKS if base == BASE_WINDOWS[0] else _OF_A_BASE * base.ms / 1000
    advice = f"compile them with --scrape-interval {usual}"
    if seconds > most:
        doubt = f"its metrics are scraped some {usual} apart, too seldom for its rules to count all events: {advice}"
        return "", doubt
    return f"its metrics are scraped some {usual} apart, less often than its rules were told: {advice}", ""
