"""On a month of the demo service's history every panel shows something, and what `slo budget` says."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from deploy.live.api import instant
from deploy.live.past import DAY, HOUR, OPERATIONS
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.status.model import BudgetStatus, Verdict
from slo_toolkit.status.survey import Wanted, ask

from .conftest import World
from .demo_history import END, HOSTS_FROM, OUTAGE, SLOW
from .grafana import Query, Range, Rows, at_first, panels, queries

AT = END - 400
RANGES = {"1h": HOUR, "7d": 7 * DAY, "30d": 30 * DAY}
ROUTES = {operation.route for operation in OPERATIONS}
VERDICTS = {Verdict.MET: 0, Verdict.AT_RISK: 1, Verdict.NO_DATA: 2, Verdict.EXHAUSTED: 3}
FILES = (
    "slo-overview.json",
    "demo-service.json",
    "demo-service-api.json",
    "kinds.json",
    "infrastructure.json",
)

MAY_BE_EMPTY = {"Where the budget went"}
"""Shows nothing where the range has no errors, as its text says."""


@pytest.mark.parametrize("length", RANGES)
@pytest.mark.parametrize("file", FILES)
def test_every_query_has_data(world: World, file: str, length: str) -> None:
    dashboard = world.dashboards[file]
    shown, values = Range.last(RANGES[length], AT), at_first(dashboard)
    empty = [
        query.name
        for query in queries(dashboard)
        if not query.ask(world.address, shown, values) and query.panel["title"] not in MAY_BE_EMPTY
    ]
    assert not empty


@pytest.mark.parametrize("length", ["7d", "30d"])
def test_what_spent_the_budget_is_found(world: World, length: str) -> None:
    for file in ("demo-service.json", "kinds.json"):
        dashboard = world.dashboards[file]
        shown, values = Range.last(RANGES[length], AT), at_first(dashboard)
        found = [query for query in queries(dashboard) if query.panel["title"] in MAY_BE_EMPTY]
        assert found
        assert all(query.ask(world.address, shown, values) for query in found)


def test_an_slo_without_any_event_has_no_data_and_no_failing_query(world: World) -> None:
    dashboard = world.dashboards["silent.json"]
    asked = {
        q.name: q.ask(world.address, Range.last(HOUR, AT), at_first(dashboard)) for q in queries(dashboard)
    }
    ((_, ((_, verdict),)),) = asked["Verdict A"]
    assert verdict == VERDICTS[Verdict.NO_DATA]
    assert not asked["Budget left A"]
    assert not asked["SLI against the objective A"]


def test_a_service_without_a_node_exporter_sees_its_processes(world: World) -> None:
    dashboard = world.dashboards["infrastructure.json"]
    shown = Range.last(HOUR, HOSTS_FROM - HOUR)
    for panel in panels(dashboard):
        rows = [
            Query(panel, target).ask(world.address, shown, at_first(dashboard)) for target in panel["targets"]
        ]
        assert any(rows), panel["title"]


def statuses(world: World, at: float = AT) -> dict[tuple[str, ...], BudgetStatus]:
    with Prometheus(Connection(world.address)) as prometheus:
        answer = ask(prometheus, Wanted(at=at))
    return {(s.service, s.slo, *s.group.values()): s for s in answer.statuses}


def column(world: World, file: str, title: str, at: float = AT) -> dict[tuple[str, ...], float]:
    """A column of the dashboard's table by service, SLO and group."""
    dashboard = world.dashboards[file]
    table = next(panel for panel in panels(dashboard) if panel["title"].startswith("SLOs"))
    names = table["transformations"][1]["options"]["renameByName"]
    ref = next(name.removeprefix("Value #") for name, shown in names.items() if shown == title)
    target = next(target for target in table["targets"] if target["refId"] == ref)
    rows = Query(table, target).ask(world.address, Range.last(7 * DAY, at), at_first(dashboard))
    found = {_budget(labels): points[-1][1] for labels, points in rows}
    assert len(found) == len(rows)
    return found


def _budget(labels: dict[str, str]) -> tuple[str, ...]:
    group = (labels["route"],) if "route" in labels else ()
    return labels["sloth_service"], labels["sloth_slo"], *group


def same(figure: float | None, exact: Decimal | None) -> bool:
    """Both unknown, or as good as equal."""
    if figure is None or exact is None:
        return figure is None and exact is None
    return figure == pytest.approx(float(exact), rel=0.001, abs=1e-9)


