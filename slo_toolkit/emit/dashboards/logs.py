"""The log lines of one request, found by its correlation id."""

from __future__ import annotations

from slo_toolkit.emit.dashboards.json_text import Shared
from slo_toolkit.emit.dashboards.model import LOKI, LogTarget, Panel, Row
from slo_toolkit.emit.dashboards.variables import LOKI_CHOICE, text_box

LOG_VARIABLES = (
    LOKI_CHOICE,
    text_box("log_job", "Log job", "fastapi", "The label job of the service's log lines in Loki."),
    text_box(
        "correlation_id",
        "Correlation id",
        "",
        "The X-Correlation-ID of a request: it is in the response, in its problem document and in every log line.",
    ),
)


def log_row() -> Row:
    """Collapsed: who needs it has an id in hand, and it is no query of Prometheus."""
    panel = Panel(
        kind="logs",
        title="Log lines of one request",
        description="Every line that carries the correlation id typed above, oldest first.",
        targets=[LogTarget('{job="$log_job"} | json | correlation_id="$correlation_id"')],
        width=24,
        height=10,
        fields=Shared({"defaults": {"noValue": "no lines with this correlation id"}, "overrides": []}),
        options=Shared(
            {
                "showTime": True,
                "showLabels": False,
                "showCommonLabels": False,
                "wrapLogMessage": True,
                "prettifyLogMessage": True,
                "enableLogDetails": True,
                "dedupStrategy": "none",
                "sortOrder": "Ascending",
            }
        ),
        datasource=LOKI,
    )
    return Row("Log lines of one request", [panel], collapsed=True)
