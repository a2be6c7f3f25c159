"""What is answered: the status of each budget, in exact figures that are formatted only when they are shown.

A figure is None where it is not known. Ratios are shares of 1, burn rates multiples of what the period allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from slo_toolkit.budget import SUSTAINABLE
from slo_toolkit.duration import Duration
from slo_toolkit.slo import Labels, Severity, no_labels
from slo_toolkit.status.periods import Span

Key: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...]]
"""Service, SLO and group: what tells budgets apart."""

BURN_WINDOW = Duration.of(hours=1)
_WHOLE = Decimal("0.995")
_WORTH_A_WORD = Decimal("0.01")
SPENT_WINDOWS = (Duration.of(hours=1), Duration.of(days=1), Duration.of(days=7))


class Verdict(StrEnum):
    """Worst first. Only `met` is green; `no_data` says that nobody knows."""

    EXHAUSTED = "exhausted"
    NO_DATA = "no_data"
    AT_RISK = "at_risk"
    MET = "met"

    @property
    def rank(self) -> int:
        return list(Verdict).index(self)


class Origin(StrEnum):
    """Where the figures come from: series that rules recorded, or the SLI's own queries."""

    RECORDED = "recorded"
    RAW = "raw"


class AlertState(StrEnum):
    FIRING = "firing"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class ActiveAlert:
    name: str
    severity: str
    """`page` or `ticket`; empty where the alert does not say."""
    state: AlertState


@dataclass(frozen=True, slots=True)
class AlertWindow:
    """One pair of burn-rate windows, and how fast the budget burns in each of them."""

    severity: Severity
    burn_rate_threshold: Decimal
    long_window: Duration
    short_window: Duration
    long_burn_rate: Decimal | None
    short_burn_rate: Decimal | None
    name: str = ""
    """Of the alert; empty where no spec told it."""

    @property
    def is_a_risk(self) -> bool:
        """Whether it is exceeded by a burn rate at which the budget does not last: an owner's may be below 1x."""
        return bool(self.exceeded) and min(self.long_burn_rate or 0, self.short_burn_rate or 0) > SUSTAINABLE

    @property
    def exceeded(self) -> bool | None:
        """Whether both windows burn faster than the threshold; None where one of them is not known."""
        if self.long_burn_rate is None or self.short_burn_rate is None:
            return None
        return min(self.long_burn_rate, self.short_burn_rate) > self.burn_rate_threshold


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Time of a period in which nobody measured an SLI that had been measured before."""

    length: Duration
    busiest: Decimal | None = None
    """The most valid events per second in an hour of the period; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What was allowed and what is left, in three currencies: the share, events, and time of full outage."""

    remaining: Decimal
    """Share of the budget that is left: 1 is all of it, below 0 it is overspent."""
    full_outage: Duration
    """The total outage that would spend the whole budget under even traffic: 216 minutes for 99.5 % over 30d."""
    allowed_events: Decimal | None
    """Error events that the period allows. While a calendar period runs, its traffic is projected."""
    remaining_at_worst: Decimal | None = None
    """What is left if every event in the time that was not measured was an error; None where that time is not known."""

    @property
    def remaining_events(self) -> Decimal | None:
        return None if self.allowed_events is None else self.remaining * self.allowed_events

    @property
    def remaining_outage_seconds(self) -> Decimal:
        return self.remaining * self.full_outage.ms / 1000


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """The error budget of one SLO, or of one group of it, at one moment."""

    service: str
    slo: str
    group: Labels
    objective: Decimal | None
    span: Span
    origin: Origin
    verdict: Verdict
    reasons: tuple[str, ...]
    """Why the verdict is not `met`."""
    error_ratio: Decimal | None
    error_events: Decimal | None
    valid_events: Decimal | None
    spending: Spending | None
    spent_in: Mapping[Duration, Decimal | None]
    """Share of the budget that was spent in the last hour, day and week."""
    burn_rates: Mapping[Duration, Decimal]
    """Burn rate by window, where it is known."""
    alert_windows: tuple[AlertWindow, ...]
    time_to_exhaustion: Duration | None
    """At the burn rate of `burn_window`; None where that spends nothing, or is not known."""
    coverage: Decimal | None
    unmeasured: Duration | None = None
    """Time in which nobody measured what had been measured before; None where that is not known."""
    alerts: tuple[ActiveAlert, ...] | None = None
    """Those that fire or are pending; None where that is not known."""
    burn_window: Duration = BURN_WINDOW
    """The window of `burn_rate`: longer than an hour where scrapes are seldom."""
    tiers_are_assumed: bool = False
    """The alert windows are the Workbook's, since no spec told the SLO's own."""
    apart: Labels = field(default_factory=no_labels)
    """Labels that all its series carry, the objective's among them: they tell it from the same SLO elsewhere."""

    @property
    def key(self) -> Key:
        return self.service, self.slo, tuple(sorted(self.group.items()))

    @property
    def budget_remaining(self) -> Decimal | None:
        return self.spending.remaining if self.spending else None

    @property
    def remaining_at_worst(self) -> Decimal | None:
        return self.spending.remaining_at_worst if self.spending else None

    @property
    def hides_errors(self) -> bool:
        """Whether what was not measured could hold so much of the budget that it is worth a word."""
        if self.budget_remaining is None or self.remaining_at_worst is None:
            return False
        return self.budget_remaining - self.remaining_at_worst >= _WORTH_A_WORD

    @property
    def is_partly_measured(self) -> bool:
        """Whether so much of the period so far was not measured that it is worth a word."""
        return self.coverage is not None and self.coverage < _WHOLE

    @property
    def burn_rate(self) -> Decimal | None:
        """The burn rate of the last hour: five minutes are too few to say how long the rest will last."""
        return self.burn_rates.get(self.burn_window)

    @property
    def name(self) -> str:
        """`service/slo`, with the group's labels behind it."""
        labels = ",".join(f"{name}={value}" for name, value in self.group.items())
        return f"{self.service}/{self.slo}" + (f"{{{labels}}}" if labels else "")


@dataclass(frozen=True, slots=True)
class Answer:
    """Every status, the worst first, and what the reader should know about all of them."""

    at: float
    statuses: tuple[BudgetStatus, ...]
    warnings: tuple[str, ...] = field(default=())
