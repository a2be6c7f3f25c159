"""The burn-rate windows as data, beside their source."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from slo_toolkit.budget import burn_rate_for_share
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


def workbook_tiers(period: Duration) -> tuple[Tier, ...]:
    """The Workbook's four tiers for `period`."""
    return tuple(pair.tier(period) for pair in WORKBOOK)
