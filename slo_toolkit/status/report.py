"""Past months and quarters: each SLO beside the period before, and the episodes that spent its budget."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal

from slo_toolkit.errors import InputError, NotMeasurable
from slo_toolkit.query.failures import QueryFailed
from slo_toolkit.status.assess import assess
from slo_toolkit.status.episodes import Episode
from slo_toolkit.status.model import BudgetStatus, Key
from slo_toolkit.status.periods import Calendar, Span, Unit
from slo_toolkit.status.reading import Source
from slo_toolkit.status.stories import Story, read_stories
from slo_toolkit.status.survey import Wanted, take
from slo_toolkit.status.verdict import worst_first

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(\d{4})-[Qq]([1-4])")


@dataclass(frozen=True, slots=True)
class Entry:
    """One SLO, or one group of it, in the period of a report."""

    status: BudgetStatus
    before: BudgetStatus | None
    """The whole period before; None where nothing is known of it."""
    story: Story

    @property
    def episodes(self) -> tuple[Episode, ...]:
        return self.story.episodes

    @property
    def change(self) -> Decimal | None:
        """How much more of the budget is left than in the period before; below 0 it is less."""
        before = self.before.budget_remaining if self.before else None
        now = self.status.budget_remaining
        return None if before is None or now is None else now - before


@dataclass(frozen=True, slots=True)
class Report:
    span: Span
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """Which month or quarter a report is about; of one that still runs, the part until now."""

    calendar: Calendar
    span: Span


def edition(text: str | None, zone: tzinfo, now: float) -> Edition:
    """Read `2026-10` or `2026-Q4`; without a text it is the last whole month. Raises InputError for another text."""
    if text is None:
        calendar = Calendar(Unit.MONTH, zone)
        return Edition(calendar, calendar.before(calendar.span(now)))
    month, quarter = _MONTH.fullmatch(text), _QUARTER.fullmatch(text)
    if month:
        unit, year, first = Unit.MONTH, int(month[1]), int(month[2])
    elif quarter:
        unit, year, first = Unit.QUARTER, int(quarter[1]), int(quarter[2]) * 3 - 2
    else:
        raise InputError(f"{text!r} is no month or quarter: write 2026-10 or 2026-Q4")
    try:
        within = datetime(year, first, 2, tzinfo=zone).timestamp()
    except ValueError as error:
        raise InputError(f"{text!r} is too far away") from error
    calendar = Calendar(unit, zone)
    span = calendar.span(within)
    if span.start >= now:
        raise InputError(f"{text!r} is in the future: nothing is measured there yet")
    return Edition(calendar, calendar.span(min(span.end, now)))


def report(source: Source, wanted: Wanted, about: Edition) -> Report:
    """Every SLO that is wanted, in the period that the report is about, the worst first.

    Raises as `survey.ask` does for that period; nothing known of the period before is no error.
    """
    survey = take(source, replace(wanted, at=about.span.at, period=about.calendar))
    statuses = worst_first(assess(reading) for reading in survey.readings)
    before = _before(source, replace(wanted, at=about.span.start, period=about.calendar, clock=None))
    stories = read_stories(source, statuses, wanted.specs or ())
    return Report(
        about.span,
        tuple(
            Entry(status, before.get(status.key), stories.get(status.key, Story.untold()))
            for status in statuses
        ),
        survey.warnings,
    )


def _before(source: Source, wanted: Wanted) -> dict[Key, BudgetStatus]:
    try:
        survey = take(source, wanted)
    except QueryFailed:
        raise
    except NotMeasurable:
        return {}  # nothing was recorded yet
    statuses = (assess(reading) for reading in survey.readings)
    return {status.key: status for status in statuses if status.spending is not None}
