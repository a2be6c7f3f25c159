"""A time range and its steps, as Grafana chooses them."""

from __future__ import annotations

from dataclasses import dataclass

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_ROUND_STEPS = (
    1,
    2,
    5,
    10,
    15,
    20,
    30,
    60,
    120,
    300,
    600,
    900,
    1200,
    1800,
    3600,
    7200,
    10_800,
    21_600,
    43_200,
)
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end`, in Unix seconds."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start

    def step(self, points: int, least: float) -> float:
        """A round number of seconds that gives at most about as many points, `least` at the least."""
        exact = self.seconds / points
        step = next((step for step in _ROUND_STEPS if step >= exact), _DAY)
        return max(step, least)

    def aligned(self, step: float) -> Span:
        return Span(self.start // step * step, self.end // step * step)


def seconds_of(text: str) -> float:
    """A length such as 30s, 1h or 7d."""
    return float(text[:-1]) * _UNITS[text[-1]]


def in_words(seconds: float) -> str:
    whole = int(seconds)
    unit = next(unit for unit, size in _UNITS.items() if whole % size == 0)
    return f"{whole // _UNITS[unit]}{unit}"
