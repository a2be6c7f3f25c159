"""The kinds of values that are numbers or durations, read exactly as they are written."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from slo_toolkit.duration import Duration
from slo_toolkit.errors import DurationError
from slo_toolkit.spec.flaws import Path, Report
from slo_toolkit.spec.kinds import JsonSchema, found, not_text
from slo_toolkit.spec.plain import Plain
from slo_toolkit.spec.reading import Unreadable

# A float64 tells 15 decimal digits apart. More would be rounded on the way to Prometheus, to 100 % at worst.
_MOST_DIGITS = 15
# Larger and smaller numbers mean nothing here, but would be written out with all their zeros.
_LARGEST_EXPONENT = 15


class Number:
    """An exact decimal number. `above` and `below` exclude the limit, `least` and `most` include it."""

    def __init__(
        self,
        *,
        above: int | None = None,
        below: int | None = None,
        least: int | None = None,
        most: int | None = None,
    ) -> None:
        self.above, self.below, self.least, self.most = above, below, least, most

    def read(self, value: Any, path: Path, report: Report) -> Decimal | None:
        number = decimal_of(value)
        if number is None:
            not_a_number(value, path, report)
        elif not self._within(number):
            report(
                path, f"`{path[-1]}` is {self._range()}, not {found(value)}", self.hint(number), rule="range"
            )
        elif len(number.as_tuple().digits) > _MOST_DIGITS or abs(number.adjusted()) > _LARGEST_EXPONENT:
            message = f"`{path[-1]}` has more digits than Prometheus can tell apart"
            report(path, message, f"keep {_MOST_DIGITS} of them", rule="range")
        else:
            return number
        return None

    def hint(self, number: Decimal) -> str:
        """What to write in place of a number that is out of range."""
        return ""

    def _within(self, number: Decimal) -> bool:
        return not (
            (self.above is not None and number <= self.above)
            or (self.below is not None and number >= self.below)
            or (self.least is not None and number < self.least)
            or (self.most is not None and number > self.most)
        )

    def _range(self) -> str:
        parts = (
            (self.above, "above"),
            (self.least, "at least"),
            (self.below, "below"),
            (self.most, "at most"),
        )
        return " and ".join(f"{word} {limit}" for limit, word in parts if limit is not None)

    def schema(self) -> JsonSchema:
        limits = {
            "exclusiveMinimum": self.above,
            "exclusiveMaximum": self.below,
            "minimum": self.least,
            "maximum": self.most,
        }
        return {"type": "number"} | {name: limit for name, limit in limits.items() if limit is not None}


class Promise(Number):
    """An objective, as a share of `whole`: 100 for percent, 1 for a ratio."""

    def __init__(self, whole: int) -> None:
        super().__init__(above=0, below=whole)
        self.whole = whole

    def hint(self, number: Decimal) -> str:
        good = "99.9" if self.whole == 100 else "0.999"
        if number == self.whole:
            return f"a promise without any error has no budget to spend or alert on: write for example {good}"
        return f"write for example {good}"


def decimal_of(value: Any) -> Decimal | None:
    """The number as it stands in the text, without a detour over floats; None where it is none."""
    text = value.text if value.__class__ is Plain and value.number else value
    if text.__class__ is not str or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def not_a_number(value: Any, path: Path, report: Report) -> None:
    """Say what stands where a number is meant, and what YAML would make of it."""
    if isinstance(value, Unreadable):
        return
    hint = "write a decimal number"
    if isinstance(value, Plain):
        report(path, f"YAML may read `{value.text}` as {value.meaning}", hint, rule="yaml-quoting")
    else:
        report(path, f"expected a finite number, found {found(value)}", hint, rule="number")


class Whole:
    """A whole number."""

    def __init__(
        self, *, above: int | None = None, least: int | None = None, most: int | None = None
    ) -> None:
        self.number = Number(above=above, least=least, most=most)

    def read(self, value: Any, path: Path, report: Report) -> int | None:
        number = self.number.read(value, path, report)
        if number is None:
            return None
        if number != number.to_integral_value():
            report(path, f"`{path[-1]}` is a whole number, not {found(value)}", rule="number")
            return None
        return int(number)

    def schema(self) -> JsonSchema:
        return self.number.schema() | {"type": "integer"}


_LONGEST_DURATION = 80


class Span:
    """A Prometheus duration. `misfit` says what is wrong with one, and is empty where nothing is."""

    def __init__(self, misfit: Callable[[Duration], str] = lambda duration: "", hint: str = "") -> None:
        self.misfit = misfit
        self.hint = hint

    def read(self, value: Any, path: Path, report: Report) -> Duration | None:
        if value.__class__ is not str:
            if isinstance(value, Plain) and not value.number:
                hint = "write for example 30s, 5m or 30d"
                report(path, f"YAML may read `{value.text}` as {value.meaning}", hint, rule="duration")
                return None
            if not isinstance(value, Plain):
                not_text(value, path, report)
                return None
        text = value.text if isinstance(value, Plain) else value
        if len(text) > _LONGEST_DURATION:
            report(path, f"{found(text)} is no duration", "write for example 30s, 5m or 30d", rule="duration")
            return None
        try:
            duration = Duration.parse(text)
        except DurationError as error:
            report(path, str(error), rule="duration")
            return None
        if misfit := self.misfit(duration):
            report(path, misfit, self.hint, rule="duration")
            return None
        return duration

    def schema(self) -> JsonSchema:
        pattern = r"^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$"
        return {"type": "string", "pattern": pattern, "minLength": 2}


_SHORTEST_INTERVAL, _LONGEST_INTERVAL = Duration.of(seconds=5), Duration.of(minutes=5)


def no_evaluation_interval(duration: Duration) -> str:
    """Why the rules cannot be evaluated so often; empty where they can."""
    # The counts of events are recorded every 5m, from all evaluations in between.
    fits = _SHORTEST_INTERVAL <= duration <= _LONGEST_INTERVAL and duration.divides(_LONGEST_INTERVAL)
    return "" if fits else f"the evaluation interval {duration} is not a divisor of 5m from 5s to 5m"


class Threshold:
    """A number in the unit of its histogram, or a duration."""

    def __init__(self) -> None:
        self.number = Number(above=0)

    def read(self, value: Any, path: Path, report: Report) -> Decimal | Duration | None:
        if decimal_of(value) is None and value.__class__ is str and value[:1].isdigit():
            return Span().read(value, path, report)
        return self.number.read(value, path, report)

    def schema(self) -> JsonSchema:
        return {"anyOf": [self.number.schema(), Span().schema()]}
