"""Answers of Prometheus as the frames that Grafana's data source makes of them, ready for JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from tests.dashboards.grafana import Rows

Frame: TypeAlias = dict[str, Any]

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def series_frames(ref_id: str, legend: str, rows: Rows, times: Sequence[float]) -> list[Frame]:
    """One frame for each series, with a null where it has no sample."""
    return [_series_frame(ref_id, legend, labels, dict(points), times) for labels, points in rows]


def point_frames(ref_id: str, legend: str, rows: Rows) -> list[Frame]:
    """One frame with a single point for each sample of an instant query."""
    return [_series_frame(ref_id, legend, labels, dict(points), [points[0][0]]) for labels, points in rows]


def table_frame(ref_id: str, value_name: str, rows: Rows) -> Frame:
    """Time, a column for each label in alphabetical order, and the value."""
    names = sorted({name for labels, _ in rows for name in labels})
    columns = [
        _column("Time", "time", [points[0][0] * 1000 for _, points in rows]),
        *(_column(name, "string", [labels.get(name, "") for labels, _ in rows]) for name in names),
        _column(value_name, "number", [told(points[0][1]) for _, points in rows]),
    ]
    return {"refId": ref_id, "columns": columns}


def bucket_frames(ref_id: str, rows: Rows, times: Sequence[float]) -> list[Frame]:
    """Cumulative buckets by `le` as one frame of counts between neighbouring bounds."""
    if not rows:
        return []
    columns = [_column("Time", "time", [time * 1000 for time in times])]
    below = [0.0] * len(times)
    for labels, points in sorted(rows, key=lambda row: float(row[0]["le"])):
        found = dict(points)
        here = [found.get(time, math.nan) for time in times]
        counts = [told(upper - lower) for upper, lower in zip(here, below, strict=True)]
        columns.append(_column(labels["le"], "number", counts))
        below = here
    return [{"refId": ref_id, "meta": {"type": "heatmap-rows"}, "columns": columns}]


def log_frame(lines: Sequence[str]) -> Frame:
    """Lines of JSON with a `timestamp`, as Loki would answer them."""
    times = [datetime.fromisoformat(json.loads(line)["timestamp"]).timestamp() * 1000 for line in lines]
    return {"refId": "A", "columns": [_column("Time", "time", times), _column("Line", "string", list(lines))]}


def told(value: float | None) -> float | str | None:
    """A value in JSON, which has neither infinity nor NaN."""
    if value is None or math.isnan(value):
        return None
    return value if math.isfinite(value) else ("+Inf" if value > 0 else "-Inf")


def named(legend: str, labels: Mapping[str, str]) -> str:
    """What the legend says for a series."""
    if legend and legend != "__auto":
        return _PLACEHOLDER.sub(lambda match: labels.get(match[1], match[0]), legend)
    own = {name: value for name, value in labels.items() if name != "__name__"}
    words = ", ".join(f'{name}="{value}"' for name, value in sorted(own.items()))
    return labels.get("__name__", "") + (f"{{{words}}}" if own or "__name__" not in labels else "")


def _series_frame(
    ref_id: str,
    legend: str,
    labels: Mapping[str, str],
    points: Mapping[float, float],
    times: Sequence[float],
) -> Frame:
    name = named(legend, labels)
    values = [told(points.get(time)) for time in times]
    return {
        "refId": ref_id,
        "name": name,
        "columns": [
            _column("Time", "time", [time * 1000 for time in times]),
            {**_column("Value", "number", values), "labels": dict(labels), "legend": name},
        ],
    }


def _column(name: str, kind: str, values: list[Any]) -> dict[str, Any]:
    return {"name": name, "type": kind, "values": values}
