"""The unit of a histogram, as its name says it."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum

from slo_toolkit.duration import Duration


class Unit(Enum):
    """A unit of time: its symbol, and its length in seconds."""

    NANOSECONDS = "ns", Decimal("1e-9")
    MICROSECONDS = "µs", Decimal("1e-6")
    MILLISECONDS = "ms", Decimal("1e-3")
    SECONDS = "s", Decimal(1)
    MINUTES = "min", Decimal(60)
    HOURS = "h", Decimal(3600)
    DAYS = "d", Decimal(86400)

    @property
    def symbol(self) -> str:
        return self.value[0]

    @property
    def seconds(self) -> Decimal:
        return self.value[1]

    def of(self, duration: Duration) -> Decimal:
        """The duration in this unit, to the digits that a float64 tells apart."""
        exact = Decimal(duration.ms) / 1000 / self.seconds
        return Decimal(repr(float(exact))).normalize()


_WORDS = {
    **dict.fromkeys(("nanoseconds", "nanosecond", "nanos", "nsec", "nsecs"), Unit.NANOSECONDS),
    **dict.fromkeys(("microseconds", "microsecond", "micros", "usec", "usecs"), Unit.MICROSECONDS),
    **dict.fromkeys(("milliseconds", "millisecond", "millis", "msec", "msecs"), Unit.MILLISECONDS),
    **dict.fromkeys(("seconds", "sec", "secs"), Unit.SECONDS),
    **dict.fromkeys(("minutes", "mins"), Unit.MINUTES),
    "hours": Unit.HOURS,
    "days": Unit.DAYS,
}
# Of two letters or fewer, or with another meaning elsewhere: units only at the end of a name.
_LAST_WORDS = {
    "ns": Unit.NANOSECONDS,
    "us": Unit.MICROSECONDS,
    "ms": Unit.MILLISECONDS,
    "s": Unit.SECONDS,
    "second": Unit.SECONDS,
    "minute": Unit.MINUTES,
    "min": Unit.MINUTES,
    "hour": Unit.HOURS,
}
_NO_TIME = frozenset(
    ("bytes", "byte", "kilobytes", "megabytes", "gigabytes", "kb", "mb", "gb", "kib", "mib", "gib", "bits")
)
_AFTER_THE_UNIT = frozenset(("histogram", "hist", "distribution", "bucket", "count", "sum", "total"))
_SEPARATOR = re.compile(r"[_:]+|(?<=[a-z0-9])(?=[A-Z])")


def unit_of(histogram: str) -> Unit | None:
    """`..._milliseconds`, `..._ms`, `...Millis`: the unit of time that ends a name; None where there is none."""
    words = _words(histogram)
    if words and words[-1] in _LAST_WORDS:
        return _LAST_WORDS[words[-1]]
    return next((_WORDS[word] for word in reversed(words) if word in _WORDS), None)


def measures_size(histogram: str) -> bool:
    """Whether a name says that its values are bytes, so that no duration can be compared with them."""
    return any(word in _NO_TIME for word in _words(histogram)[-1:])


def _words(histogram: str) -> list[str]:
    words = [word.lower() for word in _SEPARATOR.split(histogram) if word]
    while words and words[-1] in _AFTER_THE_UNIT:
        words.pop()
    return words
