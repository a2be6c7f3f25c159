"""What Grafana does with a dashboard before it asks Prometheus: steps, variables, one request for each query.

Steps and variables follow Grafana's Prometheus data source: a step is the range by the points that fit into the
panel, rounded, at least the panel's own; start and end are whole steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.live.api import instant, query_range

_PAGE_PIXELS = 1600
_COLUMNS = 24
_MOST_POINTS = 11_000
# Grafana's rounding of steps (rangeutil.roundInterval): up to a limit in seconds, this many seconds.
_ROUNDED = (
    (1.5, 1), (3.5, 2), (7.5, 5), (12.5, 10), (17.5, 15), (25, 20), (45, 30), (90, 60), (210, 120), (450, 300),
    (750, 600), (1050, 900), (1500, 1200), (2700, 1800), (5400, 3600), (9000, 7200), (16200, 10_800),
    (32_400, 21_600), (86_400, 43_200), (604_800, 86_400), (1_814_400, 604_800), (3_628_800, 2_592_000),
)  # fmt: skip
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::([\w:]+))?\})")

Rows = list[tuple[dict[str, str], list[tuple[float, float]]]]


@dataclass(frozen=True)
class Range:
    """What the time picker shows, in Unix seconds."""

    start: float
    end: float

    @classmethod
    def last(cls, seconds: float, end: float) -> Range:
        return cls(end - seconds, end)

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Query:
    """One target of a panel."""

    panel: Mapping[str, Any]
    target: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.panel['title']} {self.target['refId']}"

    @property
    def expr(self) -> str:
        return str(self.target["expr"])

    def shown(self, picked: Range) -> Range:
        """The range of the panel: the one that was picked, unless it looks back by itself."""
        own = self.panel.get("timeFrom")
        return Range.last(seconds(own), picked.end) if own else picked

    def step(self, shown: Range) -> float:
        width = self.panel["gridPos"]["w"] * _PAGE_PIXELS // _COLUMNS
        points = self.panel.get("maxDataPoints", width)
        least = seconds(self.panel.get("interval") or self.target.get("interval") or "15s")
        return max(_rounded(shown.seconds / points), least, shown.seconds / _MOST_POINTS)

    def filled(self, shown: Range, values: Mapping[str, str]) -> str:
        """The query with every variable's value. An unknown variable is an error, as it is to Prometheus."""
        return interpolate(self.expr, {**values, **self._built_in(shown)})

    def _built_in(self, shown: Range) -> dict[str, str]:
        step = self.step(shown)
        scrape = seconds(self.target.get("interval") or "15s")
        return {
            "__interval": duration(step),
            "__interval_ms": str(round(step * 1000)),
            "__rate_interval": duration(max(step + scrape, 4 * scrape)),
            "__range": duration(shown.seconds),
            "__range_s": str(round(shown.seconds)),
            "__from": str(round(shown.start * 1000)),
            "__to": str(round(shown.end * 1000)),
        }

    def ask(self, address: str, picked: Range, values: Mapping[str, str]) -> Rows:
        shown = self.shown(picked)
        expr = self.filled(shown, values)
        if self.target.get("instant"):
            return [(labels, [(shown.end, value)]) for labels, value in instant(address, expr, shown.end)]
        step = self.step(shown)
        start, end = (edge // step * step for edge in (shown.start, shown.end))
        found = query_range(address, expr, start, end, step)
        return [(labels, [(time, float(value)) for time, value in points]) for labels, points in found]


def panels(dashboard: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every panel, also those of collapsed rows; no rows."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def queries(dashboard: Mapping[str, Any]) -> Iterator[Query]:
    """Every query of Prometheus."""
    for panel in panels(dashboard):
        if panel.get("datasource", {}).get("type") == "prometheus":
            yield from (Query(panel, target) for target in panel["targets"])


def at_first(dashboard: Mapping[str, Any]) -> dict[str, str]:
    """The values of the variables as somebody finds them who just opened the dashboard."""
    return {variable["name"]: _value(variable) for variable in dashboard["templating"]["list"]}


def _value(variable: Mapping[str, Any]) -> str:
    value = variable["current"].get("value", variable["name"])
    if value in ("$__all", ["$__all"]):
        return str(variable["allValue"])
    return str(value)


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """The text with every variable's value; `${name:date:seconds}` turns milliseconds into seconds."""

    def value(match: re.Match[str]) -> str:
        found = values[match[1] or match[2]]
        return str(int(found) // 1000) if match[3] == "date:seconds" else found

    return _VARIABLE.sub(value, text)


def variables_in(text: str) -> set[str]:
    return {match[1] or match[2] for match in _VARIABLE.finditer(text)}


def seconds(text: str) -> float:
    number, unit = re.fullmatch(r"(\d+)(ms|[smhd])", text).groups()  # type: ignore[union-attr]
    return float(number) * _UNITS[unit]


def duration(length: float) -> str:
    """As Grafana writes it: the largest unit that is exact."""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        if length % size == 0:
            return f"{int(length // size)}{unit}"
    return f"{round(length * 1000)}ms"


def _rounded(length: float) -> float:
    return next((step for limit, step in _ROUNDED if length < limit), 31_536_000)