# Amid the outage, on the day after, amid the slow morning, and at the end of the history.
MOMENTS = (OUTAGE + 3000, OUTAGE + DAY, SLOW + 2 * HOUR, AT)


COLUMNS = (
    "Verdict",
    "Objective",
    "SLI",
    "Budget left",
    "Burn rate",
    "Lasts for",
    "Alerts firing",
    "Measured",
)
NEVER = 3_153_600_000
"""A hundred years, which the table shows as "never"."""


@pytest.mark.parametrize("at", MOMENTS)
def test_the_table_says_what_slo_budget_says(world: World, at: float) -> None:
    told = statuses(world, at)
    columns = {title: column(world, "slo-overview.json", title, at) for title in COLUMNS}
    for budget, status in told.items():
        shown = {title: found.pop(budget, None) for title, found in columns.items()}
        assert shown["Verdict"] == VERDICTS[status.verdict], status.reasons
        assert same(shown["Objective"], status.objective)
        assert shown["Alerts firing"] == len(status.alerts or ())
        assert same(shown["SLI"], None if status.error_ratio is None else 1 - status.error_ratio)
        assert same(shown["Budget left"], status.budget_remaining)
        assert same(shown["Burn rate"], status.burn_rate)
        assert same(shown["Measured"], status.coverage)
        assert same(shown["Lasts for"], seconds_left(status))
    assert not any(columns.values()), "lines that slo budget does not tell"


def seconds_left(status: BudgetStatus) -> Decimal | None:
    if status.time_to_exhaustion is not None:
        return Decimal(status.time_to_exhaustion.ms) / 1000
    return None if status.burn_rate is None else Decimal(NEVER)


def test_the_history_has_more_than_one_verdict(world: World) -> None:
    seen = {status.verdict for at in MOMENTS for status in statuses(world, at).values()}
    assert seen == set(Verdict)


@pytest.mark.parametrize("at", MOMENTS)
def test_the_counts_add_up(world: World, at: float) -> None:
    dashboard = world.dashboards["slo-overview.json"]
    told = list(statuses(world, at).values())
    for title, verdict in (
        ("Met", "met"),
        ("At risk", "at_risk"),
        ("Exhausted", "exhausted"),
        ("No data", "no_data"),
    ):
        ((_, ((_, count),)),) = rows_of(world, dashboard, title, Range.last(DAY, at))
        assert count == sum(status.verdict == verdict for status in told)


def rows_of(world: World, dashboard: dict[str, Any], title: str, shown: Range, ref: str = "A") -> Rows:
    """What a query of the first panel with this title returns."""
    query = next(q for q in queries(dashboard) if q.name == f"{title} {ref}")
    return query.ask(world.address, shown, at_first(dashboard))


@pytest.mark.parametrize("length", RANGES)
def test_the_burn_down_ends_at_what_is_left(world: World, length: str) -> None:
    dashboard = world.dashboards["demo-service.json"]
    ((_, points),) = rows_of(world, dashboard, "Budget burn-down", Range.last(RANGES[length], AT))
    at, left = points[-1]
    remaining = 'slo:period_error_budget_remaining:ratio{sloth_id="demo-service-availability"}'
    ((_, recorded),) = instant(world.address, remaining, at)
    assert 1 - left == pytest.approx(1 - recorded, rel=0.01)


def test_the_burn_down_begins_whole_and_never_rises(world: World) -> None:
    dashboard = world.dashboards["demo-service.json"]
    ((_, points),) = rows_of(world, dashboard, "Budget burn-down", Range.last(30 * DAY, AT))
    values = [value for _, value in points]
    assert values[0] == pytest.approx(1, abs=0.01)
    assert all(later <= sooner + 1e-9 for sooner, later in pairwise(values))


