"""OpenSLO's `openslo/v1alpha` SLO as Sloth reads it: good and total, each objective an SLO, no alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slo_toolkit.duration import Duration
from slo_toolkit.spec import sloth
from slo_toolkit.spec.flaws import Place
from slo_toolkit.spec.kinds import Anything, Choice, Flag, FreeText, ListOf
from slo_toolkit.spec.maps import TextMap
from slo_toolkit.spec.quantities import Promise, Whole
from slo_toolkit.spec.shape import Key, Section

API_VERSION = "openslo/v1alpha"
KIND = "SLO"

_SOURCE = Section(
    "a query",
    {
        "source": Key(Choice("prometheus", "sloth"), "Where the query runs.", required=True),
        "queryType": Key(Choice("promql"), "Language of the query.", required=True),
        "query": Key(sloth.QUERY, "PromQL with `{{.window}}`.", required=True),
        "metadata": Key(Anything(), "Not read."),
    },
)
_RATIO = Section(
    "`ratioMetrics`",
    {
        "good": Key(_SOURCE, "Counts good events.", required=True),
        "total": Key(_SOURCE, "Counts all events.", required=True),
        "incremental": Key(Flag(), "Not read: the queries say it."),
        "counter": Key(Flag(), "Not read: the queries say it."),
    },
)
_OBJECTIVE = Section(
    "an objective",
    {
        "displayName": Key(FreeText(), "Not read."),
        "value": Key(Anything(), "Not read."),
        "op": Key(Anything(), "Not read."),
        "target": Key(Promise(1), "Share of good events that is promised.", required=True),
        "ratioMetrics": Key(_RATIO, "The queries.", required=True),
    },
)
_TIME_WINDOW = Section(
    "a time window",
    {
        "count": Key(Whole(above=0, most=366), "How many units.", required=True),
        "unit": Key(Choice("Day", "day", "Week", "week"), "Unit of the count.", required=True),
        "isRolling": Key(Flag(), "Not read: every period here is a rolling one."),
    },
)
ROOT = Section(
    "an OpenSLO document",
    {
        "apiVersion": Key(Choice(API_VERSION), "The format of this document.", required=True),
        "kind": Key(Choice(KIND), "The kind of document.", required=True),
        "metadata": Key(
            Section(
                "`metadata`",
                {
                    "name": Key(sloth.NAME, "Name of the SLO.", required=True),
                    "displayName": Key(FreeText(), "Not read."),
                    "labels": Key(TextMap(any_name=True), "Not read."),
                    "annotations": Key(TextMap(name="annotation", any_name=True), "Not read."),
                },
            ),
            "Names.",
            required=True,
        ),
        "spec": Key(
            Section(
                "`spec`",
                {
                    "service": Key(sloth.NAME, "The service.", required=True),
                    "description": Key(FreeText(), "What the SLO promises."),
                    "budgetingMethod": Key(Choice("Occurrences"), "How the budget is counted."),
                    "objectives": Key(ListOf(_OBJECTIVE), "What is promised.", required=True),
                    "timeWindows": Key(ListOf(_TIME_WINDOW), "The period."),
                },
            ),
            "The SLO.",
            required=True,
        ),
    },
)

_NO_ALERT = {"disable": True}


def as_sloth(root: Mapping[str, Any], at: Place) -> tuple[dict[str, Any], list[Place]]:
    """The document as a spec of Sloth's in the code's names, and where each of its SLOs stands."""
    spec, name = root.get("spec", {}), root.get("metadata", {}).get("name")
    places = at / "spec" / "objectives"
    objectives = list(enumerate(spec.get("objectives", ())))
    period = _period(spec.get("timeWindows", ()), at / "spec" / "timeWindows")
    slos = [
        _slo(spec, f"{name}-{index}" if name else None, objective or {}, period)
        for index, objective in objectives
    ]
    return {"service": spec.get("service"), "slos": slos}, [places / index for index, _ in objectives]


def _slo(
    spec: Mapping[str, Any], name: str | None, objective: Mapping[str, Any], period: Duration | None
) -> Any:
    ratio = objective.get("ratioMetrics", {})
    queries = {
        "good_query": ratio.get("good", {}).get("query"),
        "total_query": ratio.get("total", {}).get("query"),
    }
    slo = {
        "name": name,
        "description": spec.get("description"),
        "objective": objective["target"] * 100 if "target" in objective else None,
        "period": period,
        "sli": {"events": {key: query for key, query in queries.items() if query}},
        "alerting": {"page_alert": _NO_ALERT, "ticket_alert": _NO_ALERT},
    }
    return {key: value for key, value in slo.items() if value is not None}


def _period(windows: Any, at: Place) -> Duration | None:
    if len(windows) > 1:
        (at / 1).wrong("an SLO has one period", "keep one time window", rule="period")
    window = (windows[0] if windows else None) or {}
    if "count" not in window or "unit" not in window:
        return None
    return Duration.of(days=window["count"] * (7 if window["unit"].lower() == "week" else 1))
