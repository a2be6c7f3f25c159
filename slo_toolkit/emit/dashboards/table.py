"""The table of SLOs: one line for each budget, with everything that `slo budget` says about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slo_toolkit import naming
from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.json_text import Shared
from slo_toolkit.emit.dashboards.links import UID_PREFIX, is_plain_uid, service_uid
from slo_toolkit.emit.dashboards.look import SECONDS, SHARE, TIMES, override
from slo_toolkit.emit.dashboards.model import Json, Panel, Target, ref_ids
from slo_toolkit.emit.dashboards.queries import Selection
from slo_toolkit.promql import quote

_DASHBOARD = "dashboard"
"""The label with the end of the uid of the service's dashboard; no stored series carries it."""

_NOWHERE = {"legend": True, "tooltip": True, "viz": True}
"""Since Grafana 13 this hides a column; before that, `hidden` does."""

_BAR = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
_COLOURED = {"type": "color-text"}
_FILLED = {"type": "color-background", "mode": "basic"}


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    expr: str
    look: Json


def slo_table(selection: Selection, services: Sequence[str], title: str, height: int) -> Panel:
    """`services` are those with a dashboard, to which the line of each of their SLOs links."""
    columns = tuple(_columns(selection, services))
    return Panel(
        kind="table",
        title=title,
        description=(
            "Every SLO at the end of the shown range, the worst first. SLI and remaining budget are those of the "
            "SLO's own period, counted in events; burn rate and time left are those of the last hour."
            + (" A click on an SLO opens its dashboard." if services else "")
        ),
        targets=[Target(column.expr, instant=True, format="table") for column in columns],
        width=24,
        height=height,
        fields=look.fields(
            "none",
            "unknown",
            custom={"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True},
            overrides=[*_name_columns(services), *(column.look for column in columns)],
        ),
        options=Shared(
            {
                "showHeader": True,
                "cellHeight": "sm",
                "sortBy": [
                    {"displayName": "Verdict", "desc": True},
                    {"displayName": "Budget left", "desc": False},
                ],
            }
        ),
        transformations=[{"id": "merge", "options": {}}, _organized(selection, columns)],
    )


def _columns(selection: Selection, services: Sequence[str]) -> Sequence[_Column]:
    columns = [
        _Column("Verdict", selection.verdict, _of("Verdict", "none", _FILLED, 100, mappings=[look.VERDICTS])),
        _Column(
            "Objective",
            _with_dashboard(selection.objective, services),
            _of("Objective", SHARE, None, 90),
        ),
        _Column("SLI", selection.sli, _of("SLI", SHARE, None, 90, decimals=3)),
        _Column("Budget left", selection.remaining, _budget_bar()),
        _Column(
            "Burn rate",
            selection.burn_rate,
            _of("Burn rate", TIMES, _COLOURED, 90, look.BURN_RATE, decimals=2),
        ),
        _Column(
            "Lasts for",
            selection.seconds_left,
            _of(
                "Lasts for",
                SECONDS,
                _COLOURED,
                110,
                look.TIME_LEFT,
                decimals=1,
                mappings=[look.NEVER, look.GONE],
            ),
        ),
        _Column("Alerts firing", selection.firing, _of("Alerts firing", "none", _COLOURED, 110, look.ALERTS)),
    ]
    if selection.counted:
        measured = _of("Measured", SHARE, _COLOURED, 100, look.COVERAGE, decimals=1)
        columns.append(_Column("Measured", selection.coverage, measured))
    return columns


def _of(
    title: str,
    unit: str,
    cell: Json | None,
    width: int,
    steps: look.Steps | None = None,
    *,
    decimals: int | None = None,
    mappings: Sequence[Json] = (),
) -> Json:
    properties: dict[str, Any] = {"unit": unit, "custom__width": width}
    if decimals is not None:
        properties["decimals"] = decimals
    if cell is not None:
        properties["custom__cellOptions"] = cell
    if steps is not None:
        properties["thresholds"] = look.thresholds(steps)
        properties["color"] = {"mode": "thresholds"}
    if mappings:
        properties["mappings"] = list(mappings)
    return override(title, **properties)


def _budget_bar() -> Json:
    return override(
        "Budget left",
        unit=SHARE,
        decimals=1,
        min=0,
        max=1,
        thresholds=look.thresholds(look.BUDGET_LEFT),
        color={"mode": "thresholds"},
        custom__cellOptions=_BAR,
        custom__minWidth=150,
    )


def _name_columns(services: Sequence[str]) -> list[Json]:
    url = f"/d/{UID_PREFIX}${{__data.fields.{_DASHBOARD}}}?${{datasource:queryparam}}&${{__url_time_range}}"
    links = [{"title": "Open the service's dashboard", "url": url}]
    names = [override("Service", custom__minWidth=120)]
    if not services:
        return [*names, override("SLO", custom__minWidth=140)]
    linked = override("SLO", custom__minWidth=140, links=links)
    return [*names, linked, override(_DASHBOARD, custom__hidden=True, custom__hideFrom=_NOWHERE)]


def _organized(selection: Selection, columns: Sequence[_Column]) -> Json:
    """Column titles and their order. Of the labels only the id, which says nothing more, is not shown."""
    names = {naming.SERVICE: "Service", naming.SLO: "SLO"}
    names |= {f"Value #{ref}": column.title for ref, column in zip(ref_ids(), columns, strict=False)}
    labels = [name for name in selection.names if name != naming.ID]
    order = [*labels, *selection.groups, *names]
    return {
        "id": "organize",
        "options": {
            "excludeByName": {"Time": True, naming.ID: True},
            "indexByName": {name: index for index, name in enumerate(dict.fromkeys(order))},
            "renameByName": names,
        },
    }


def _with_dashboard(figure: str, services: Sequence[str]) -> str:
    """The figure with a label for the link. `$1` of label_replace would look like a variable of Grafana's."""
    if not services:
        return figure
    made = f'label_join({figure}, "{_DASHBOARD}", "", "{naming.SERVICE}")'
    for service in services:
        if not is_plain_uid(service):
            ending, pattern = quote(service_uid(service).removeprefix(UID_PREFIX)), quote(re.escape(service))
            made = f'label_replace({made}, "{_DASHBOARD}", {ending}, "{naming.SERVICE}", {pattern})'
    return made
