"""Variables and annotations."""

from __future__ import annotations

from typing import Any

from slo_toolkit.emit.dashboards.json_text import Shared
from slo_toolkit.emit.dashboards.model import PROMETHEUS, Json

_SHOWN, _HIDDEN = 0, 2


def datasource(name: str, label: str, kind: str, *, hidden: bool = False) -> Shared:
    """A choice among Grafana's data sources of one kind; the first is taken where nobody chose."""
    return Shared(
        {
            "name": name,
            "label": label,
            "type": "datasource",
            "query": kind,
            "regex": "",
            "refresh": 1,
            "multi": False,
            "includeAll": False,
            "hide": _HIDDEN if hidden else _SHOWN,
            "options": [],
            "current": {},
        }
    )


PROMETHEUS_CHOICE = datasource("datasource", "Data source", "prometheus")
ALERTMANAGER_CHOICE = datasource("alertmanager", "Alertmanager", "alertmanager", hidden=True)
LOKI_CHOICE = datasource("loki", "Logs", "loki")


def label_values(name: str, label: str, selector: str, values_of: str, description: str) -> dict[str, Any]:
    """The values of a label, several at once; at first all of them, and series without the label, too."""
    query = f"label_values({selector}, {values_of})"
    return {
        "name": name,
        "label": label,
        "description": description,
        "type": "query",
        "datasource": PROMETHEUS,
        "query": {"query": query, "refId": f"variable-{name}"},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "regex": "",
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "hide": _SHOWN,
        "options": [],
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def choice(name: str, label: str, options: list[str], description: str) -> dict[str, Any]:
    """One of a few words; the first at first."""
    return {
        "name": name,
        "label": label,
        "description": description,
        "type": "custom",
        "query": ",".join(options),
        "multi": False,
        "includeAll": False,
        "hide": _SHOWN,
        "options": [{"selected": not n, "text": text, "value": text} for n, text in enumerate(options)],
        "current": {"selected": True, "text": options[0], "value": options[0]},
    }


def text_box(name: str, label: str, value: str, description: str) -> dict[str, Any]:
    """What the reader types."""
    return {
        "name": name,
        "label": label,
        "description": description,
        "type": "textbox",
        "query": value,
        "hide": _SHOWN,
        "options": [{"selected": True, "text": value, "value": value}],
        "current": {"selected": True, "text": value, "value": value},
    }


def firing_alerts(matchers: str) -> Json:
    """A mark on every time axis while an alert fires."""
    return {
        "name": "Firing alerts",
        "datasource": PROMETHEUS,
        "enable": True,
        "hide": False,
        "iconColor": "red",
        "expr": f'ALERTS{{alertstate="firing", {matchers}}}',
        "step": "60s",
        "titleFormat": "{{alertname}}",
        "textFormat": "{{sloth_service}} {{sloth_slo}}",
        "tagKeys": "sloth_severity",
        "useValueForTime": False,
    }
