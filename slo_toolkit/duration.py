"""Prometheus durations, exact to the millisecond."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from slo_toolkit.errors import DurationError

# The units and their order are those of github.com/prometheus/common/model.Duration.
_UNITS = {
    "y": 31_536_000_000,
    "w": 604_800_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
_ONLY_WHEN_EXACT = ("y", "w")
_PATTERN = re.compile("".join(rf"(?:([0-9]+){unit}{'(?!s)' if unit == 'm' else ''})?" for unit in _UNITS))
_LONGEST_MS = 2**63 // 1_000_000  # Prometheus counts nanoseconds in an int64


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time in milliseconds."""

    ms: int

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `5m`, `1h30m` or `30d`.

        Raises DurationError where Prometheus would not take the text, and for a length of zero.
        """
        return _parse(text)

    @classmethod
    def of(cls, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0) -> Duration:
        return cls(((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1_000)

    @property
    def seconds(self) -> float:
        return self.ms / 1_000

    @property
    def days(self) -> float:
        return self.ms / _UNITS["d"]

    def __add__(self, other: Duration) -> Duration:
        return Duration(self.ms + other.ms)

    def __mul__(self, times: int) -> Duration:
        return Duration(self.ms * times)

    def divides(self, other: Duration) -> bool:
        """Whether `other` is a whole multiple of this."""
        return other.ms % self.ms == 0

    def __str__(self) -> str:
        """Write it as Prometheus does: `4w` for 28 days, but `30d` and `36h` as `1d12h`."""
        return _format(self.ms)

    def words(self) -> str:
        """Write it for people, in the largest unit that is exact: `36 hours`, `1 day`."""
        for unit, name in (("d", "day"), ("h", "hour"), ("m", "minute"), ("s", "second")):
            count, rest = divmod(self.ms, _UNITS[unit])
            if rest == 0:
                return f"{count} {name}" if count == 1 else f"{count} {name}s"
        return f"{self.ms} milliseconds"

    def as_last(self) -> str:
        """What people write behind "the last": `hour`, `five minutes`, `30 minutes`."""
        words = self.words()
        return {"5 minutes": "five minutes"}.get(words, words.removeprefix("1 "))


@lru_cache(maxsize=512)
def _parse(text: str) -> Duration:
    match = _PATTERN.fullmatch(text)
    if not text or match is None:
        raise DurationError(f"{text!r} is no duration: write for example 30s, 5m, 1h30m, 30d or 4w")
    ms = sum(int(count) * size for count, size in zip(match.groups(), _UNITS.values(), strict=True) if count)
    if ms == 0:
        raise DurationError("a duration of zero measures nothing")
    if ms > _LONGEST_MS:
        raise DurationError(f"{text!r} is longer than the 292 years that Prometheus can count")
    return Duration(ms)


@lru_cache(maxsize=512)
def _format(ms: int) -> str:
    parts: list[str] = []
    for unit, size in _UNITS.items():
        if unit in _ONLY_WHEN_EXACT and ms % size:
            continue
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
