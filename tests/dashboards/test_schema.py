"""Every dashboard is what Grafana's own types say that a dashboard is.

`grafana.schema.json` is made from @grafana/schema by `drawing/schema.mjs`; no Node is needed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from .grafana import panels

HERE = Path(__file__).parent
DASHBOARDS = sorted((HERE.parents[1] / "dashboards").glob("*.json"))
SCHEMA: Mapping[str, Any] = json.loads((HERE / "grafana.schema.json").read_text())


def problems(schema: Mapping[str, Any], document: Any, place: str) -> Iterator[str]:
    for error in Draft7Validator(schema).iter_errors(document):
        yield f"{place}{error.json_path.removeprefix('$')}: {error.message}"


def panel_problems(panel: Mapping[str, Any]) -> Iterator[str]:
    place = f"panel {panel['id']} ({panel['type']})"
    schemas = SCHEMA["panels"][panel["type"]]
    yield from problems(schemas["options"], panel.get("options", {}), f"{place}.options")
    given = panel.get("fieldConfig", {}).get("defaults", {}).get("custom", {})
    yield from problems(schemas.get("custom", {"maxProperties": 0}), given, f"{place}.custom")
    for rule in panel.get("fieldConfig", {}).get("overrides", []):
        custom = {one["id"]: one["value"] for one in rule["properties"] if one["id"].startswith("custom.")}
        yield from problems(schemas.get("custom", {"maxProperties": 0}), nested(custom), f"{place}.override")


def nested(paths: Mapping[str, Any]) -> dict[str, Any]:
    """`custom.a.b: 1` as {a: {b: 1}}."""
    result: dict[str, Any] = {}
    for path, value in paths.items():
        *folders, name = path.split(".")[1:]
        place = result
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = value
    return result


@pytest.fixture(params=DASHBOARDS, ids=lambda path: path.stem)
def dashboard(request: pytest.FixtureRequest) -> Any:
    return json.loads(request.param.read_text())


def test_there_are_dashboards() -> None:
    assert DASHBOARDS


def test_the_dashboard_is_one_of_grafana(dashboard: Any) -> None:
    assert list(problems(SCHEMA["dashboard"], dashboard, "dashboard")) == []


def test_the_options_of_each_panel_are_those_of_its_plugin(dashboard: Any) -> None:
    assert [problem for panel in panels(dashboard) for problem in panel_problems(panel)] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": 5}, "dashboard.title: 5 is not of type 'string'"),
        ({"schemaVersion": "39"}, "dashboard.schemaVersion: '39' is not of type 'number'"),
        ({"pannels": []}, "dashboard: Additional properties are not allowed ('pannels' was unexpected)"),
    ],
)
def test_the_schema_finds_what_is_wrong(change: dict[str, Any], told: str) -> None:
    broken = {**json.loads(DASHBOARDS[0].read_text()), **change}
    assert list(problems(SCHEMA["dashboard"], broken, "dashboard")) == [told]


def test_the_schema_finds_an_option_that_a_panel_has_not() -> None:
    panel = {"id": 1, "type": "stat", "options": {"colourMode": "value"}, "fieldConfig": {"defaults": {}}}
    (problem,) = panel_problems(panel)
    assert "'colourMode' was unexpected" in problem
