"""From the recorded figures of an SLO to its readings, one for each group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from slo_toolkit import naming
from slo_toolkit.budget import can_fire
from slo_toolkit.duration import Duration
from slo_toolkit.slo import Labels, Objective, Tier
from slo_toolkit.status import counter_checks, scrapes
from slo_toolkit.status.active_alerts import alerts_of
from slo_toolkit.status.matched import (
    ERRORS_BEFORE,
    EVENTS_BEFORE,
    EVENTS_SINCE,
    HOURS_BEFORE,
    LABEL_GONE,
    UNMATCHED,
    label_gone,
    usual,
)
from slo_toolkit.status.model import SPENT_WINDOWS, Origin, Unmeasured
from slo_toolkit.status.moments import rfc3339
from slo_toolkit.status.periods import Period, Rolling, Span
from slo_toolkit.status.ranges import without_noise
from slo_toolkit.status.reading import MAX_AGE_SECONDS, Reading
from slo_toolkit.status.series import (
    COVERAGE,
    ERROR_COUNT,
    ERROR_RATE,
    LAST_OBJECTIVE,
    LAST_PERIOD,
    RATIO,
    SLOT,
    UNKNOWN_COUNT,
    VALID_COUNT,
    VALID_RATE,
    Facts,
    Group,
    GroupFacts,
    Identity,
    RecordedSlo,
    period_of,
)
from slo_toolkit.status.unmeasured import NOTHING, unmeasured
from slo_toolkit.windows import default_tiers

# Figures of a whole SLO that a request makes, beside the objective.
EVALUATED_AT, LAST_SEEN = "evaluated_at", "last_seen"
# Figures of a group that are summed from event counts.
PERIOD_VALID, PERIOD_ERRORS, PERIOD_SLOTS, WEEK_ERRORS = "valid", "errors", "slots", "week_errors"
PERIOD_UNKNOWN = "unknown"
CORRECTION = "missed "
"""Begins the name of what counters told afterwards of such a sum; it is added to it, and may be negative."""

_HOUR, _DAY, _WEEK = SPENT_WINDOWS

# The requests without which there is no verdict.
WINDOWS, SUMS, GAPS, CHECKS = "windows", "sums", "gaps", "checks"
MATCHED = "matched"
"""The request that says whether an error query without series is unusual."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


def readings_of(
    identity: Identity,
    slo: RecordedSlo,
    at: float,
    period: Period | None,
    unanswered: Mapping[str, str] = _NOTHING,
) -> Iterator[Reading]:
    """A reading for each group; one that only tells its doubts where no group has any series.

    None of an SLO or of a group that was removed. Where all groups are gone, their telemetry is, and they stay.
    `unanswered` are the requests that took too long, with the reason: `WINDOWS`, `SUMS`, `GAPS`, `CHECKS`.
    """
    is_closed = period is not None and period.span(at).is_closed
    if slo.is_removed:
        return
    groups = tuple(slo.groups())
    left = tuple(found for found in groups if is_closed or not slo.has_vanished(found))
    for found in left or groups or (GroupFacts((), {}, Facts()),):
        yield _Reader(identity, slo, found.group, found.apart, found.facts, at, period, unanswered).reading()


@dataclass(frozen=True, slots=True)
class _Totals:
    """What happened in the period."""

    error_ratio: Decimal | None
    valid_events: Decimal | None
    error_events: Decimal | None
    unknown_events: Decimal | None
    coverage: Decimal | None
    flaw: str = ""
    """Why the errors are no figure."""


