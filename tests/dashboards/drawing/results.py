"""Everything that a dashboard asks, put to a real Prometheus at one time range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slo_toolkit.query import Prometheus, QueryFailed, Series
from tests.dashboards.drawing import frames
from tests.dashboards.drawing.span import Span, seconds_of
from tests.dashboards.drawing.variables import Variable, built_ins, interpolate, resolve

SCRAPE_INTERVAL = 30.0
DEFAULT_POINTS = 700
"""About as many as a panel half as wide as the page has pixels."""
BELIEVED_LOG_SOURCE = "loki"


@dataclass(frozen=True, slots=True)
class Labels:
    """Values of labels, for variables."""

    prometheus: Prometheus

    def label_values(self, selector: str, label: str, span: Span) -> list[str]:
        whole = selector or f'{{{label}!=""}}'
        query = f"count by ({label}) (last_over_time({whole}[{int(span.seconds)}s]))"
        samples = self.prometheus.instant(query, span.end)
        return sorted(sample.labels[label] for sample in samples if label in sample.labels)


def panels_of(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every panel but the rows, those inside collapsed rows among them."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def answers(
    dashboard: Mapping[str, Any], prometheus: Prometheus, span: Span, logs: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The page's data for a dashboard: variables, annotations, and the result of each panel by its id."""
    known = resolve(dashboard, Labels(prometheus), span)
    return {
        "dashboard": dashboard,
        "range": {"from": span.start * 1000, "to": span.end * 1000},
        "variables": {name: variable.plain for name, variable in known.items()}
        | built_ins(span, 60, SCRAPE_INTERVAL),
        "shownVariables": [
            {"label": variable.label, "value": variable.shown}
            for variable in known.values()
            if not variable.hidden
        ],
        "results": {
            str(panel["id"]): _panel_result(panel, known, prometheus, span, logs)
            for panel in panels_of(dashboard)
        },
        "annotations": list(_annotations(dashboard, known, prometheus, span)),
    }


def _panel_result(
    panel: Mapping[str, Any],
    known: Mapping[str, Variable],
    prometheus: Prometheus,
    span: Span,
    logs: Mapping[str, Any] | None,
) -> dict[str, Any]:
    if panel["type"] == "logs":
        return {"frames": [logs] if logs else []}
    targets = [target for target in panel.get("targets", []) if not target.get("hide")]
    tables = sum(target.get("format") == "table" for target in targets)
    found: list[frames.Frame] = []
    try:
        for target in targets:
            question = Question(panel, target, known, span)
            found += question.ask(prometheus, is_only_table=tables == 1)
    except (QueryFailed, AssertionError) as failure:
        return {"frames": [], "error": str(failure)}
    return {"frames": found}


@dataclass(frozen=True, slots=True)
class Question:
    """One target of a panel."""

    panel: Mapping[str, Any]
    target: Mapping[str, Any]
    known: Mapping[str, Variable]
    span: Span

    @property
    def step(self) -> float:
        least = self.target.get("interval") or self.panel.get("interval")
        points = self.panel.get("maxDataPoints") or DEFAULT_POINTS
        return self.span.step(points, seconds_of(least) if least else SCRAPE_INTERVAL)

    @property
    def expr(self) -> str:
        built_in = built_ins(self.span, self.step, SCRAPE_INTERVAL)
        return interpolate(self.target["expr"], self.known, built_in)

    @property
    def legend(self) -> str:
        return interpolate(self.target.get("legendFormat", ""), self.known, {})

    def ask(self, prometheus: Prometheus, is_only_table: bool) -> list[frames.Frame]:
        ref_id, kind = self.target["refId"], self.target.get("format", "time_series")
        if self.target.get("instant"):
            samples = prometheus.instant(self.expr, self.span.end)
            if kind == "table":
                name = "Value" if is_only_table else f"Value #{ref_id}"
                return [frames.table_frame(ref_id, name, samples)] if samples else []
            return frames.point_frames(ref_id, self.legend, samples)
        series, times = self._range(prometheus)
        if kind == "heatmap":
            return frames.bucket_frames(ref_id, series, times)
        return frames.series_frames(ref_id, self.legend, series, times)

    def _range(self, prometheus: Prometheus) -> tuple[tuple[Series, ...], list[float]]:
        span, step = self.span.aligned(self.step), self.step
        times = [span.start + number * step for number in range(int(span.seconds // step) + 1)]
        return prometheus.range(self.expr, span.start, span.end, step), times


def _annotations(
    dashboard: Mapping[str, Any], known: Mapping[str, Variable], prometheus: Prometheus, span: Span
) -> Iterator[dict[str, Any]]:
    for annotation in dashboard.get("annotations", {}).get("list", []):
        if annotation.get("builtIn") or not annotation.get("enable", True):
            continue
        target = {**annotation.get("target", {}), **annotation}
        step = max(seconds_of(target.get("step") or "60s"), span.step(DEFAULT_POINTS, 15))
        expr = interpolate(target["expr"], known, built_ins(span, step, SCRAPE_INTERVAL))
        inner = span.aligned(step)
        for series in prometheus.range(expr, inner.start, inner.end, step):
            for start, end in _regions(series, step):
                yield {
                    "time": start * 1000,
                    "timeEnd": end * 1000,
                    "text": frames.named(target.get("titleFormat", ""), series.labels),
                    "color": annotation.get("iconColor", "red"),
                }


def _regions(series: Series, step: float) -> Iterator[tuple[float, float]]:
    """Spans of samples without a gap; a sample of 0 says that nothing is the case, as in Grafana."""
    times = [time for time, value in series.points if value]
    start = 0
    for index, time in enumerate(times):
        if index + 1 == len(times) or times[index + 1] - time > step * 1.5:
            yield times[start], time
            start = index + 1
