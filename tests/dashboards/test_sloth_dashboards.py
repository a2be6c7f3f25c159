"""Sloth's public dashboards (grafana.com 14348 and 14643) find on our series what they ask for.

These are the queries that they send, by what they show, for one SLO and one window.
"""

from __future__ import annotations

import pytest

from deploy.live.api import instant, query_range

from .conftest import World
from .demo_history import END

DAY = 86_400
AT = END - 400
OURS = 'sloth_service="demo-service", sloth_slo="availability"'
ON = "on (sloth_id, sloth_slo, sloth_service)"
MONTH = 3  # of AT less four days, as Grafana's ${__to:date:M} says

DETAIL = {
    "SLI": f"1 - (max(slo:sli_error:ratio_rate5m{{{OURS}}}) or on () vector(0))",
    "objective": f"slo:objective:ratio{{{OURS}}}",
    "remaining budget of the period": f"slo:period_error_budget_remaining:ratio{{{OURS}}} or on () vector(1)",
    "remaining budget of the month": (
        f"1 - (sum_over_time((slo:sli_error:ratio_rate1h{{{OURS}}} * on () group_left () "
        f"(month() == bool vector({MONTH})))[32d:1h]) / {ON} "
        f"(slo:error_budget:ratio{{{OURS}}} * on () group_left () (24 * days_in_month())))"
    ),
    "current burn rate": f"slo:current_burn_rate:ratio{{{OURS}}}",
    "burn rate of the period": f"slo:period_burn_rate:ratio{{{OURS}}}",
    "burn rate of a window": f"slo:sli_error:ratio_rate1h{{{OURS}}} / {ON} group_left slo:error_budget:ratio{{{OURS}}}",
    "pages": f'count(ALERTS{{{OURS}, sloth_severity="page", alertstate="firing"}}) or on () vector(0)',
    "tickets": f'count(ALERTS{{{OURS}, sloth_severity="ticket", alertstate="firing"}}) or on () vector(0)',
}
HIGH_LEVEL = {
    "services": "count(count(sloth_slo_info) by (sloth_service))",
    "SLOs": "count(sloth_slo_info)",
    "burning": "count(slo:current_burn_rate:ratio >= 1) or on () vector(0)",
    "burn rates": "slo:current_burn_rate:ratio",
    "budgets": "sort(slo:period_error_budget_remaining:ratio)",
    "below their objective": "count(slo:period_error_budget_remaining:ratio < 0) or on () vector(0)",
}
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")


@pytest.mark.parametrize("panel", DETAIL)
def test_the_detail_dashboard_has_one_value(world: World, panel: str) -> None:
    at = AT - 4 * DAY if "month" in panel else AT
    assert len(instant(world.address, DETAIL[panel], at)) == 1


@pytest.mark.parametrize("panel", HIGH_LEVEL)
def test_the_overview_has_values(world: World, panel: str) -> None:
    assert instant(world.address, HIGH_LEVEL[panel], AT)


@pytest.mark.parametrize("window", WINDOWS)
def test_every_window_that_the_detail_dashboard_offers_is_recorded(world: World, window: str) -> None:
    query = f'slo:sli_error:ratio_rate{window}{{{OURS}, sloth_window="{window}"}}'
    ((labels, points),) = query_range(world.address, query, AT - DAY, AT, 600)
    assert labels["sloth_id"] == "demo-service-availability"
    assert len(points) > 100


def test_the_variables_find_services_slos_and_objectives(world: World) -> None:
    found = [labels for labels, _ in instant(world.address, "sloth_slo_info", AT)]
    names = {(labels["sloth_service"], labels["sloth_slo"]) for labels in found}
    assert ("demo-service", "latency-p99") in names
    assert all(labels["sloth_objective"] and labels["sloth_spec"] for labels in found)


def test_the_numbers_are_those_of_the_recorded_events(world: World) -> None:
    ((_, remaining),) = instant(world.address, DETAIL["remaining budget of the period"], AT)
    ((_, burned),) = instant(world.address, DETAIL["burn rate of the period"], AT)
    assert remaining == pytest.approx(1 - burned)