def test_even_spending_goes_from_all_to_nothing(world: World) -> None:
    dashboard = world.dashboards["demo-service.json"]
    ((_, points),) = rows_of(world, dashboard, "Budget burn-down", Range.last(30 * DAY, AT), "B")
    assert points[0][1] == pytest.approx(1, abs=0.01)
    assert points[-1][1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("length", ["7d", "30d"])
def test_good_and_bad_are_the_counted_events_at_any_zoom(world: World, length: str) -> None:
    dashboard = world.dashboards["demo-service.json"]
    shown = Range.last(RANGES[length], AT)
    sums = []
    for ref in "AB":
        ((_, points),) = rows_of(world, dashboard, "Good and bad events", shown, ref)
        sums.append(sum(value for _, value in points))
        first, last = points[0][0], points[-1][0]
        step = points[1][0] - first
    window = f"[{round(last - first + step)}s]"
    valid, errors = (_counted(world, kind, window, last) for kind in ("valid", "error"))
    assert sums[0] == pytest.approx(valid - errors, rel=1e-6)
    assert sums[1] == pytest.approx(errors, rel=1e-6)


def _counted(world: World, kind: str, window: str, at: float) -> float:
    counts = f'slo:{kind}_events:count5m{{sloth_id="demo-service-availability"}}'
    ((_, count),) = instant(world.address, f"sum_over_time({counts}{window})", at)
    return count


def test_the_days_add_up_to_what_is_spent(world: World) -> None:
    """Whole days, so a period that ends at midnight."""
    midnight = END - DAY
    dashboard = world.dashboards["slo-overview.json"]
    rows = rows_of(world, dashboard, "Budget spent by day", Range(midnight - 30 * DAY, midnight - 1))
    told = statuses(world, midnight)
    for labels, points in rows:
        status = told[_budget(labels)]
        if status.span.length.ms == 30 * DAY * 1000:
            assert len(points) == 30
            assert status.budget_remaining is not None
            spent = sum(value for _, value in points)
            assert spent == pytest.approx(1 - float(status.budget_remaining), rel=0.01)


@pytest.mark.parametrize("length", RANGES)
def test_an_outage_is_as_bad_as_its_events_were_at_any_zoom(world: World, length: str) -> None:
    """95 minutes in which 35 % of the requests failed, in steps of five minutes and of an hour."""
    dashboard = world.dashboards["demo-service.json"]
    shown = Range.last(RANGES[length], OUTAGE + 80 * 60)
    ((_, points),) = rows_of(world, dashboard, "SLI against the objective", shown)
    assert min(value for _, value in points) == pytest.approx(0.65, abs=0.05)


def test_short_alerts_are_seen_in_a_long_range(world: World) -> None:
    dashboard = world.dashboards["demo-service.json"]
    rows = rows_of(world, dashboard, "Alerts", Range.last(30 * DAY, AT))
    fired = {labels["alertname"] for labels, points in rows if max(value for _, value in points) == 2}
    expected = {f.alert for f in world.firings if dict(f.labels)["sloth_id"] == "demo-service-availability"}
    assert fired == expected
    assert fired


def test_what_labels_spent_adds_up_to_the_range(world: World) -> None:
    dashboard = world.dashboards["demo-service.json"]
    rows = rows_of(world, dashboard, "Where the budget went", Range.last(30 * DAY, AT))
    status = statuses(world)["demo-service", "availability"]
    assert {labels["route"] for labels, _ in rows} == ROUTES
    assert {labels["status"] for labels, _ in rows} == {"503"}
    assert status.budget_remaining is not None
    assert sum(points[-1][1] for _, points in rows) == pytest.approx(
        1 - float(status.budget_remaining), rel=0.01
    )


def test_groups_have_budgets_of_their_own(world: World) -> None:
    dashboard = world.dashboards["kinds.json"]
    rows = rows_of(world, dashboard, "Budget left", Range.last(DAY, AT))
    assert {labels["route"] for labels, _ in rows} == ROUTES


def test_the_queries_that_operators_know_are_on_a_panel(world: World) -> None:
    known = next(p for p in panels(world.dashboards["demo-service.json"]) if p["title"] == "Known series")
    assert [target["expr"] for target in known["targets"]] == [
        "slo:availability:ratio * 100",
        "slo:error_rate:ratio * 100",
        "slo:latency:p95",
        "slo:latency:p99",
    ]


@pytest.mark.parametrize("team", ["owner", "team"])
def test_a_team_sees_its_own_slos(world: World, team: str) -> None:
    dashboard = world.dashboards["slo-overview.json"]
    wanted, service = {"owner": ("demo-team", "demo-service"), "team": ("platform", "kinds")}[team]
    values = {**at_first(dashboard), team: wanted}
    for query in queries(dashboard):
        rows = query.ask(world.address, Range.last(DAY, AT), values)
        assert {labels.get("sloth_service", service) for labels, _ in rows} == {service}, query.name
