"""Queries of recorded series, for many SLOs at once: what the overview and the tables ask.

Every figure is made as `slo budget` makes it (slo_toolkit/status), at the end of the shown range. Each query
returns one series for each budget, with the same labels: the identity and the labels that tell groups apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.budget import LITTLE_LEFT, MISSED_FOR, SOON, plain
from slo_toolkit.duration import Duration
from slo_toolkit.emit.dashboards import look
from slo_toolkit.plan.intervals import COUNT_INTERVAL
from slo_toolkit.promql import number
from slo_toolkit.windows import BASE_WINDOWS

_DAY_SECONDS = 86_400
_HOUR = Duration.of(hours=1)
_USUAL_BASE = BASE_WINDOWS[0]
_SAID_BY_THE_ID = (naming.SERVICE, naming.SLO)
_END = "${__to:date:seconds}"
"""The end of the shown range; end() would be the last whole step, which may be a day before."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Some SLOs, and what is recorded of them.

    `identity` are matchers that every generated series satisfies, `owner` those of labels that the owner set:
    only the series that Sloth has, too, carry them. `names` are the labels that tell the SLOs apart, those of the
    compilation among them, and none where it is one SLO. `groups` are the `group_by` labels of all these SLOs,
    `periods` their periods, `bases` their shortest recorded windows. `counted` says that events are recorded, which
    `--compat sloth` does not.
    """

    identity: str
    owner: str = ""
    names: tuple[str, ...] = naming.IDENTITY
    groups: tuple[str, ...] = ()
    periods: tuple[Duration, ...] = ()
    bases: tuple[Duration, ...] = (_USUAL_BASE,)
    counted: bool = True

    @property
    def keys(self) -> str:
        """The labels of every result."""
        return ", ".join((*self.names, *self.groups))

    @property
    def _ours(self) -> str:
        """Matches a figure with one of the same SLO."""
        return f"on ({', '.join(name for name in self.names if name not in _SAID_BY_THE_ID)})"

    def owned(self, metric: str) -> str:
        """A series that carries the owner's labels."""
        matchers = ", ".join(text for text in (self.identity, self.owner) if text)
        return f"{metric}{{{matchers}}}"

    def generated(self, metric: str) -> str:
        """A series that carries the identity alone."""
        return f"{metric}{{{self.identity}}}"

    def one(self, metric: str) -> str:
        """One series for each budget. After a change of an owner's label the former series is there, too."""
        return f"max by ({self.keys}) ({self.owned(metric)})"

    def whole(self, metric: str) -> str:
        """One series for each SLO, of a figure that all groups share."""
        return f"max by ({', '.join(self.names)}) ({self.owned(metric)})"

    def with_whole(self, figure: str, operator: str, whole: str) -> str:
        """Arithmetic of a budget's figure with one that all groups of its SLO share."""
        matching = f"{self._ours} group_left () " if self.groups else ""
        return f"{figure} {operator} {matching}{whole}"

    def for_each_budget(self, whole: str) -> str:
        """A figure of the whole SLO at each group, and at the SLO itself where no group has a budget."""
        if not self.groups:
            return whole
        repeated = self.with_whole(f"0 * {self.remaining}", "+", whole)
        return f"({repeated}) or {self._ours} {whole}"

    @property
    def known(self) -> str:
        """1 for every budget whose rules are evaluated, or were within a day."""
        return self.for_each_budget(self.known_whole)

    @property
    def known_whole(self) -> str:
        lately = f"last_over_time({self.owned(naming.OBJECTIVE)}[{MISSED_FOR}])"
        return f"(0 * max by ({', '.join(self.names)}) ({lately}) + 1)"

    @property
    def objective(self) -> str:
        return self.for_each_budget(self.whole(naming.OBJECTIVE))

    @property
    def remaining(self) -> str:
        """The share of the budget that is left. Sloth's own rules can record NaN, which is no figure."""
        remaining = self.one(naming.BUDGET_REMAINING)
        return f"({remaining})" if self.counted else f"({remaining} > -Inf)"

    @property
    def sli(self) -> str:
        """The share of good events over the period: what the remaining budget says, told as a ratio."""
        spent = self.with_whole(f"(1 - {self.remaining})", "*", self.whole(naming.ERROR_BUDGET))
        return f"1 - {spent}"

    @property
    def burn_rate(self) -> str:
        """The burn rate of the last hour, or of the shortest window where that is longer."""
        ratio = self.one(naming.error_ratio(_HOUR))
        hourly = self.with_whole(ratio, "/", self.whole(naming.ERROR_BUDGET))
        is_enough = self.counted and max(self.bases) <= _HOUR
        return hourly if is_enough else f"{hourly} or {self.one(naming.CURRENT_BURN_RATE)}"

    @property
    def seconds_left(self) -> str:
        """How long what is left lasts at the burn rate of the last hour; at most a hundred years."""
        length = f"({_DAY_SECONDS} * {self.whole(naming.PERIOD_DAYS)})"
        lasting = self.with_whole(f"({self.remaining} > 0) / ({self.burn_rate})", "*", length)
        return f"0 * ({self.remaining} <= 0) or clamp_max({lasting}, {look.FAR_AWAY_SECONDS})"

    @property
    def coverage(self) -> str:
        """The share of the period that was measured."""
        series = [f"max by ({self.keys}) ({self.generated(naming.coverage(p))})" for p in self.periods]
        ours = f" and {self._ours} {self.owned(naming.OBJECTIVE)}" if self.owner else ""
        return f"({' or '.join(series)}){ours}"

    @property
    def firing(self) -> str:
        """How many alerts fire: those of the group, and those of the whole SLO."""
        of_no_group = "".join(f', {label}=""' for label in self.groups)
        firing = f'ALERTS{{alertstate="firing", {self.identity}'
        ours = f"and {self._ours} {self.owned(naming.OBJECTIVE)}" if self.owner else ""
        count = f"count by ({', '.join(self.names)}) ({firing}{of_no_group}}} {ours})"
        common = f"{count} or 0 * {self.known_whole}"
        if not self.groups:
            return common
        own = f"count by ({self.keys}) ({firing}}} unless {firing}{of_no_group}}}) or 0 * ({self.known})"
        return self.with_whole(f"({own})", "+", f"({common})")

    @property
    def measured(self) -> str:
        """What is there only while the SLI returns anything."""
        if len(self.bases) > 1:
            return f"({' or '.join(map(self._measured_over, self.bases))})"
        return self._recorded_over(self.bases[0])

    def _measured_over(self, base: Duration) -> str:
        """What is there of those SLOs whose shortest window this is; rules tell where it is not the usual one."""
        measured = self._recorded_over(base)
        if base == _USUAL_BASE or not self.counted:
            return measured
        told = self.generated(naming.BASE_WINDOW)
        return f"{measured} and on ({naming.ID}) {told} == {number(Decimal(base.ms) / 1000)}"

    def _recorded_over(self, window: Duration) -> str:
        return self.generated((naming.valid_events_rate if self.counted else naming.error_ratio)(window))

    @property
    def verdict(self) -> str:
        """0 met, 1 at risk, 2 no data, 3 exhausted: the verdict of `slo budget`."""
        left = self.remaining
        risky = f"{left} < {plain(LITTLE_LEFT)} or ({self.firing}) > 0 or ({self.seconds_left}) < {SOON.seconds:g}"
        return "\nor\n".join(
            (
                f"0 * ({left} <= 0) + {look.EXHAUSTED}",
                f"0 * (({self.known}) unless ({left} and on ({self.keys}) {self.measured})) + {look.NO_DATA}",
                f"0 * ({risky}) + {look.AT_RISK}",
                f"0 * {left} + {look.MET}",
            )
        )

    def count(self, verdict: int) -> str:
        """How many budgets have this verdict."""
        return f"count((\n{self.verdict}\n) == {verdict}) or vector(0)"

    @property
    def spent_by_day(self) -> str:
        """The share of the period's budget that each day spent, told at its beginning.

        Events are counted, so a day with a thousand requests weighs a thousand times as much as one with one.
        """
        errors = f"sum_over_time({self.generated(naming.error_events_count(COUNT_INTERVAL))}[1d] offset -1d)"
        valid = " or ".join(
            f"max by ({self.keys}) ({self.generated(naming.valid_events_count(period))} @ {_END})"
            for period in self.periods
        )
        budget = f"max by ({', '.join(self.names)}) ({self.owned(naming.ERROR_BUDGET)} @ {_END})"
        allowed = self.with_whole(f"(({valid}) > 0)", "*", budget)
        return f"sum by ({self.keys}) ({errors})\n/\n({allowed})"
