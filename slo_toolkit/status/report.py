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

_MONTH = re.compile(r"(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(19[7-9][0-9]|[2-9][0-9]{3})-[Qq]([1-4])")


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
    unit, year, first = parse_edition(text)
    if datetime(year, first, 1, tzinfo=zone).timestamp() >= now:
        raise InputError(f"{text!r} is in the future: nothing is measured there yet")
    calendar = Calendar(unit, zone)
    span = calendar.span(datetime(year, first, 2, tzinfo=zone).timestamp())
    return Edition(calendar, calendar.span(min(span.end, now)))


def parse_edition(text: str) -> tuple[Unit, int, int]:
    """Month or quarter, the year, and its first month. Raises InputError for another text, and before 1970."""
    if month := _MONTH.fullmatch(text):
        return Unit.MONTH, int(month[1]), int(month[2])
    if quarter := _QUARTER.fullmatch(text):
        return Unit.QUARTER, int(quarter[1]), int(quarter[2]) * 3 - 2
    raise InputError(f"{text!r} is no month or quarter since 1970: write for example 2026-10 or 2026-Q4")


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
