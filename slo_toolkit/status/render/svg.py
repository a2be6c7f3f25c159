"""Plots as inline SVG: polylines that need no script. Colours are the style sheet's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from slo_toolkit.foreign_text import on_one_line
from slo_toolkit.status.episodes import Episode

WIDTH, HEIGHT = 480, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 12, 20, 28
_HALF_A_DATE = 28
_BETWEEN_WORDS = 15
"""Words on horizontal lines stand no closer above each other than this."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values, laid onto a range of pixels; logarithmic where it says so."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        low, high, value = (self._scaled(number) for number in (self.low, self.high, value))
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def _scaled(self, value: float) -> float:
        bounded = min(max(value, self.low), self.high)
        return math.log10(bounded) if self.logarithmic else bounded


@dataclass(frozen=True, slots=True)
class Line:
    """Points of (Unix seconds, value); a gap longer than `step` breaks the line."""

    points: Sequence[tuple[float, float]]
    style: str
    step: float = math.inf


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line at a value, with a word at its right end."""

    value: float
    text: str
    style: str = "rule"


@dataclass(frozen=True, slots=True)
class Plot:
    title: str
    start: float
    end: float
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    lines: Sequence[Line]
    rules: Sequence[Rule] = ()
    episodes: Sequence[Episode] = ()
    logarithmic: bool = False

    def svg(self) -> str:
        title = escape(on_one_line(self.title))
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
            f"<title>{title}</title>{''.join(self._parts())}</svg>"
        )

    @property
    def _x(self) -> Axis:
        return Axis(self.start, self.end, _LEFT, WIDTH - _RIGHT)

    @property
    def _y(self) -> Axis:
        return Axis(self.low, self.high, HEIGHT - _BOTTOM, _TOP, self.logarithmic)

    def _parts(self) -> Iterator[str]:
        x, y = self._x, self._y
        for number, episode in enumerate(self.episodes, start=1):
            yield from self._episode(number, episode)
        for value, text in self.ticks:
            yield _horizontal(y(value), "grid") + _text(_LEFT - 6, y(value) + 4, text, "end")
        for moment, text in _dates(self.start, self.end):
            yield f'<line class="grid" x1="{x(moment):.1f}" x2="{x(moment):.1f}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"/>'
            yield _date(x(moment), text)
        yield from self._rules(y)
        for line in self.lines:
            for piece in _pieces(line):
                points = " ".join(f"{x(moment):.1f},{y(value):.1f}" for moment, value in piece)
                yield f'<polyline class="{line.style}" points="{points}"/>'

    def _episode(self, number: int, episode: Episode) -> Iterator[str]:
        left, right = self._x(episode.start), self._x(episode.end)
        width = max(right - left, 2.0)
        place = f'x="{left:.1f}" y="{_TOP}" width="{width:.1f}" height="{HEIGHT - _TOP - _BOTTOM}"'
        yield f'<rect class="episode" {place}/>'
        yield _text(left + width / 2, _TOP - 6, str(number), "middle", "mark")

    def _rules(self, y: Axis) -> Iterator[str]:
        """The lines from the bottom up; a word that would touch the one below moves up."""
        lowest_free = math.inf
        for rule in sorted(self.rules, key=lambda rule: rule.value):
            if self.low <= rule.value <= self.high:
                yield _horizontal(y(rule.value), rule.style)
                place = min(y(rule.value) - 3, lowest_free)
                yield _text(WIDTH - _RIGHT - 2, place, rule.text, "end")
                lowest_free = place - _BETWEEN_WORDS


def _date(x: float, text: str) -> str:
    """Below its moment; at the right end flush with the picture, not cut off by it."""
    if x > WIDTH - _HALF_A_DATE:
        return _text(WIDTH - 1, HEIGHT - 6, text, "end")
    return _text(x, HEIGHT - 6, text, "middle")


def _horizontal(y: float, style: str) -> str:
    return f'<line class="{style}" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str, style: str = "label") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _pieces(line: Line) -> Iterator[Sequence[tuple[float, float]]]:
    piece: list[tuple[float, float]] = []
    for point in line.points:
        if piece and point[0] - piece[-1][0] > line.step * 1.5:
            yield piece
            piece = []
        piece.append(point)
    if piece:
        yield piece


_DAY = 86_400
_MOST_DATES = 7


def _dates(start: float, end: float) -> Iterator[tuple[float, str]]:
    """A few round moments in between, in UTC: hours within two days, else days."""
    choices = (3600, 3 * 3600, 6 * 3600, _DAY, 2 * _DAY, 5 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY)
    step = next((choice for choice in choices if (end - start) / choice <= _MOST_DATES), choices[-1])
    moment = math.ceil(start / step) * step
    while moment <= end:
        at = datetime.fromtimestamp(moment, UTC)
        yield float(moment), at.strftime("%H:%M") if step < _DAY else f"{at:%b} {at.day}"
        moment += step
