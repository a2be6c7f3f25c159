"""Everything that a dashboard asks, put to a real Prometheus at one time range, as data for the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy.live.api import query_range
from tests.dashboards.drawing import frames
from tests.dashboards.grafana import Query, Range, at_first, interpolate, panels, seconds

_POINTS_OF_ANNOTATIONS = 700
_SOURCES = {"prometheus": "Prometheus", "loki": "Loki", "alertmanager": "Alertmanager"}


def answers(
    dashboard: Mapping[str, Any], address: str, shown: Range, logs: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The page's data: variables as at first, annotations, and the result of each panel by its id.

    `logs` is a frame for the panels that ask Loki. A query that Prometheus refuses is its panel's error.
    """
    values = at_first(dashboard)
    return {
        "dashboard": dashboard,
        "range": _milliseconds(shown),
        "variables": {**values, "__from": str(shown.start * 1000), "__to": str(shown.end * 1000)},
        "shownVariables": list(_shown_variables(dashboard)),
        "results": {
            str(panel["id"]): _result(panel, values, address, shown, logs) for panel in panels(dashboard)
        },
        "annotations": list(_annotations(dashboard, values, address, shown)),
    }


def _milliseconds(shown: Range) -> dict[str, float]:
    return {"from": shown.start * 1000, "to": shown.end * 1000}


def _shown_variables(dashboard: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for variable in dashboard["templating"]["list"]:
        if not variable.get("hide"):
            yield {"label": variable.get("label") or variable["name"], "value": _chosen(variable)}


def _chosen(variable: Mapping[str, Any]) -> str:
    if variable["type"] == "datasource":
        return _SOURCES[variable["query"]]
    text = variable["current"].get("text", "")
    return ", ".join(text) if isinstance(text, list) else str(text)


def _result(
    panel: Mapping[str, Any],
    values: Mapping[str, str],
    address: str,
    shown: Range,
    logs: Mapping[str, Any] | None,
) -> dict[str, Any]:
    if panel["type"] == "logs":
        return {"frames": [logs] if logs else []}
    targets = panel.get("targets", [])
    is_only_table = sum(target.get("format") == "table" for target in targets) == 1
    try:
        found = [_frames(Query(panel, target), values, address, shown, is_only_table) for target in targets]
    except AssertionError as refusal:
        return {"frames": [], "error": str(refusal)}
    result: dict[str, Any] = {"frames": [frame for part in found for frame in part]}
    if panel.get("timeFrom"):
        result["range"] = _milliseconds(Query(panel, {}).shown(shown))
    return result


def _frames(
    query: Query, values: Mapping[str, str], address: str, shown: Range, is_only_table: bool
) -> list[frames.Frame]:
    ref_id, kind = query.target["refId"], query.target.get("format", "time_series")
    rows = query.ask(address, shown, values)
    if kind == "table":
        name = "Value" if is_only_table else f"Value #{ref_id}"
        return [frames.table_frame(ref_id, name, rows)] if rows else []
    times = _times(query.shown(shown), query.step(query.shown(shown)))
    if kind == "heatmap":
        return frames.bucket_frames(ref_id, rows, times)
    legend = interpolate(query.target.get("legendFormat", ""), values)
    if query.target.get("instant"):
        return frames.point_frames(ref_id, legend, rows)
    return frames.series_frames(ref_id, legend, rows, times)


def _times(shown: Range, step: float) -> list[float]:
    start, end = (edge // step * step for edge in (shown.start, shown.end))
    return [start + number * step for number in range(round((end - start) / step) + 1)]


def _annotations(
    dashboard: Mapping[str, Any], values: Mapping[str, str], address: str, shown: Range
) -> Iterator[dict[str, Any]]:
    for annotation in dashboard["annotations"]["list"]:
        if annotation.get("builtIn") or not annotation.get("enable", True):
            continue
        step = max(seconds(annotation.get("step") or "60s"), shown.seconds // _POINTS_OF_ANNOTATIONS)
        times = _times(shown, step)
        rows = query_range(address, interpolate(annotation["expr"], values), times[0], times[-1], step)
        for labels, points in rows:
            for start, end in _regions([time for time, value in points if float(value)], step):
                yield {
                    "time": start * 1000,
                    "timeEnd": end * 1000,
                    "text": frames.named(annotation.get("titleFormat", ""), labels),
                    "color": annotation.get("iconColor", "red"),
                }


def _regions(times: Sequence[float], step: float) -> Iterator[tuple[float, float]]:
    """From the first to the last of neighbouring samples, as Grafana joins them."""
    start = 0
    for index, time in enumerate(times):
        if index + 1 == len(times) or times[index + 1] - time > step * 1.5:
            yield times[start], time
            start = index + 1
