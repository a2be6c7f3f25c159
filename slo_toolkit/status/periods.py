"""Compliance periods laid onto the time line: the last 30 days, or October."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from slo_toolkit.duration import Duration
from slo_toolkit.errors import DurationError, InputError

SHORTEST, LONGEST = Duration.of(minutes=5), Duration.of(days=3660)
"""What a rolling period may be: Prometheus counts times to 292 years, but calendars end before."""

_EXAMPLES = "write for example 7d, 30d, calendar:month or calendar:quarter"


@dataclass(frozen=True, slots=True)
class Span:
    """A period at a moment `at`, in Unix seconds. Of a calendar period that still runs, `end` is in the future."""

    name: str
    start: float
    at: float
    end: float
    is_closed: bool = False
    """A month or quarter that is over: nothing about it can change any more."""

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
    MONTH = "month"
    QUARTER = "quarter"

    @property
    def months(self) -> int:
        return 1 if self is Unit.MONTH else 3


@dataclass(frozen=True, slots=True)
class Calendar:
    """The month or quarter that a moment is in, by the clock of `zone`."""

    unit: Unit
    zone: tzinfo

    def span(self, at: float) -> Span:
        # The very first moment of a month closes the month before: nothing of the new one has happened yet.
        day = datetime.fromtimestamp(at, self.zone) - timedelta(milliseconds=1)
        months = day.year * 12 + (day.month - 1) // self.unit.months * self.unit.months
        start, end = (self._first(number) for number in (months, months + self.unit.months))
        return Span(self._name(months), start, at, end, is_closed=at == end)

    def before(self, span: Span) -> Span:
        """The whole period before `span`."""
        return self.span(span.start)

    def _first(self, months: int) -> float:
        return datetime(months // 12, months % 12 + 1, 1, tzinfo=self.zone).timestamp()

    def _name(self, months: int) -> str:
        year, month = divmod(months, 12)
        return f"{year}-{month + 1:02}" if self.unit is Unit.MONTH else f"{year}-Q{month // 3 + 1}"


Period: TypeAlias = Rolling | Calendar


def parse_period(text: str, zone: tzinfo) -> Period:
    """Read `30d`, `4w`, `calendar:month` or `calendar:quarter`. Raises InputError for anything else."""
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
