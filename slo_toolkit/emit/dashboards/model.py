"""Dashboards as data: panels and rows that know their size but not their place, variables, annotations.

Only what Grafana 10.0 knows as well as 13: newer versions migrate it when they load it. What Grafana takes for
granted is left out, such as a query's data source where it is the panel's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from slo_toolkit.duration import Duration
from slo_toolkit.emit.dashboards.json_text import Shared

Json: TypeAlias = Mapping[str, Any]

PROMETHEUS = Shared({"type": "prometheus", "uid": "${datasource}"})
LOKI = Shared({"type": "loki", "uid": "${loki}"})
NOTHING = Shared({})


@dataclass(frozen=True, slots=True)
class Target:
    """One query. `instant` asks for the end of the range alone; `table` brings labels as columns.

    `scrape` is how often what it reads is scraped: `$__rate_interval` is four times as long at least.
    """

    expr: str
    legend: str = ""
    instant: bool = False
    format: str = "time_series"
    scrape: Duration | None = None

    def json(self, ref_id: str) -> dict[str, Any]:
        made: dict[str, Any] = {"refId": ref_id, "expr": self.expr, "legendFormat": self.legend or "__auto"}
        if self.format != "time_series":
            made["format"] = self.format
        if self.scrape is not None:
            made["interval"] = step(self.scrape)
        if self.instant:
            made |= {"instant": True, "range": False}
        return made


@dataclass(frozen=True, slots=True)
class LogTarget:
    """One query of Loki."""

    expr: str

    def json(self, ref_id: str) -> dict[str, Any]:
        return {"refId": ref_id, "expr": self.expr, "queryType": "range"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel, `width` of 24 columns wide and `height` rows of 30 pixels high.

    `interval` is the least step of its range queries, `points` the most points of a series. With `time_from` it
    looks back that far from the end of the shown range, whatever its beginning is.
    """

    kind: str
    title: str
    description: str
    targets: Sequence[Target | LogTarget] = ()
    width: int = 12
    height: int = 8
    fields: Json = NOTHING
    options: Json = NOTHING
    transformations: Sequence[Json] = ()
    links: Sequence[Json] = ()
    interval: str = ""
    points: int = 0
    time_from: str = ""
    datasource: Json = PROMETHEUS

    def json(self, panel_id: int, x: int, y: int) -> dict[str, Any]:
        made: dict[str, Any] = {
            "id": panel_id,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "datasource": self.datasource,
        }
        if self.interval:
            made["interval"] = self.interval
        if self.time_from:
            made["timeFrom"] = self.time_from
        if self.points:
            made["maxDataPoints"] = self.points
        if self.links:
            made["links"] = self.links
        targets = zip(ref_ids(), self.targets, strict=False)
        made["targets"] = [target.json(ref) for ref, target in targets]
        if self.transformations:
            made["transformations"] = self.transformations
        made["fieldConfig"] = self.fields
        made["options"] = self.options
        return made


def step(length: Duration) -> str:
    """A length as Grafana reads it: one number and one unit."""
    return f"{length.ms // 1000}s" if length.ms % 1000 == 0 else f"{length.ms}ms"


def ref_ids() -> Sequence[str]:
    """A, B, ... Z: no panel has more queries."""
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a title, from left to right and then below each other."""

    title: str
    panels: Sequence[Panel]
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A whole dashboard. The `description` begins with what tells a generated file."""

    uid: str
    title: str
    description: str
    rows: Iterable[Row]
    variables: Sequence[Json]
    annotations: Sequence[Json] = ()
    links: Sequence[Json] = ()
    tags: Sequence[str] = field(default=("slo",))
    time_from: str = "now-7d"
