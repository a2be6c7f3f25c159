"""The burn-rate windows as data, beside their source, and which of them scrapes can fill."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from slo_toolkit.budget import SUSTAINABLE, burn_rate_for_share, is_of_a_lasting_budget
from slo_toolkit.duration import Duration
from slo_toolkit.slo import Severity, Tier


@dataclass(frozen=True, slots=True)
class WindowPair:
    """A long and a short window, and the share of the budget that may be spent within the long one."""

    severity: Severity
    budget_share: Decimal
    long_window: Duration
    short_window: Duration

    def tier(self, period: Duration) -> Tier:
        burn_rate = burn_rate_for_share(self.budget_share, period, self.long_window)
        return Tier(self.severity, burn_rate, self.long_window, self.short_window)


_PAGE, _TICKET = Severity.PAGE, Severity.TICKET

# Google, The Site Reliability Workbook, chapter 5 "Alerting on SLOs", table 5-8, recommended parameters.
# At 30d the burn rates are 14.4, 6, 3 and 1. Other periods keep the windows and scale the burn rates.
WORKBOOK = (
    WindowPair(_PAGE, Decimal("0.02"), Duration.of(hours=1), Duration.of(minutes=5)),
    WindowPair(_PAGE, Decimal("0.05"), Duration.of(hours=6), Duration.of(minutes=30)),
    WindowPair(_TICKET, Decimal("0.10"), Duration.of(days=1), Duration.of(hours=2)),
    WindowPair(_TICKET, Decimal("0.10"), Duration.of(days=3), Duration.of(hours=6)),
)


BASE_WINDOWS = tuple(Duration.of(minutes=minutes) for minutes in (5, 10, 15, 30, 60, 120, 180))
"""What the shortest recorded window may be. Each divides every longer window of the Workbook."""

LONGEST_SCRAPE_INTERVAL = Duration.of(hours=1)
"""Beyond this a base would be no shorter than the longest window that pages by the Workbook."""


@lru_cache(maxsize=64)
def base_window(scrape_interval: Duration) -> Duration:
    """The shortest window that is recorded of metrics scraped so often: two and a half scrape intervals or more.

    It is read over one scrape more, so there are three scrapes in it at least, wherever they fall and though
    each comes up to a quarter of an interval early or late. One of them may fail: rate() needs two.
    """
    return next(base for base in BASE_WINDOWS if base.ms * 2 >= scrape_interval.ms * 5)


def recent_window(scrape_interval: Duration) -> Duration:
    """The window that tells how fast the budget burns lately: an hour, more only where the base is longer."""
    return max(Duration.of(hours=1), base_window(scrape_interval))


_SCRAPES_PER_WINDOW = 4
"""In so many scrapes one may fail and another come late, and rate() still has the two that it needs."""


def shortest_window(scrape_interval: Duration) -> Duration:
    """The shortest window that an alert may look at: four scrape intervals, or the base where that is less."""
    return min(scrape_interval * _SCRAPES_PER_WINDOW, base_window(scrape_interval))


def with_enough_scrapes(tier: Tier, scrape_interval: Duration) -> Tier | None:
    """The tier with a short window that scrapes so seldom can fill: too short a one becomes the base.

    None where the long window is not longer than that.
    """
    if tier.short_window >= shortest_window(scrape_interval):
        return tier
    base = base_window(scrape_interval)
    return replace(tier, short_window=base) if base < tier.long_window else None


@lru_cache(maxsize=64)
def recorded_windows(
    tiers: tuple[Tier, ...], period: Duration, scrape_interval: Duration
) -> tuple[Duration, ...]:
    """Every window whose error ratio is recorded, shortest first, for the alerts of `tiers`.

    The Workbook's from the base window on are always among them, since dashboards made for Sloth ask for those.
    """
    base = base_window(scrape_interval)
    windows = {base, recent_window(scrape_interval)}
    for pair in WORKBOOK:
        windows |= {window for window in (pair.long_window, pair.short_window) if base <= window < period}
    for tier in tiers:
        windows |= {tier.long_window, tier.short_window}
    return tuple(sorted(windows))


def workbook_tiers(period: Duration) -> tuple[Tier, ...]:
    """The Workbook's four tiers for `period`."""
    return tuple(pair.tier(period) for pair in WORKBOOK)


@lru_cache(maxsize=64)
def default_tiers(period: Duration) -> tuple[Tier, ...]:
    """Those of the Workbook's tiers that make sense over `period`.

    A window longer than the period is none of it. A burn rate that is below 1x in a short period (a tenth of the
    budget of 7 days within 3 days is 0.2333x) would be exceeded though the budget lasts; one just below 1x becomes 1x.
    """
    return tuple(
        replace(tier, burn_rate=max(tier.burn_rate, SUSTAINABLE))
        for tier in workbook_tiers(period)
        if tier.long_window <= period and not is_of_a_lasting_budget(tier.burn_rate)
    )
