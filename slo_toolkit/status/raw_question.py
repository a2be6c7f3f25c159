"""What is asked about one SLO with its own queries, and what the answers say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from slo_toolkit.buckets import Histogram, histogram_of
from slo_toolkit.budget import MISSED_FOR
from slo_toolkit.duration import Duration
from slo_toolkit.meaning.query import witnesses
from slo_toolkit.plan.tiers import effective_tiers, named_tiers
from slo_toolkit.promql import by, written
from slo_toolkit.query.failures import QueryFailed
from slo_toolkit.query.samples import Sample
from slo_toolkit.rates import EventRates, counter_range, counters, event_rates, subtracts
from slo_toolkit.replicas import once
from slo_toolkit.slo import RawSli, Slo
from slo_toolkit.status import counter_checks, ranges, raw_matched
from slo_toolkit.status.coverage import first_step_with, last_in_steps, missing_after, share_of, steps_with
from slo_toolkit.status.model import BURN_WINDOW, SPENT_WINDOWS, Origin, Unmeasured
from slo_toolkit.status.periods import Span
from slo_toolkit.status.ranges import Measured, measured, without_noise
from slo_toolkit.status.reading import FIGURE, Reading
from slo_toolkit.status.series import Facts, Figure, Group
from slo_toolkit.status.unmeasured import NOTHING
from slo_toolkit.windows import base_window

_VALID, _ERRORS, _ALL, _COVERAGE, _FIRST, _CHANGED = "valid", "errors", "all", "coverage", "first", "changed"

_FLOAT_NOISE = Decimal("1e-9")
Outcome: TypeAlias = Sequence[Sample] | QueryFailed


def rates_over(slo: Slo, window: Duration) -> EventRates:
    """Events per second over `window`, from the source series alone."""
    valid = event_rates(slo, window, "").valid
    return event_rates(slo, window, f"({valid})")


@dataclass(frozen=True, slots=True)
class Question:
    """All that is asked about one SLO."""

    slo: Slo
    span: Span

    def expressions(self) -> Iterator[tuple[str, str]]:
        for window in self._windows():
            rates = rates_over(self.slo, window)
            yield f"{_VALID}/{window}", rates.valid
            yield f"{_ERRORS}/{window}", rates.errors
        telemetry = self._telemetry()
        yield _COVERAGE, steps_with(telemetry, self.span)
        if not counters(self.slo.sli):
            yield _FIRST, first_step_with(telemetry, self.span)
        if (histogram := histogram_of(self.slo)) is not None:
            elapsed = self.span.elapsed
            yield f"{_ALL}/{elapsed}", histogram.all_events(self.slo, counter_range(self.slo, elapsed))
            yield _CHANGED, self._changed(histogram)
        yield from counter_checks.raw_checks(self.slo, self.span)
        yield from raw_matched.last_seen(self.slo, self.span)

    def _changed(self, histogram: Histogram) -> str:
        """The number of series that had the bucket in some steps of the period, and in others not."""
        # A change of just now has no step behind it.
        lacked, had = (
            f"({last_in_steps(one, self.span)} or ({one}))"
            for one in (histogram.lacking(self.slo), once(histogram.fast, self.slo))
        )
        return f"count{by(self.slo.group_by)}({lacked} and ignoring (le) {had})"

    def unusual(self, samples: Sequence[Sample], at: float) -> dict[str, str]:
        """What is to be asked about groups whose error query matches nothing any more."""
        moments = {
            raw_matched.unmatched_since(facts, self.span) for facts in self._groups(samples, at).values()
        }
        return {
            name: expression
            for moment in moments
            if moment is not None
            for name, expression in raw_matched.usual_since(self.slo, self.span, moment).items()
        }

    def _telemetry(self) -> str:
        """What has a value where the SLI was measured: not a total with `or vector(0)`, which always has one."""
        valid = rates_over(self.slo, self._base).valid
        present = (f"present_over_time({written(*series)}[{self._base}])" for series in witnesses(valid))
        return " or ".join(f"group{by(self.slo.group_by)}({one})" for one in present) or valid

    def readings(self, outcome: Outcome, at: float) -> Iterator[Reading]:
        """One for each group; none of a group that vanished longer ago than a vanished SLO is missed."""
        if isinstance(outcome, QueryFailed):
            yield self._unanswered(outcome.reason)
            return
        checks = [each for each in outcome if each.labels[FIGURE] in counter_checks.CHECKS]
        miscounted = tuple(_miscounted(checks, at))
        figures = [each for each in outcome if each.labels[FIGURE] not in counter_checks.CHECKS]
        groups = self._groups(figures, at)
        if not groups:
            yield self._unanswered("its queries return nothing")
        left = {group for group, facts in groups.items() if self._is_there(facts)} or set(groups)
        for group, facts in groups.items():
            if group in left:
                yield self._reading(group, facts, miscounted)

    def _groups(self, samples: Sequence[Sample], at: float) -> dict[Group, Facts]:
        groups: dict[Group, Facts] = {}
        for sample in samples:
            labels = tuple(sorted((name, text) for name, text in sample.labels.items() if name != FIGURE))
            figure = _figure(sample.labels[FIGURE])
            told = measured(sample, at, ranges.ERRORS if figure[0] == _ERRORS else ranges.EVENTS)
            if told != Measured():
                groups.setdefault(labels, Facts()).take(figure, told)
        return groups

    def _is_there(self, facts: Facts) -> bool:
        return self.span.is_closed or (_VALID, MISSED_FOR) in facts.seen

    def _unanswered(self, why: str) -> Reading:
        return Reading(
            service=self.slo.service,
            slo=self.slo.name,
            group={},
            objective=self.slo.objective.ratio,
            span=self.span,
            period=self.slo.period,
            origin=Origin.RAW,
            base_window=self._base,
            tiers=named_tiers(self.slo),
            doubts=(why,),
        )

    def _reading(self, group: Group, facts: Facts, miscounted: Sequence[str]) -> Reading:
        counts_events = not isinstance(self.slo.sli, RawSli)
        elapsed = self.span.elapsed
        valid = self._events(facts, _VALID, elapsed)
        told = {window: self._errors(facts, window) for window in self._windows()}
        ratios = {w: ratio for w, rate in told.items() if (ratio := _ratio(rate.value, facts, w)) is not None}
        events = {w: rate.value * w.ms / 1000 for w, rate in told.items() if rate.value is not None}
        return Reading(
            service=self.slo.service,
            slo=self.slo.name,
            group=dict(group),
            objective=self.slo.objective.ratio,
            span=self.span,
            period=self.slo.period,
            origin=Origin.RAW,
            base_window=self._base,
            error_ratio=ratios.pop(elapsed, None),
            valid_events=valid if counts_events else None,
            error_events=events.get(elapsed) if counts_events else None,
            unknown_events=self._unknown(facts, valid),
            coverage=share_of(facts.get(_COVERAGE) or Decimal(0), self.span),
            unmeasured=self._unmeasured(facts),
            ratios=ratios,
            recent_errors={w: events[w] for w in SPENT_WINDOWS if w in events} if counts_events else {},
            tiers=named_tiers(self.slo),
            doubts=(
                *miscounted,
                *self._doubts(facts, told.values()),
                *raw_matched.doubts(self.slo, self.span, facts, valid, events.get(elapsed)),
            ),
            is_untrustworthy=bool(miscounted) or facts.get(_CHANGED) is not None,
        )

    def _unmeasured(self, facts: Facts) -> Unmeasured:
        """Counters tell over the whole period what happened in a gap, and samples do not."""
        first, steps = facts.get(_FIRST), facts.get(_COVERAGE)
        if first is None or steps is None:
            return NOTHING
        return Unmeasured(missing_after(first, steps, self.span))

    def _unknown(self, facts: Facts, valid: Decimal | None) -> Decimal | None:
        """Events beside the valid ones; less than the noise of floats are none."""
        every = self._events(facts, _ALL, self.span.elapsed)
        unknown = every - (valid or Decimal(0)) if every is not None else None
        return unknown if every and unknown and unknown > every * _FLOAT_NOISE else None

    def _errors(self, facts: Facts, window: Duration) -> Measured:
        """Error events per second. Those of a difference may be a little below 0, and in a short window far below."""
        errors, valid = facts.get(_ERRORS, window), facts.get(_VALID, window)
        if errors is None or errors >= 0:
            return Measured(errors)
        if not subtracts(self.slo):
            return without_noise(errors, None)
        return without_noise(errors, valid) if window == self.span.elapsed else Measured(Decimal(0))

    def _doubts(self, facts: Facts, errors: Iterable[Measured]) -> Iterator[str]:
        yield from facts.doubts
        yield from dict.fromkeys(told.flaw for told in errors if told.flaw)
        if (changed := facts.get(_CHANGED)) is not None:
            yield (
                f"{changed:.0f} of its series had a bucket at the threshold for a part of the period alone, and the "
                "events of the other part would count as errors: ask for a --period that is younger than the "
                "change, or load the rules that `slo compile` makes, which count a series only while it has the bucket"
            )
        if facts.get(_VALID, self._base) is None and not self.span.is_closed:
            yield f"the SLI returned nothing in the last {self._base.as_last()}"

    @property
    def _base(self) -> Duration:
        return base_window(self.slo.scrape_interval)

    def _windows(self) -> list[Duration]:
        """None is shorter than the base: scrapes are too seldom to tell what happened in it."""
        usual = (BURN_WINDOW, *SPENT_WINDOWS)
        windows = {self._base, *(window for window in usual if window > self._base), self.span.elapsed}
        for tier in effective_tiers(self.slo):
            windows |= {tier.long_window, tier.short_window}
        return sorted({self.span.elapsed} if self.span.is_closed else windows)

    @staticmethod
    def _events(facts: Facts, kind: str, window: Duration) -> Decimal | None:
        rate = facts.get(kind, window)
        return None if rate is None else rate * window.ms / 1000


def _ratio(errors: Decimal | None, facts: Facts, window: Duration) -> Decimal | None:
    valid = facts.get(_VALID, window)
    return errors / valid if errors is not None and valid else None


def _miscounted(checks: Iterable[Sample], at: float) -> Iterator[str]:
    """What the checks of the source found."""
    replicas, steps_back = [], Decimal(0)
    for sample in checks:
        told = measured(sample, at, ranges.EVENTS)
        if told.flaw:
            yield told.flaw_of(sample.labels[FIGURE])
        if sample.labels[FIGURE] == counter_checks.REPLICAS:
            replicas.append(sample.labels)
        else:
            steps_back += told.value or 0
    yield from counter_checks.doubts(replicas, math.ceil(steps_back))


def _figure(name: str) -> Figure:
    kind, _, window = name.partition("/")
    return kind, Duration.parse(window) if window else None
