"""Every dashboard, whatever the specs and options, is complete and consistent in itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from .grafana import panels, variables_in
from .specs import KINDS, ONLY_PARSED, compiled, demo_spec

OPTIONS = ((), ("--compat", "sloth"), ("--disable", "recordings"), ("--disable", "alerts"))
COLUMNS = 24
PANEL_TYPES = {
    "timeseries",
    "stat",
    "table",
    "heatmap",
    "state-timeline",
    "status-history",
    "logs",
    "text",
    "row",
}
UNITS = {"none", "short", "percent", "percentunit", "s", "ms", "bytes", "Bps", "reqps", "suffix:x"}
BUILT_IN_VARIABLES = {
    "__all",
    "__interval",
    "__interval_ms",
    "__rate_interval",
    "__range",
    "__to",
    "__from",
    "__url_time_range",
}

Named = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module", params=OPTIONS, ids=lambda options: " ".join(options) or "default")
def dashboards(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Named]:
    specs = {
        "demo.yaml": demo_spec(),
        "kinds.yaml": KINDS,
        "odd.yaml": ONLY_PARSED.replace("{infix}", "x" * 60),
        "taken.yaml": ONLY_PARSED.replace("nobody.calls_it_{infix}", "slo-overview"),
    }
    folder = tmp_path_factory.mktemp("lint") / "project"
    return sorted(compiled(folder, specs, *request.param).items())


def every_panel(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows, too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def test_there_is_one_for_each_purpose(dashboards: list[Named]) -> None:
    assert {
        "slo-overview.json",
        "infrastructure.json",
        "demo-service.json",
        "demo-service-api.json",
        "slo-overview.slos.json",
    } <= dict(dashboards).keys()


def test_uids_are_unique_and_short_enough(dashboards: list[Named]) -> None:
    uids = [dashboard["uid"] for _, dashboard in dashboards]
    assert len(set(uids)) == len(uids)
    assert all(len(uid) <= 40 and uid.replace("-", "").replace("_", "").isalnum() for uid in uids)


def test_uids_are_the_same_at_every_compilation(dashboards: list[Named]) -> None:
    assert dict(dashboards)["demo-service.json"]["uid"] == "slo-demo-service"
    odd = next(
        dashboard for name, dashboard in dashboards if name.startswith("nobody") and "-api" not in name
    )
    assert odd["uid"] == "slo-nobody-calls_it_xxxxxxx-83e60987"


def test_titles_are_unique(dashboards: list[Named]) -> None:
    titles = [dashboard["title"] for _, dashboard in dashboards]
    assert len(set(titles)) == len(titles)


def test_ids_are_unique(dashboards: list[Named]) -> None:
    for name, dashboard in dashboards:
        ids = Counter(panel["id"] for panel in every_panel(dashboard))
        assert max(ids.values()) == 1, name


def test_ref_ids_are_unique_in_a_panel(dashboards: list[Named]) -> None:
    for name, dashboard in dashboards:
        for panel in panels(dashboard):
            refs = [target["refId"] for target in panel["targets"]]
            assert len(set(refs)) == len(refs), (name, panel["title"])


def test_panels_are_within_the_grid_and_overlap_nowhere(dashboards: list[Named]) -> None:
    for name, dashboard in dashboards:
        rows = [panel["panels"] for panel in dashboard["panels"] if panel["type"] == "row"]
        for group in (dashboard["panels"], *rows):
            for panel in group:
                place = panel["gridPos"]
                assert 0 <= place["x"] < place["x"] + place["w"] <= COLUMNS, (name, panel["title"])
                assert place["h"] > 0
            for one, other in combinations(group, 2):
                assert not _overlap(one["gridPos"], other["gridPos"]), (name, one["title"], other["title"])


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    across = one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
    return across and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]


def test_every_panel_says_what_it_is(dashboards: list[Named]) -> None:
    for name, dashboard in dashboards:
        for panel in panels(dashboard):
            where = (name, panel["title"])
            assert panel["type"] in PANEL_TYPES, where
            assert panel["title"], where
            assert panel["description"].endswith("."), where
            assert panel["datasource"]["uid"] in ("${datasource}", "${loki}"), where
            if panel["type"] != "text":
                assert panel["targets"], where
                assert panel["fieldConfig"]["defaults"]["noValue"], where


def test_every_unit_is_one_of_grafanas(dashboards: list[Named]) -> None:
    for name, dashboard in dashboards:
        for panel in panels(dashboard):
            for unit in _units(panel["fieldConfig"]):
                assert unit in UNITS, (name, panel["title"], unit)


def _units(config: dict[str, Any]) -> Iterator[str]:
    if "unit" in config["defaults"]:
        yield config["defaults"]["unit"]
    for override in config["overrides"]:
        yield from (each["value"] for each in override["properties"] if each["id"] == "unit")


def test_every_series_of_a_graph_has_a_legend(dashboards: list[Named]) -> None:
    for name, dashboard in dashboards:
        for panel in panels(dashboard):
            if panel["type"] in ("timeseries", "state-timeline", "status-history"):
                for target in panel["targets"]:
                    assert target["legendFormat"] != "__auto", (name, panel["title"])


def test_every_variable_is_defined(dashboards: list[Named]) -> None:
    for name, dashboard in dashboards:
        defined = {variable["name"] for variable in dashboard["templating"]["list"]} | BUILT_IN_VARIABLES
        assert set(_used(dashboard)) <= defined, name


def test_every_variable_is_used(dashboards: list[Named]) -> None:
    for name, dashboard in dashboards:
        defined = {variable["name"] for variable in dashboard["templating"]["list"]}
        assert defined <= set(_used(dashboard)), name


def _used(value: Any) -> Iterator[str]:
    """Variables in any text but the fields of a row of a table, which look like them."""
    if isinstance(value, str):
        yield from variables_in(value.replace("${__data.fields.", ""))
    elif isinstance(value, dict):
        for member in value.values():
            yield from _used(member)
    elif isinstance(value, list):
        for member in value:
            yield from _used(member)


def test_the_rows_behind_the_first_slo_are_collapsed_and_hold_their_panels(dashboards: list[Named]) -> None:
    rows = [panel for panel in dict(dashboards)["kinds.json"]["panels"] if panel["type"] == "row"]
    assert [row["collapsed"] for row in rows] == [False, False, *(True for _ in rows[2:])]
    assert all(bool(row["panels"]) is row["collapsed"] for row in rows)


def test_two_hundred_slos_are_one_page(tmp_path: Path) -> None:
    one = KINDS[KINDS.index("  - name: raw") : KINDS.index("  - name: probe")]
    spec = KINDS[: KINDS.index("  - name: by-route")] + "".join(
        one.replace("name: raw", f"name: raw-{number}") for number in range(200)
    )
    dashboard = compiled(tmp_path / "project", {"many.yaml": spec})["kinds.json"]
    lowest = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    assert sum(panel["type"] == "row" for panel in dashboard["panels"]) == 201
    assert lowest < 16 + 40 + 200


def test_an_slo_without_alerts_claims_no_quiet_ones(tmp_path: Path) -> None:
    dashboard = compiled(tmp_path / "project", {"demo.yaml": demo_spec()}, "--disable", "alerts")
    assert "state-timeline" not in {panel["type"] for panel in panels(dashboard["demo-service.json"])}


def test_without_dashboards_nothing_is_written(tmp_path: Path) -> None:
    assert compiled(tmp_path / "project", {"demo.yaml": demo_spec()}, "--disable", "dashboards") == {}
