"""Compliance periods laid onto the time line: the last 30 days, or October."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from slo_toolkit.duration import Duration
from slo_toolkit.errors import DurationError, InputError

SHORTEST, LONGEST = Duration.of(minutes=5), Duration.of(days=3660)
"""What a rolling period may be: Prometheus counts times to 292 years, but calendars end before."""

_EXAMPLES = "write for example 7d, 30d, calendar:week, calendar:month or calendar:quarter"


@dataclass(frozen=True, slots=True)
class Span:
    """A period at a moment `at`, in Unix seconds. Of a calendar period that still runs, `end` is in the future."""

    name: str
    start: float
    at: float
    end: float
    is_closed: bool = False
    """A week, month or quarter that is over: nothing about it can change any more."""

    @property
    def length(self) -> Duration:
        return Duration(round((self.end - self.start) * 1000))

    @property
    def elapsed(self) -> Duration:
        return Duration(round((self.at - self.start) * 1000))

    @property
    def left(self) -> Duration:
        return Duration(round((self.end - self.at) * 1000))

    @property
    def share_elapsed(self) -> Decimal:
        """How much of the period is over, above 0 up to 1; a rolling period is always over."""
        return Decimal(self.elapsed.ms) / self.length.ms

    @property
    def is_running(self) -> bool:
        return self.at < self.end


@dataclass(frozen=True, slots=True)
class Rolling:
    """The time of `length` that ends now."""

    length: Duration

    def span(self, at: float) -> Span:
        days = self.length.days
        name = f"{days:.0f}d" if days.is_integer() else str(self.length)  # 7d, where Prometheus writes 1w
        return Span(name, at - self.length.seconds, at, at)


class Unit(StrEnum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"

    def first_day(self, day: date) -> date:
        """The first day of the week (by ISO 8601, a Monday), month or quarter that a day is in."""
        if self is Unit.WEEK:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1, month=day.month - (day.month - 1) % self._months)

    def next_first_day(self, first: date) -> date:
        """The first day of the one after that which begins on `first`."""
        if self is Unit.WEEK:
            return first + timedelta(days=7)
        months = first.year * 12 + first.month - 1 + self._months
        return date(months // 12, months % 12 + 1, 1)

    def name_of(self, first: date) -> str:
        """`2026-W40`, `2026-10` or `2026-Q4`, for the one that begins on `first`."""
        match self:
            case Unit.WEEK:
                year, week, _ = first.isocalendar()
                return f"{year}-W{week:02}"
            case Unit.MONTH:
                return f"{first:%Y-%m}"
            case Unit.QUARTER:
                return f"{first.year}-Q{first.month // 3 + 1}"

    @property
    def _months(self) -> int:
        return 3 if self is Unit.QUARTER else 1


@dataclass(frozen=True, slots=True)
class Calendar:
    """The week, month or quarter that a moment is in, by the clock of `zone`."""

    unit: Unit
    zone: tzinfo

    def span(self, at: float) -> Span:
        # The very first moment of a month closes the month before: nothing of the new one has happened yet.
        day = (datetime.fromtimestamp(at, self.zone) - timedelta(milliseconds=1)).date()
        first = self.unit.first_day(day)
        end = self.begin(self.unit.next_first_day(first))
        return Span(self.unit.name_of(first), self.begin(first), at, end, is_closed=at == end)

    def before(self, span: Span) -> Span:
        """The whole period before `span`."""
        return self.span(span.start)

    def begin(self, day: date) -> float:
        """When the day begins, in Unix seconds."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp()


Period: TypeAlias = Rolling | Calendar


def parse_period(text: str, zone: tzinfo) -> Period:
    """Read `30d`, `4w`, `calendar:week`, `calendar:month` or `calendar:quarter`. Raises InputError otherwise."""
    kind, colon, unit = text.partition(":")
    if not colon:
        return Rolling(_rolling(text))
    if kind != "calendar" or unit not in list(Unit):
        raise InputError(f"{text!r} is no period: {_EXAMPLES}")
    return Calendar(Unit(unit), zone)


def _rolling(text: str) -> Duration:
    """A length that five-minute counts can be summed to."""
    try:
        length = Duration.parse(text)
    except DurationError as error:
        raise InputError(f"{text!r} is no period: {_EXAMPLES}") from error
    if not SHORTEST <= length <= LONGEST:
        raise InputError(f"{text!r} is no period from {SHORTEST} to 10 years: {_EXAMPLES}")
    if not SHORTEST.divides(length):
        raise InputError(f"{text!r} is no multiple of {SHORTEST}, in which events are counted: {_EXAMPLES}")
    return length
