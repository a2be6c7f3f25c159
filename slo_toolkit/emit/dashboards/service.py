"""A service's dashboard: its SLOs in a table, then one row for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from slo_toolkit import naming
from slo_toolkit.budget import plain
from slo_toolkit.emit.dashboards.alerts import alerts_timeline
from slo_toolkit.emit.dashboards.burn_down import budget_burn_down
from slo_toolkit.emit.dashboards.contributors import contributors
from slo_toolkit.emit.dashboards.figures import burn_rates, events, facts, sli_over_time
from slo_toolkit.emit.dashboards.guide import guide
from slo_toolkit.emit.dashboards.known_series import known_series
from slo_toolkit.emit.dashboards.latency import latency_panels
from slo_toolkit.emit.dashboards.links import OVERVIEW_UID, alerts_url, api_uid, service_uid, top_link
from slo_toolkit.emit.dashboards.model import Dashboard, Json, Panel, Row
from slo_toolkit.emit.dashboards.queries import Selection
from slo_toolkit.emit.dashboards.table import slo_table
from slo_toolkit.emit.dashboards.variables import ALERTMANAGER_CHOICE, PROMETHEUS_CHOICE, firing_alerts
from slo_toolkit.emit.header import DASHBOARD_HEADER
from slo_toolkit.plan.model import Plan
from slo_toolkit.promql import selector

_OPEN_ROWS = 1
"""Rows that are open at first. Grafana runs the queries of a row only when it is opened."""

_MOST_LINES = 12


def service_dashboard(service: str, plans: Sequence[Plan], selection: Selection, has_api: bool) -> Dashboard:
    """All SLOs of `service`; `has_api` says that it has an API dashboard to link to."""
    matchers = selector("", {naming.SERVICE: service, **plans[0].slo.extra_labels})[1:-1]
    ours = replace(selection, identity=matchers)
    return Dashboard(
        uid=service_uid(service),
        title=f"SLOs: {service}",
        description=f"The SLOs of {service}, one row for each. {DASHBOARD_HEADER}",
        rows=_rows(service, plans, ours),
        variables=[PROMETHEUS_CHOICE, ALERTMANAGER_CHOICE],
        annotations=[firing_alerts(ours.identity)],
        links=list(_links(service, matchers, has_api)),
        tags=["slo", *_teams(plans)],
    )


def _rows(service: str, plans: Sequence[Plan], ours: Selection) -> Iterator[Row]:
    """A table of one line would repeat what its SLO's own row says."""
    above = (
        [slo_table(ours, (), f"SLOs of {service}", 3 + min(len(plans), _MOST_LINES))]
        if len(plans) > 1
        else []
    )
    above += known_series(plans)
    if above:
        yield Row("All SLOs", above)
    for number, plan in enumerate(plans, 1):
        yield slo_row(plan, ours.counted, collapsed=number > _OPEN_ROWS)


def slo_row(plan: Plan, counted: bool, collapsed: bool) -> Row:
    """One SLO: is it real, since when, how fast, what is left, who is hit."""
    slo = plan.slo
    title = f"{slo.name}: {plain(slo.objective.percent)} % over {slo.period.words()}"
    return Row(title, list(_panels(plan, counted)), collapsed)


def _panels(plan: Plan, counted: bool) -> Iterator[Panel]:
    slo = plan.slo
    yield guide(slo)
    yield from facts(slo, counted)
    yield sli_over_time(slo, counted)
    yield budget_burn_down(slo, counted)
    yield burn_rates(slo, counted)
    if counted:
        yield events(slo)
    yield from alerts_timeline(plan)
    yield from contributors(slo, counted)
    yield from latency_panels(slo)


def _teams(plans: Sequence[Plan]) -> list[str]:
    """Whose the SLOs are, as tags, by which dashboards are found and sorted into folders."""
    teams = {plan.slo.labels.get("team") or plan.slo.labels.get("owner", "") for plan in plans}
    return sorted(f"team:{team}" for team in teams if team)


def _links(service: str, matchers: str, has_api: bool) -> Iterator[Json]:
    yield top_link("All SLOs", f"/d/{OVERVIEW_UID}", "Every service's SLOs")
    if has_api:
        yield top_link("API", f"/d/{api_uid(service)}", "Requests, errors and durations by route")
    yield top_link("Alerts", alerts_url(matchers), "What Alertmanager holds of this service now")
