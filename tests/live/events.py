"""What happened to a service, event by event: the counted truth, before any counter or scrape shows it.

Time is seconds from the start of the history, whose day begins at the quietest moment of the night.
Each instance is scraped at a phase of its own, so neither scrapes nor outages coincide with rule evaluations.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from deploy.live.replay import Span

EPOCH = 1_709_510_400  # Monday 2024-03-04 00:00 UTC, a multiple of every interval used
HOUR = 3600
DAY = 86_400
FIRST_SCRAPE_PHASE = 7.3
PHASE_BETWEEN_INSTANCES = 4.1


@dataclass(frozen=True)
class Outage:
    start: float
    seconds: float
    error_ratio: float = 1.0


@dataclass(frozen=True)
class Shape:
    """The features of a history; every one is off by default and they compose."""

    days: float = 31
    scrape_interval: int = 30
    instances: int = 6
    events_per_second: float = 30.0  # of the whole service at its busiest
    night_share: float = 1.0  # traffic at the quietest moment of the night, relative to the busiest
    weekend_share: float = 1.0
    error_ratio: float = 0.0
    outages: tuple[Outage, ...] = ()
    silences: tuple[Span, ...] = ()  # no traffic: the counters stand still
    absences: tuple[Span, ...] = ()  # the targets are gone and come back with counters at zero
    blind_spots: tuple[Span, ...] = ()  # scrapes fail, while events go on being counted
    restart_every: float | None = None  # each instance, staggered
    replace_every: float | None = None  # each instance gives way to one with a new name, staggered
    one_event_per_scrape: bool = False  # the event is the scrape of a probe
    phase_between_instances: float = PHASE_BETWEEN_INSTANCES  # seconds
    seed: int = 1


@dataclass
class Life:
    """One instance from its first scrape to its last: what happened before each scrape."""

    name: str
    phase: float
    first: int
    end: int
    ends_early: bool
    scrape_interval: int
    valid: list[int] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)
    unscraped: set[int] = field(default_factory=set)
    blind: set[int] = field(default_factory=set)  # the unscraped ones during which events went on
    # Scrape number -> share of its events that came after the restart; the others no scrape ever shows.
    restarts: dict[int, float] = field(default_factory=dict)

    def time(self, number: int) -> float:
        return number * self.scrape_interval + self.phase

    def scrapes(self) -> Iterator[tuple[int, int, int]]:
        return zip(range(self.first, self.end), self.valid, self.errors, strict=True)


@dataclass(frozen=True)
class Count:
    errors: int
    valid: int

    @property
    def error_ratio(self) -> float:
        return self.errors / self.valid


class Truth:
    """Exact event counts between any two times."""

    def __init__(self, lives: Sequence[Life]) -> None:
        self._lives = [
            (
                [life.time(number) for number in range(life.first, life.end)],
                [0, *accumulate(life.errors)],
                [0, *accumulate(life.valid)],
            )
            for life in lives
        ]

    def count(self, start: float, end: float) -> Count:
        """Events in (start, end], seconds from the start of the history."""
        errors = valid = 0
        for times, error_sums, valid_sums in self._lives:
            low, high = bisect_right(times, start), bisect_right(times, end)
            errors += error_sums[high] - error_sums[low]
            valid += valid_sums[high] - valid_sums[low]
        return Count(errors, valid)


def happen(shape: Shape) -> list[Life]:
    """Live through the shape, deterministically for its seed."""
    return [
        _live(shape, life, random.Random(f"{shape.seed} {life.name}"))
        for slot in range(shape.instances)
        for life in _lives_of_slot(shape, slot)
    ]


def _lives_of_slot(shape: Shape, slot: int) -> Iterator[Life]:
    interval = shape.scrape_interval
    total = int(shape.days * DAY / interval)
    phase = (FIRST_SCRAPE_PHASE + slot * shape.phase_between_instances) % interval
    if shape.replace_every is None:
        yield Life(f"i{slot}", phase, 0, total, False, interval)
        return
    length = int(shape.replace_every / interval)
    start, generation = 0, 0
    end = length * (slot + 1) // shape.instances or length
    while start < total:
        yield Life(f"i{slot}-{generation}", phase, start, min(end, total), end < total, interval)
        start, end, generation = end, end + length, generation + 1


def _live(shape: Shape, life: Life, chance: random.Random) -> Life:
    traffic = _traffic(shape, life)
    ratios = _error_ratios(shape, life)
    for span in shape.blind_spots:
        life.blind.update(number for number, _ in _overlaps(life, span))
    for span in shape.absences:
        life.unscraped.update(number for number, _ in _overlaps(life, span))
    life.unscraped |= life.blind
    if shape.restart_every is not None:
        stride = int(shape.restart_every / shape.scrape_interval)
        stagger = stride * (int(life.phase) + 1) // (shape.scrape_interval + 1)
        for number in range(life.first + stagger + 1, life.end, stride):
            life.restarts[number] = chance.random()
    draw = chance.random
    for mean, ratio in zip(traffic, ratios, strict=True):
        valid = int(mean + draw())
        life.valid.append(valid)
        life.errors.append(min(valid, int(valid * ratio + draw())) if ratio and valid else 0)
    return life


def _traffic(shape: Shape, life: Life) -> list[float]:
    """Expected events before each scrape."""
    busiest = (
        1.0
        if shape.one_event_per_scrape
        else shape.events_per_second * life.scrape_interval / shape.instances
    )
    means = []
    for number in range(life.first, life.end):
        mean = busiest
        if shape.night_share != 1.0:
            daylight = 0.5 - 0.5 * math.cos(2 * math.pi * life.time(number) / DAY)
            mean *= shape.night_share + (1 - shape.night_share) * daylight
        if shape.weekend_share != 1.0 and life.time(number) // DAY % 7 >= 5:
            mean *= shape.weekend_share
        means.append(mean)
    for span in (*shape.silences, *shape.absences):
        for number, share in _overlaps(life, span):
            # A target that goes away within an interval takes the events of the whole interval with it.
            means[number - life.first] *= 1 - share if span in shape.silences else 0
    return means


def _error_ratios(shape: Shape, life: Life) -> list[float]:
    ratios = [shape.error_ratio] * (life.end - life.first)
    for outage in shape.outages:
        for number, share in _overlaps(life, Span(outage.start, outage.start + outage.seconds)):
            ratios[number - life.first] += share * (outage.error_ratio - shape.error_ratio)
    return ratios


def _overlaps(life: Life, span: Span) -> Iterator[tuple[int, float]]:
    """The scrapes whose interval overlaps the span, each with the share of the interval within it."""
    interval = life.scrape_interval
    low = max(life.first, math.floor((span.start - life.phase) / interval) + 1)
    high = min(life.end, math.ceil((span.end - life.phase) / interval) + 1)
    for number in range(low, high):
        end = life.time(number)
        share = (min(end, span.end) - max(end - interval, span.start)) / interval
        if share > 0:
            yield number, share