@dataclass(frozen=True, slots=True)
class _Reader:
    identity: Identity
    slo: RecordedSlo
    group: Group
    apart: Labels
    facts: Facts
    at: float
    period: Period | None
    unanswered: Mapping[str, str]

    def reading(self) -> Reading:
        totals = self._summed() if self._is_summed else self._recorded()
        miscounted = tuple(self._miscounted())
        objective = self._objective
        return Reading(
            service=self.identity[0],
            slo=self.identity[1],
            group=dict(self.group),
            apart=self.apart,
            objective=objective,
            span=self._span,
            period=self._own_period,
            origin=Origin.RECORDED,
            base_window=self.slo.base_window,
            error_ratio=totals.error_ratio,
            valid_events=totals.valid_events,
            error_events=totals.error_events,
            unknown_events=totals.unknown_events or None,
            coverage=totals.coverage,
            unmeasured=self._unmeasured(),
            ratios={
                window: ratio
                for window, ratio in self.facts.by_window(RATIO).items()
                if window != self._own_period
            },
            recent_errors=self._recent_errors(),
            tiers=_usual_tiers(objective, self._own_period),
            tiers_are_assumed=True,
            alerts=None if self.slo.alerts is None else tuple(alerts_of(self.slo.alerts, self.group)),
            doubts=tuple(dict.fromkeys((*miscounted, *self._doubts(totals)))),
            is_untrustworthy=bool(miscounted),
            warnings=tuple(filter(None, [self._of_scrapes[0]])),
        )

    def _whole(self, figure: str) -> Decimal | None:
        return self.slo.whole_of(figure, self.group)

    @property
    def _own_period(self) -> Duration:
        return period_of(self._whole(LAST_PERIOD))

    @property
    def _span(self) -> Span:
        return (self.period or Rolling(self._own_period)).span(self.at)

    @property
    def _objective(self) -> Decimal | None:
        objective = self._whole(naming.OBJECTIVE)
        return objective if objective is not None else self._whole(LAST_OBJECTIVE)

    @property
    def _is_summed(self) -> bool:
        return self.period is not None and self.period != Rolling(self._own_period)

    def _recorded(self) -> _Totals:
        window = self._own_period
        valid = self.facts.get(VALID_COUNT, window)
        errors = without_noise(self.facts.get(ERROR_COUNT, window), valid)
        ratio, coverage = self.facts.get(RATIO, window), self.facts.get(COVERAGE, window)
        unknown = self.facts.get(UNKNOWN_COUNT, window)
        return _Totals(ratio, valid, errors.value, unknown, coverage, errors.flaw)

    def _summed(self) -> _Totals:
        valid, slots = self._corrected(PERIOD_VALID), self._corrected(PERIOD_SLOTS)
        told = without_noise(self._corrected(PERIOD_ERRORS), valid)
        errors = told.value
        ratio = errors / valid if errors is not None and valid else None
        elapsed = Decimal(self._span.elapsed.ms) / SLOT.ms
        coverage = None if slots is None else min(slots / elapsed, Decimal(1))
        return _Totals(ratio, valid, errors, self.facts.get(PERIOD_UNKNOWN), coverage, told.flaw)

    def _unmeasured(self) -> Unmeasured | None:
        if not self.slo.falls_short:
            return NOTHING if self._counts_events else None
        return unmeasured(self.facts, self._span)

    def _corrected(self, figure: str) -> Decimal | None:
        counted, missed = self.facts.get(figure), self.facts.get(CORRECTION + figure)
        return counted if counted is None or missed is None else counted + missed

    def _recent_errors(self) -> dict[Duration, Decimal]:
        """Rules record error events per second over an hour and a day; the week is summed."""
        errors = {
            window: max(rate, Decimal(0)) * window.ms / 1000
            for window in (_HOUR, _DAY)
            if (rate := self.facts.get(ERROR_RATE, window)) is not None
        }
        week = self._corrected(WEEK_ERRORS)
        return errors if week is None else {**errors, _WEEK: max(week, Decimal(0))}

    def _doubts(self, totals: _Totals) -> Iterator[str]:
        yield from self.facts.doubts
        needed = [WINDOWS, CHECKS]
        needed += [SUMS] if self._is_summed else []
        needed += [GAPS] if self.slo.falls_short else []
        if missing := [self.unanswered[part] for part in needed if part in self.unanswered]:
            yield from dict.fromkeys(missing)
            return
        flaws = tuple(self.slo.flaws(self.group))
        yield from flaws
        if totals.flaw:
            yield totals.flaw
        if self._is_new and not flaws:
            yield "its rules are new: the period is first recorded within five minutes"
            return
        if self._objective is None and not flaws:
            yield "its objective is not recorded"
        yield from self._unmatched()
        yield from filter(None, [self._of_scrapes[1]])
        if self._span.is_closed:
            return
        evaluated = self._whole(EVALUATED_AT)
        if evaluated is None or self.at - float(evaluated) > MAX_AGE_SECONDS:
            yield self._stopped(evaluated or self._whole(LAST_SEEN))
        elif totals.error_ratio is None and self._is_summed and not self._counts_events:
            yield "its rules record ratios alone, which tell nothing about another period"
        elif not self._is_measured_now:
            yield f"the SLI returned nothing in the last {self.slo.base_window.as_last()}"

    def _miscounted(self) -> Iterator[str]:
        replicas = self.slo.labels_of(counter_checks.REPLICAS, self.group)
        steps_back = self._whole(counter_checks.FALSE_RESETS)
        yield from counter_checks.doubts(replicas, round(steps_back or 0))

    def _unmatched(self) -> Iterator[str]:
        """Where the error query matched series and no longer does, though it should."""
        if SUMS in self.unanswered:
            yield f"whether its errors are still found: {self.unanswered[SUMS]}"
            return
        moment = self.facts.get(UNMATCHED)
        if moment is None:
            return
        gone = tuple(self._labels_gone())
        yield from gone
        if gone:
            return
        if MATCHED in self.unanswered:
            yield f"whether its errors are still found: {self.unanswered[MATCHED]}"
            return
        names = (EVENTS_SINCE, EVENTS_BEFORE, ERRORS_BEFORE, HOURS_BEFORE)
        figures = {name: self.facts.get(f"{name} {moment:.0f}") for name in names}
        since = usual(float(moment), figures)
        if since is not None and since.doubt:
            yield since.doubt

    @property
    def _of_scrapes(self) -> tuple[str, str]:
        """The warning and the doubt about scrapes that come less often than the rules were told."""
        seconds = self._whole(scrapes.SCRAPES)
        return ("", "") if seconds is None else scrapes.told(seconds, self.slo.base_window)

    def _labels_gone(self) -> Iterator[str]:
        for (figure, _), moment in sorted(self.facts.values.items(), key=str):
            if figure.startswith(f"{LABEL_GONE} "):
                _, metric, label = figure.split(" ")
                yield label_gone(metric, label, float(moment))

    @property
    def _is_new(self) -> bool:
        """Whether the event rates are recorded, twice a minute, and the period, every five minutes, is not yet."""
        return self._objective is None and self._whole(LAST_SEEN) is None and self._is_measured_now

    def _stopped(self, evaluated: Decimal | None) -> str:
        if evaluated is None:
            return "its rules are not evaluated"
        return f"its rules were last evaluated at {rfc3339(float(evaluated))}"

    @property
    def _counts_events(self) -> bool:
        return self.facts.get(VALID_COUNT, SLOT) is not None or self._valid_rate is not None

    @property
    def _valid_rate(self) -> Decimal | None:
        return self.facts.get(VALID_RATE, self.slo.base_window)

    @property
    def _is_measured_now(self) -> bool:
        """Whether the SLI returned anything; no events are something, telemetry that is gone is not."""
        if self._counts_events:
            return self._valid_rate is not None
        ratios = self.facts.by_window(RATIO)
        return bool(ratios) and min(ratios) <= SLOT


def _usual_tiers(objective: Decimal | None, period: Duration) -> tuple[Tier, ...]:
    """The Workbook's tiers that can fire: recorded series do not tell which ones the SLO has."""
    if objective is None:
        return ()
    return tuple(tier for tier in default_tiers(period) if can_fire(Objective(objective), tier.burn_rate))
