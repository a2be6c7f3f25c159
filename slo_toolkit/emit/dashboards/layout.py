"""Where panels stand: ids, the grid, and the dashboard around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from slo_toolkit.emit.dashboards.json_text import Shared, json_text
from slo_toolkit.emit.dashboards.model import Dashboard, Panel, Row

COLUMNS = 24
SCHEMA_VERSION = 38
"""That of Grafana 10.0. Newer versions bring older dashboards to their own when they load them."""

_BUILT_IN_ANNOTATIONS = Shared(
    {
        "builtIn": 1,
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
        "name": "Annotations & Alerts",
        "type": "dashboard",
    }
)


def dashboard_text(dashboard: Dashboard) -> str:
    """The dashboard as Grafana imports it: its description comes first, since it tells a generated file."""
    return json_text(_head(dashboard), "panels", _placed(dashboard.rows))


def _head(dashboard: Dashboard) -> dict[str, Any]:
    return {
        "description": dashboard.description,
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": list(dashboard.tags),
        "schemaVersion": SCHEMA_VERSION,
        "id": None,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": dashboard.time_from, "to": "now"},
        "timezone": "",
        "links": list(dashboard.links),
        "templating": {"list": list(dashboard.variables)},
        "annotations": {"list": [_BUILT_IN_ANNOTATIONS, *dashboard.annotations]},
    }


def _placed(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Every panel with an id and a place. A collapsed row holds its panels, an open one stands above them."""
    ids, y = count(1), 0
    for row in rows:
        header = _header(row, next(ids), y)
        panels = list(_flow(row.panels, ids, y + 1))
        yield {**header, "panels": panels if row.collapsed else []}
        if row.collapsed:
            y += 1
        else:
            yield from panels
            y = max((panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels), default=y + 1)


def _header(row: Row, panel_id: int, y: int) -> dict[str, Any]:
    return {
        "id": panel_id,
        "type": "row",
        "title": row.title,
        "collapsed": row.collapsed,
        "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y},
    }


def _flow(panels: Sequence[Panel], ids: Iterator[int], y: int) -> Iterator[dict[str, Any]]:
    """From left to right; a panel that does not fit any more begins the next line, below the highest."""
    x, bottom = 0, y
    for panel in panels:
        if x + panel.width > COLUMNS:
            x, y = 0, bottom
        yield panel.json(next(ids), x, y)
        x += panel.width
        bottom = max(bottom, y + panel.height)
