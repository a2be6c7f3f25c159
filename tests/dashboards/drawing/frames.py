"""Answers of Prometheus as the frames that Grafana's data source makes of them, ready for JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from slo_toolkit.query import Sample, Series

Frame: TypeAlias = dict[str, Any]

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def series_frames(ref_id: str, legend: str, series: Iterable[Series], times: Sequence[float]) -> list[Frame]:
    """One frame for each series, with a null where it has no sample."""
    return [_series_frame(ref_id, legend, one, times) for one in series]


def point_frames(ref_id: str, legend: str, samples: Iterable[Sample]) -> list[Frame]:
    """One frame with a single point for each sample of an instant query."""
    series = [(Series(sample.labels, ((sample.time, sample.value),)), sample.time) for sample in samples]
    return [_series_frame(ref_id, legend, one, [time]) for one, time in series]


def table_frame(ref_id: str, value_name: str, samples: Sequence[Sample]) -> Frame:
    """Time, a column for each label in alphabetical order, and the value."""
    labels = sorted({name for sample in samples for name in sample.labels})
    columns = [
        _column("Time", "time", [sample.time * 1000 for sample in samples]),
        *(_column(name, "string", [sample.labels.get(name, "") for sample in samples]) for name in labels),
        _column(value_name, "number", [told(sample.value) for sample in samples]),
    ]
    return {"refId": ref_id, "columns": columns}


def bucket_frames(ref_id: str, series: Iterable[Series], times: Sequence[float]) -> list[Frame]:
    """Cumulative buckets by `le` as one frame of counts between neighbouring bounds."""
    rows = sorted(series, key=lambda one: float(one.labels["le"]))
    if not rows:
        return []
    below = [0.0] * len(times)
    columns = [_column("Time", "time", [time * 1000 for time in times])]
    for row in rows:
        values = _aligned(row, times)
        here = [math.nan if value is None else value for value in values]
        columns.append(
            _column(row.labels["le"], "number", [told(a - b) for a, b in zip(here, below, strict=True)])
        )
        below = here
    return [{"refId": ref_id, "meta": {"type": "heatmap-rows"}, "columns": columns}]


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


def _series_frame(ref_id: str, legend: str, series: Series, times: Sequence[float]) -> Frame:
    name = named(legend, series.labels)
    values = [told(value) for value in _aligned(series, times)]
    return {
        "refId": ref_id,
        "name": name,
        "columns": [
            _column("Time", "time", [time * 1000 for time in times]),
            {**_column("Value", "number", values), "labels": dict(series.labels), "legend": name},
        ],
    }


def _aligned(series: Series, times: Sequence[float]) -> list[float | None]:
    found = dict(series.points)
    return [found.get(time) for time in times]


def _column(name: str, kind: str, values: list[Any]) -> dict[str, Any]:
    return {"name": name, "type": kind, "values": values}
