"""The overview: all SLOs on one page, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from slo_toolkit import naming
from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.json_text import Shared
from slo_toolkit.emit.dashboards.links import OVERVIEW_UID, alerts_url, top_link
from slo_toolkit.emit.dashboards.model import Dashboard, Json, Panel, Row, Target
from slo_toolkit.emit.dashboards.queries import Selection
from slo_toolkit.emit.dashboards.table import slo_table
from slo_toolkit.emit.dashboards.variables import (
    ALERTMANAGER_CHOICE,
    PROMETHEUS_CHOICE,
    firing_alerts,
    label_values,
)
from slo_toolkit.emit.header import DASHBOARD_HEADER
from slo_toolkit.plan.model import Plan

TEAM_LABELS = ("team", "owner")
"""Labels by which people say whose an SLO is."""

_VERDICTS = (
    ("Exhausted", look.EXHAUSTED, look.RED, "Nothing of the budget is left."),
    (
        "At risk",
        look.AT_RISK,
        look.ORANGE,
        "Less than a tenth is left, an alert fires, or what is left is gone within a day at the burn rate of the "
        "last hour.",
    ),
    (
        "No data",
        look.NO_DATA,
        look.PURPLE,
        "Nobody knows whether the objective is met: the SLI returns nothing, or its rules are not evaluated.",
    ),
    ("Met", look.MET, look.GREEN, "The budget lasts."),
)


def overview(plans: Sequence[Plan], selection: Selection) -> Dashboard:
    """All SLOs of one Prometheus, whatever files their specs came from."""
    teams = [name for name in TEAM_LABELS if any(name in plan.slo.labels for plan in plans)]
    shown = replace(
        selection,
        identity=f'{naming.ID}!="", {naming.SERVICE}=~"$service"',
        owner=", ".join(f'{name}=~"${name}"' for name in teams),
    )
    services = sorted({plan.slo.service for plan in plans})
    return Dashboard(
        uid=OVERVIEW_UID,
        title="SLO overview",
        description=f"All SLOs: what is left of their budgets, the worst first. {DASHBOARD_HEADER}",
        rows=[Row("All SLOs", [*_counts(shown), slo_table(shown, services, "SLOs", 11), *_days(shown)])],
        variables=[PROMETHEUS_CHOICE, ALERTMANAGER_CHOICE, *_filters(teams)],
        annotations=[firing_alerts(shown.identity)],
        links=[top_link("Alerts", alerts_url(f"{naming.ID}=~.+"), "What Alertmanager holds of all SLOs now")],
        time_from="now-30d",
    )


def _filters(teams: Sequence[str]) -> Iterator[Json]:
    yield label_values("service", "Service", naming.INFO, naming.SERVICE, "Services whose SLOs are shown.")
    for name in teams:
        whose = f'{naming.INFO}{{{naming.SERVICE}=~"$service"}}'
        yield label_values(name, name.capitalize(), whose, name, "Whose SLOs are shown.")


def _counts(shown: Selection) -> Iterator[Panel]:
    for title, verdict, colour, meaning in _VERDICTS:
        steps: look.Steps = ((None, look.GREY), (1, colour))
        yield Panel(
            kind="stat",
            title=title,
            description=f"How many SLOs. {meaning}",
            targets=[Target(shown.count(verdict), legend=title, instant=True)],
            width=6,
            height=4,
            fields=look.fields("none", "0", decimals=0, steps=steps),
            options=_TILE,
        )


_TILE = Shared({**look.stat(), "colorMode": "background"})


def _days(shown: Selection) -> Iterator[Panel]:
    labels = (*(name for name in shown.names if name != naming.ID), *shown.groups)
    legend = " / ".join(f"{{{{{label}}}}}" for label in labels)
    if shown.counted:
        title = "Budget spent by day"
        description = (
            "The share of the period's budget that each day spent, from counted events. All days of a period "
            "together spend what is gone; even spending is a thirtieth a day at 30 days."
        )
        expr, steps = shown.spent_by_day, _SPENT_IN_A_DAY
    else:
        title, expr, steps = "Budget left by day", shown.remaining, look.BUDGET_LEFT
        description = "What was left of the budget at the beginning of each day."
    yield Panel(
        kind="status-history",
        title=title,
        description=description,
        targets=[Target(expr, legend)],
        width=24,
        height=9,
        interval="1d",
        time_from="30d",
        fields=look.fields(
            look.SHARE,
            "nothing was measured",
            decimals=1,
            steps=steps,
            custom={"fillOpacity": 80, "lineWidth": 1},
        ),
        options=Shared(
            {
                "showValue": "auto",
                "rowHeight": 0.9,
                "colWidth": 0.95,
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
                "tooltip": {"mode": "single", "sort": "none"},
            }
        ),
    )


_SPENT_IN_A_DAY: look.Steps = (
    (None, look.GREEN),
    (0.0334, look.YELLOW),
    (0.1, look.ORANGE),
    (0.25, look.RED),
    (1, "dark-red"),
)
