"""The requests for what rules recorded, each for all SLOs at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from slo_toolkit import naming
from slo_toolkit.budget import MISSED_FOR
from slo_toolkit.duration import Duration
from slo_toolkit.plan.intervals import just_within
from slo_toolkit.promql import quote
from slo_toolkit.query.samples import Sample
from slo_toolkit.status import counter_checks, ranges, scrapes
from slo_toolkit.status.active_alerts import active_alerts
from slo_toolkit.status.matched import (
    ERRORS_BEFORE,
    EVENTS_BEFORE,
    EVENTS_SINCE,
    HOURS_BEFORE,
    LABEL_GONE,
    REMEMBERED,
    UNMATCHED,
    Unmatched,
    about_label,
    last_matched,
    read_usual,
)
from slo_toolkit.status.model import BURN_WINDOW
from slo_toolkit.status.periods import Period, Rolling, Span
from slo_toolkit.status.ranges import Measured, Range, measured
from slo_toolkit.status.reading import FIGURE, Source, read_figures
from slo_toolkit.status.recorded_figures import (
    CORRECTION,
    EVALUATED_AT,
    LAST_SEEN,
    PERIOD_ERRORS,
    PERIOD_SLOTS,
    PERIOD_UNKNOWN,
    PERIOD_VALID,
    WEEK_ERRORS,
)
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
    Figure,
    Identity,
    RecordedSlo,
    by_slo,
    figure_of,
)
from slo_toolkit.status.unmeasured import BRIDGED, BUSIEST_HOUR, RECENT_SLOTS, SLOTS, gaps

_RANGES = {
    naming.OBJECTIVE: ranges.OBJECTIVE,
    LAST_OBJECTIVE: ranges.OBJECTIVE,
    LAST_PERIOD: ranges.PERIOD_DAYS,
    naming.BASE_WINDOW: ranges.BASE_SECONDS,
    RATIO: ranges.RECENT_ERROR_RATIO,
    VALID_COUNT: ranges.EVENTS,
    VALID_RATE: ranges.EVENTS,
    UNKNOWN_COUNT: ranges.EVENTS,
    ERROR_COUNT: ranges.ERRORS,
    ERROR_RATE: ranges.ERRORS,
    COVERAGE: ranges.SHARE,
    PERIOD_VALID: ranges.EVENTS,
    PERIOD_UNKNOWN: ranges.EVENTS,
    PERIOD_ERRORS: ranges.ERRORS,
    PERIOD_SLOTS: ranges.EVENTS,
    WEEK_ERRORS: ranges.ERRORS,
    CORRECTION + WEEK_ERRORS: ranges.ERRORS,
    CORRECTION + PERIOD_VALID: ranges.ERRORS,
    CORRECTION + PERIOD_ERRORS: ranges.ERRORS,
    CORRECTION + PERIOD_SLOTS: ranges.EVENTS,
    RECENT_SLOTS: ranges.EVENTS,
    SLOTS: ranges.EVENTS,
    BRIDGED: ranges.EVENTS,
    BUSIEST_HOUR: ranges.EVENTS,
    EVENTS_SINCE: ranges.EVENTS,
    EVENTS_BEFORE: ranges.EVENTS,
    ERRORS_BEFORE: ranges.ERRORS,
    HOURS_BEFORE: ranges.EVENTS,
    scrapes.SCRAPES: ranges.BASE_SECONDS,
}
"""Every figure but the moments at which something was last there."""

_ANY_WINDOW = "[0-9a-z]+"
_WEEK = Duration.of(days=7)
_MOST_IDS = 100
"""More of them make a longer request than all SLOs do."""


@lru_cache(maxsize=64)
def _windowed_metrics(bases: tuple[Duration, ...]) -> str:
    """A regular expression for the recorded metrics that tell of a window up to the moment."""
    any_window = [stem + _ANY_WINDOW for stem in (RATIO, VALID_COUNT, ERROR_COUNT, UNKNOWN_COUNT, COVERAGE)]
    rates = [f"{VALID_RATE}{base}" for base in bases]
    return "|".join((*any_window, f"{ERROR_RATE}1[hd]", *rates))


@dataclass(frozen=True, slots=True)
class Requests:
    """What each of them brings is added to the SLOs. They raise QueryFailed."""

    source: Source
    at: float
    period: Period | None
    matchers: str

    @property
    def is_closed(self) -> bool:
        return self.period is not None and self.period.span(self.at).is_closed

    def objectives(self, slos: dict[Identity, RecordedSlo]) -> None:
        """Objective, period and last evaluation of every SLO that there is, or was lately."""
        objective, days = self._series(naming.OBJECTIVE), self._series(naming.PERIOD_DAYS)
        lately = MISSED_FOR
        if self.period is not None and self.is_closed:
            lately = self.period.span(self.at).length
        wanted = {
            naming.OBJECTIVE: objective,
            EVALUATED_AT: f"timestamp({objective})",
            LAST_OBJECTIVE: f"last_over_time({objective}[{lately}])",
            LAST_PERIOD: f"last_over_time({days}[{lately}])",
            naming.BASE_WINDOW: self._series(naming.BASE_WINDOW),
        }
        samples = read_figures(self.source, wanted, self.at)
        for figure in wanted:
            for sample, slo in by_slo((s for s in samples if s.labels[FIGURE] == figure), slos):
                slo.take_whole(figure, sample.labels, measured(sample, self.at, self._range_of(figure)))
                if figure == naming.OBJECTIVE:
                    slo.living.append(sample.labels)
                if figure == LAST_OBJECTIVE:
                    slo.lately.append(sample.labels)

    def windows(self, slos: dict[Identity, RecordedSlo]) -> None:
        """What rules recorded about windows that end now, the period among them."""
        bases = tuple(sorted({slo.base_window for slo in slos.values()}))
        query = f'{{__name__=~"{_windowed_metrics(bases)}", {self.matchers}}}'
        for sample, slo in by_slo(self.source.instant(query, self.at), slos):
            figure = figure_of(sample.labels.get("__name__", ""))
            slo.take(sample.labels, figure, self._windowed(sample, figure, slo))

    def _windowed(self, sample: Sample, figure: Figure, slo: RecordedSlo) -> Measured:
        kind, window = figure
        if kind not in _RANGES:
            return Measured()  # somebody else's series, whose name begins like one of ours
        if kind == RATIO and window == slo.period:
            return measured(sample, self.at, ranges.ERROR_RATIO)
        return measured(sample, self.at, _RANGES[kind])

    def sums(self, slos: dict[Identity, RecordedSlo]) -> None:
        """What no rule records, summed from the event counts: the last week, and a period that was asked for."""
        valid, errors = (self._series(f"{stem}{SLOT}") for stem in (VALID_COUNT, ERROR_COUNT))
        missed_valid, missed_errors = map(
            self._series, (naming.VALID_EVENTS_MISSED, naming.ERROR_EVENTS_MISSED)
        )
        wanted = {
            WEEK_ERRORS: f"sum_over_time({errors}[{just_within(_WEEK)}])",
            CORRECTION + WEEK_ERRORS: f"sum_over_time({missed_errors}[{just_within(_WEEK)}])",
        }
        if self.period is not None:
            elapsed = just_within(self.period.span(self.at).elapsed)
            wanted[PERIOD_VALID] = f"sum_over_time({valid}[{elapsed}])"
            wanted[PERIOD_ERRORS] = f"sum_over_time({errors}[{elapsed}])"
            unknown = self._series(f"{UNKNOWN_COUNT}{SLOT}")
            wanted[PERIOD_UNKNOWN] = f"sum_over_time({unknown}[{elapsed}])"
            wanted[PERIOD_SLOTS] = f"count_over_time({valid}[{elapsed}])"
            wanted[CORRECTION + PERIOD_VALID] = f"sum_over_time({missed_valid}[{elapsed}])"
            wanted[CORRECTION + PERIOD_ERRORS] = f"sum_over_time({missed_errors}[{elapsed}])"
            wanted[CORRECTION + PERIOD_SLOTS] = (
                f"sum_over_time({self._series(naming.BRIDGED_SLOTS)}[{elapsed}])"
            )
        if not self.is_closed:
            wanted[RECENT_SLOTS] = f"count_over_time({valid}[{just_within(BURN_WINDOW)}])"
        wanted |= last_matched(self.matchers, self._remembered)
        wanted[scrapes.SCRAPES] = scrapes.seen_lately(self.matchers)
        for sample, slo in by_slo(read_figures(self.source, wanted, self.at), slos):
            figure = sample.labels[FIGURE]
            if figure in (UNMATCHED, LABEL_GONE):
                labels, name = about_label(sample) if figure == LABEL_GONE else (sample.labels, figure)
                slo.take(labels, (name, None), measured(sample, self.at, ranges.moment(self.at)))
            elif figure == scrapes.SCRAPES:
                slo.take_whole(figure, sample.labels, measured(sample, self.at, self._range_of(figure)))
            else:
                slo.take(sample.labels, (figure, None), measured(sample, self.at, _RANGES[figure]))

    def gaps(self, slos: dict[Identity, RecordedSlo]) -> None:
        """How much was not measured of the SLOs that fall short, and what it may hide; asks nothing if none does."""
        spans: dict[Span, list[RecordedSlo]] = {}
        for slo in slos.values():
            span = (self.period or Rolling(slo.period)).span(self.at)
            slo.falls_short = _falls_short(slo, span)
            if slo.falls_short:
                spans.setdefault(span, []).append(slo)
        for span, short in spans.items():
            self._take(gaps(span, self._narrowed_to(short)), slos)

    def _narrowed_to(self, slos: Sequence[RecordedSlo]) -> str:
        """The matchers for these SLOs alone, where they are few."""
        ids = {
            labels[naming.ID] for slo in slos for labels, (kind, _), _ in slo.samples if kind == VALID_COUNT
        }
        if len(ids) > _MOST_IDS:
            return self.matchers
        return f"{self.matchers}, {naming.ID}=~{quote('|'.join(re.escape(one) for one in sorted(ids)))}"

    def _take(self, wanted: Mapping[str, str], slos: dict[Identity, RecordedSlo]) -> None:
        for sample, slo in by_slo(read_figures(self.source, wanted, self.at), slos):
            figure = sample.labels[FIGURE]
            slo.take(sample.labels, (figure, None), measured(sample, self.at, self._range_of(figure)))

    def checks(self, slos: dict[Identity, RecordedSlo]) -> None:
        """What rules found wrong with the source, over the period that was asked for or each SLO's own."""
        spans = {slo.period for slo in slos.values()}
        if self.period is not None:
            spans = {self.period.span(self.at).elapsed}
        wanted = dict(counter_checks.recorded_checks(self.matchers, sorted(spans)))
        if not wanted:
            return
        for sample, slo in by_slo(read_figures(self.source, wanted, self.at), slos):
            check, _, span = sample.labels[FIGURE].partition(" ")
            if self.period is not None or Duration.parse(span) == slo.period:
                slo.take_whole(check, sample.labels, measured(sample, self.at, ranges.EVENTS))

    @property
    def _remembered(self) -> Duration:
        """What is of before a period that is over is none of it: a group that was gone by then is not in it."""
        if self.period is not None and self.is_closed:
            return just_within(self.period.span(self.at).elapsed)
        return REMEMBERED

    def usual(self, slos: dict[Identity, RecordedSlo]) -> None:
        """What errors were usual where the error query matches none; asks nothing where each of them does."""
        unmatched = [
            Unmatched(labels.get(naming.ID, ""), slo.period, float(told.value))
            for slo in slos.values()
            for labels, (figure, _), told in slo.samples
            if figure == UNMATCHED and told.value is not None and not slo.is_removed
        ]
        if not unmatched:
            return
        for figure, moment, sample in read_usual(self.source, self.matchers, unmatched, self.at):
            told = measured(sample, self.at, _RANGES[figure])
            for _, slo in by_slo([sample], slos):
                slo.take(sample.labels, (f"{figure} {moment:.0f}", None), told)

    def alerts(self, slos: dict[Identity, RecordedSlo]) -> None:
        found = active_alerts(self.source, self.matchers, self.at)
        for slo in slos.values():
            slo.alerts = []
        for sample, slo in by_slo(found, slos):
            slo.alerts = [*(slo.alerts or ()), sample.labels]

    def last_seen(self, slos: dict[Identity, RecordedSlo]) -> None:
        """When the rules of those SLOs were last evaluated whose rules stopped; asks nothing if none did."""
        if not any(slo.has_stopped() or not slo.living for slo in slos.values()):
            return
        step = f"[{MISSED_FOR}:{SLOT}]"
        query = f"max_over_time(timestamp({self._series(naming.OBJECTIVE)}){step})"
        for sample, slo in by_slo(self.source.instant(query, self.at), slos):
            slo.take_whole(LAST_SEEN, sample.labels, measured(sample, self.at, self._range_of(LAST_SEEN)))

    def _range_of(self, figure: str) -> Range:
        return _RANGES.get(figure) or ranges.moment(self.at)

    def _series(self, metric: str) -> str:
        return f"{metric}{{{self.matchers}}}"


def _falls_short(slo: RecordedSlo, span: Span) -> bool:
    """Whether some slot of the period, or of the last hour, has no count. Sloth's own rules have none at all."""
    slots = Decimal(span.elapsed.ms) / SLOT.ms
    least = {
        (COVERAGE, span.elapsed): 1 - 1 / (2 * slots),
        (PERIOD_SLOTS, None): slots - Decimal("0.5"),
        (RECENT_SLOTS, None): Decimal(BURN_WINDOW.ms // SLOT.ms),
    }
    return any(
        figure in least and told.value is not None and told.value < least[figure]
        for _, figure, told in slo.samples
    )
