"""Past weeks, months and quarters: each SLO beside the period before, and the episodes that spent its budget."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, tzinfo
from decimal import Decimal

from slo_toolkit.errors import InputError, NotMeasurable
from slo_toolkit.query.failures import QueryFailed
from slo_toolkit.status.assess import assess
from slo_toolkit.status.episodes import Episode
from slo_toolkit.status.model import BudgetStatus, Key
from slo_toolkit.status.periods import Calendar, Span, Unit
from slo_toolkit.status.reading import Source, if_in_time
from slo_toolkit.status.stories import Story, read_stories
from slo_toolkit.status.survey import Wanted, take
from slo_toolkit.status.verdict import worst_first

_MONTH = re.compile(r"(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(19[7-9][0-9]|[2-9][0-9]{3})-[Qq]([1-4])")
_WEEK = re.compile(r"(19[7-9][0-9]|[2-9][0-9]{3})-[Ww](0[1-9]|[1-4][0-9]|5[0-3])")
_EXAMPLES = "write for example 2026-W40, 2026-10 or 2026-Q4"


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

    @property
    def change_is_partial(self) -> bool:
        """Whether one of the two was not measured whole: three days of a month say little of the month."""
        both = (self.status, self.before)
        return self.change is not None and any(status and status.is_partly_measured for status in both)


@dataclass(frozen=True, slots=True)
class Report:
    span: Span
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()
    zone: tzinfo = UTC
    """In which people read its times."""


@dataclass(frozen=True, slots=True)
class Edition:
    """Which week, month or quarter a report is about; of one that still runs, the part until now."""

    calendar: Calendar
    span: Span


def edition(text: str | None, zone: tzinfo, now: float) -> Edition:
    """Read `2026-W40`, `2026-10` or `2026-Q4`; without a text the last whole month. Raises InputError otherwise."""
    if text is None:
        calendar = Calendar(Unit.MONTH, zone)
        return Edition(calendar, calendar.before(calendar.span(now)))
    unit, first = parse_edition(text)
    calendar = Calendar(unit, zone)
    if calendar.begin(first) >= now:
        raise InputError(f"{text!r} is in the future: nothing is measured there yet")
    end = calendar.begin(unit.next_first_day(first))
    return Edition(calendar, calendar.span(min(end, now)))


def parse_edition(text: str) -> tuple[Unit, date]:
    """Week, month or quarter, and its first day. Raises InputError for another text, and before 1970."""
    if month := _MONTH.fullmatch(text):
        return Unit.MONTH, date(int(month[1]), int(month[2]), 1)
    if quarter := _QUARTER.fullmatch(text):
        return Unit.QUARTER, date(int(quarter[1]), int(quarter[2]) * 3 - 2, 1)
    if (week := _WEEK.fullmatch(text)) and (monday := _monday(int(week[1]), int(week[2]))):
        return Unit.WEEK, monday
    raise InputError(f"{text!r} is no week, month or quarter since 1970: {_EXAMPLES}")


def _monday(year: int, week: int) -> date | None:
    """The first day of a week by ISO 8601; None where the year has no such week, or where it begins before 1970."""
    try:
        monday = date.fromisocalendar(year, week, 1)
    except ValueError:
        return None
    return monday if monday.year >= 1970 else None


def report(source: Source, wanted: Wanted, about: Edition) -> Report:
    """Every SLO that is wanted, in the period that the report is about, the worst first.

    Raises as `survey.ask` does for that period; nothing known of the period before is no error. What came too late is
    warned of.
    """
    survey = take(source, replace(wanted, at=about.span.at, period=about.calendar))
    statuses = worst_first(assess(reading) for reading in survey.readings)
    earlier = replace(wanted, at=about.span.start, period=about.calendar, clock=None)
    before, late = if_in_time("the period before", lambda: _before(source, earlier))
    stories, later = if_in_time(
        "episodes and plots", lambda: read_stories(source, statuses, wanted.specs or ())
    )
    return Report(
        about.span,
        tuple(
            Entry(status, (before or {}).get(status.key), (stories or {}).get(status.key, Story.untold()))
            for status in statuses
        ),
        (*survey.warnings, *late, *later),
        about.calendar.zone,
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
