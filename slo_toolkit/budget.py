"""The arithmetic of error budgets: pure, exact, in Decimal."""

from __future__ import annotations

from decimal import Decimal

from slo_toolkit.duration import Duration
from slo_toolkit.slo import Objective, Tier

LITTLE_LEFT = Decimal("0.1")
"""Below this share of the budget the next ordinary incident exhausts it."""

SOON = Duration.of(days=1)
"""A rolling budget that lasts no longer than this at the present rate is at risk."""

SUSTAINABLE = Decimal(1)
"""At this burn rate a budget lasts exactly its period."""

NEARLY_SUSTAINABLE = Decimal("0.9")
"""A threshold from here to 1x is meant as 1x: that of three days is 0.9333x over 28 days, where it is 1x over 30."""

MISSED_FOR = Duration.of(days=1)
"""An SLO whose rules stopped is missed for so long; after that it counts as removed on purpose."""


def error_ratio_threshold(objective: Objective, burn_rate: Decimal) -> Decimal:
    """The error ratio at which the budget burns `burn_rate` times as fast as the period allows."""
    return burn_rate * objective.error_budget


def burn_rate_for_share(share: Decimal, period: Duration, window: Duration) -> Decimal:
    """The burn rate that spends `share` of the budget within `window`.

    SRE Workbook, chapter 5: 2 % of a 30d budget in one hour is 0.02 * 720 = 14.4.
    """
    return share * period.ms / window.ms


def can_fire(objective: Objective, burn_rate: Decimal) -> bool:
    """Whether an error ratio, which is never above 1, can exceed the threshold."""
    return error_ratio_threshold(objective, burn_rate) < 1


def is_of_a_lasting_budget(burn_rate: Decimal) -> bool:
    """Whether an alert above this burn rate would fire though the budget lasts its whole period."""
    return burn_rate < NEARLY_SUSTAINABLE


def time_to_exhaustion(period: Duration, burn_rate: Decimal) -> Duration:
    """How long a whole budget lasts at `burn_rate`: at 30d and 14.4x it is 50 hours."""
    return Duration(round(period.ms / burn_rate))


def full_outage(period: Duration, objective: Objective) -> Duration:
    """The total outage, under even traffic, that spends a whole budget: 216 minutes for 99.5 % over 30d."""
    return Duration(round(period.ms * objective.error_budget))


def detection_time(objective: Objective, tier: Tier, error_ratio: Decimal = Decimal(1)) -> Duration | None:
    """How long `error_ratio` must last until the long window exceeds the threshold; None where it never does.

    SRE Workbook, chapter 5: long window * threshold / error ratio, under even traffic.
    """
    threshold = error_ratio_threshold(objective, tier.burn_rate)
    if threshold >= error_ratio:
        return None
    return Duration(round(tier.long_window.ms * threshold / error_ratio))


def plain(number: Decimal) -> str:
    """A Decimal as people and PromQL write it: no exponent, no trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
