"""Which alerts an SLO has: its tiers, without those that could never fire, gathered by alert."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from slo_toolkit import budget
from slo_toolkit.duration import Duration
from slo_toolkit.slo import Objective, Severity, Slo, Tier


@dataclass(frozen=True, slots=True)
class Alert:
    """One alerting rule: it fires when any of its tiers does."""

    name: str
    severity: Severity
    severity_label: str
    tiers: tuple[Tier, ...]


def effective_tiers(slo: Slo) -> tuple[Tier, ...]:
    """The tiers that are on and can fire: below 93.06 % no error ratio reaches 14.4x of the budget."""
    alerting = slo.alerting
    page, ticket = not alerting.page.disabled, not alerting.ticket.disabled
    return _effective(alerting.tiers, page, ticket, slo.objective, slo.period)


def named_tiers(slo: Slo) -> tuple[Tier, ...]:
    """The same, each with the name of its alert."""
    return tuple(replace(tier, name=tier.name or slo.alerting.name) for tier in effective_tiers(slo))


@lru_cache(maxsize=256)
def _effective(
    tiers: tuple[Tier, ...], page: bool, ticket: bool, objective: Objective, period: Duration
) -> tuple[Tier, ...]:
    return tuple(
        tier
        for tier in tiers
        if (page if tier.severity is Severity.PAGE else ticket)
        and budget.can_fire(objective, tier.burn_rate)
        and tier.long_window <= period
    )


def alerts(slo: Slo) -> tuple[Alert, ...]:
    """The alerts in the order of their first tier; tiers of one name and severity share an alert."""
    gathered: dict[tuple[str, Severity, str], list[Tier]] = {}
    for tier in effective_tiers(slo):
        key = (tier.name or slo.alerting.name, tier.severity, tier.severity_label)
        gathered.setdefault(key, []).append(tier)
    return tuple(Alert(*key, tuple(tiers)) for key, tiers in gathered.items())
