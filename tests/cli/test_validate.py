"""`slo validate`: every problem of every file, for people and in the formats that other programs read."""

from __future__ import annotations

import json

import jsonschema
import pytest

from tests.cli.project import Project
from tests.spec.documents import WINDOWS

# Facts of the SARIF 2.1.0 schema that hold for what is used here.
_POSITIVE = {"type": "integer", "minimum": 1}
_TEXT = {"type": "string", "minLength": 1}


def _object(required: list[str], **properties: object) -> dict[str, object]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


_REGION = _object(["startLine"], startLine=_POSITIVE, startColumn=_POSITIVE, endColumn=_POSITIVE)
_URI = {"type": "string", "pattern": r"^[A-Za-z0-9._~:/%-]+$"}
_PLACE = _object(["artifactLocation"], artifactLocation=_object(["uri"], uri=_URI), region=_REGION)
_RESULT = _object(
    ["ruleId", "message"],
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["none", "note", "warning", "error"]},
    message=_object(["text"], text=_TEXT),
    locations={"type": "array", "items": _object(["physicalLocation"], physicalLocation=_PLACE)},
)
_DRIVER = _object(
    ["name"],
    name=_TEXT,
    version=_TEXT,
    rules={"type": "array", "uniqueItems": True, "items": _object(["id"], id=_TEXT)},
)
_RUN = _object(
    ["tool", "results"],
    tool=_object(["driver"], driver=_DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": _RESULT},
)
SARIF = _object(
    ["$schema", "version", "runs"],
    **{
        "$schema": _TEXT,
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": _RUN},
    },
)


@pytest.fixture
def wrong(project: Project) -> Project:
    """Two wrong files: a bad objective and a misspelt key."""
    project.write("slos/b.yaml", project.spec("bb").replace("metric:", "metrc:"))
    project.write("slos/a.yaml", project.spec("aa", objective="100"))
    return project


def test_valid_specs_are_counted(project: Project) -> None:
    project.write("slos/cart.yaml", project.spec("cart", "orders", "payments"))

    result = project.slo("validate")

    assert (result.code, result.stdout) == (0, "no problem in 3 SLOs of 2 services\n")
    assert not (project.folder / "generated").exists()


def test_every_problem_of_every_file_is_told_in_order(wrong: Project) -> None:
    result = wrong.slo("validate")

    assert result.code == 2
    headlines = [line for line in result.stdout.splitlines() if ": error: " in line]
    assert [line.split(" error: ")[0] for line in headlines] == ["slos/a.yaml:5:16:", "slos/b.yaml:8:9:"]
    assert result.stdout.endswith("2 errors in 2 files\n")
    assert result.stderr == ""


def test_a_problem_shows_the_line_a_caret_and_what_would_be_right(wrong: Project) -> None:
    assert (
        "            metrc: http_requests_total\n"
        "            ^^^^^\n"
        "    hint: did you mean `metric`?\n"
    ) in wrong.slo("validate", "slos/b.yaml").stdout  # fmt: skip


def test_foreign_yaml_is_passed_over_with_a_word(project: Project) -> None:
    project.write("slos/values.yaml", "replicas: 2\n")

    result = project.slo("validate")

    assert result.code == 0
    assert result.stderr.startswith("slo: skipped slos/values.yaml: ")


def test_warnings_alone_leave_the_answer_fine(project: Project) -> None:
    project.write("slos/shop.yaml", project.spec("shop", objective="80"))

    result = project.slo("validate")

    assert result.code == 0
    assert "warning in 1 file\n" in result.stdout or "warnings in 1 file\n" in result.stdout


def test_json_has_the_documented_contract(wrong: Project) -> None:
    result = wrong.slo("validate", "--output", "json")

    answer = json.loads(result.stdout)
    first = answer["problems"][0]
    assert (answer["contract"], answer["errors"], answer["warnings"]) == (1, 2, 0)
    assert answer["slos"] == [{"id": "shop-requests", "source": "slos/shop.yaml"}]
    assert first["message"]
    assert first["hint"]
    assert {name: first[name] for name in ("source", "line", "column", "level", "rule")} == {
        "source": "slos/a.yaml",
        "line": 5,
        "column": 16,
        "level": "error",
        "rule": "range",
    }


def test_json_has_no_position_for_a_file_that_cannot_be_read(project: Project) -> None:
    problem = json.loads(project.slo("validate", "nowhere.yaml", "--output", "json").stdout)["problems"][0]

    assert (problem["source"], problem["line"], problem["column"]) == ("nowhere.yaml", None, None)


def test_github_gets_one_command_for_each_problem(wrong: Project) -> None:
    lines = wrong.slo("validate", "--output", "github").stdout.splitlines()

    assert len(lines) == 2
    assert lines[0].startswith("::error file=slos/a.yaml,line=5,col=16,title=slo range::")


def test_github_reads_no_command_out_of_a_name(project: Project) -> None:
    project.write("slos/a,b:100%.yaml", project.spec("aa", objective="100"))

    result = project.slo("validate", "--output", "github")

    assert result.stdout.startswith("::error file=slos/a%2Cb%3A100%25.yaml,line=5,")


def test_sarif_fits_its_schema(wrong: Project) -> None:
    wrong.write("slos/a b.yaml", wrong.spec("cc", objective="100"))

    log = json.loads(wrong.slo("validate", "--output", "sarif").stdout)

    jsonschema.validate(log, SARIF)
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [
        result["ruleId"] for result in run["results"]
    ]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [place["artifactLocation"]["uri"] for place in places] == [
        "slos/a%20b.yaml",
        "slos/a.yaml",
        "slos/b.yaml",
    ]
    assert places[1]["region"] == {"startLine": 5, "startColumn": 16, "endColumn": 19}


@pytest.mark.parametrize("source", ["nowhere.yaml", "/nowhere.yaml", "-"])
def test_sarif_leaves_out_the_region_where_there_is_none(project: Project, source: str) -> None:
    log = json.loads(project.slo("validate", source, "--output", "sarif").stdout)

    jsonschema.validate(log, SARIF)
    assert len(log["runs"][0]["results"]) == 1


@pytest.mark.parametrize("output", ["json", "github", "sarif"])
def test_machines_get_an_empty_report_for_valid_specs(project: Project, output: str) -> None:
    result = project.slo("validate", "--output", output)

    assert result.code == 0
    assert "error:" not in result.stdout


WRONG_CALLS = [
    (["nowhere.yaml"], "nowhere.yaml", "file"),
    (["empty"], "empty", "foreign"),
    (["--windows", "nowhere.yaml"], "nowhere.yaml", "file"),
    (["--windows", "slos/shop.yaml"], "slos/shop.yaml", "windows"),
    (["--period", "1month"], "<command line>", "call"),
    (["--perod", "4w"], "<command line>", "call"),
    (["--extra-label", "a=1", "--extra-label", "a=2"], "<command line>", "call"),
]


@pytest.mark.parametrize(("call", "source", "rule"), WRONG_CALLS)
@pytest.mark.parametrize("form", [["--output", "json"], ["--output=json"]])
def test_json_is_there_whatever_is_wrong(
    project: Project, call: list[str], source: str, rule: str, form: list[str]
) -> None:
    (project.folder / "empty").mkdir()

    result = project.slo("validate", *call, *form)

    assert result.code == 2
    answer = json.loads(result.stdout)
    assert answer["contract"] == 1
    assert [(problem["source"], problem["rule"]) for problem in answer["problems"]] == [(source, rule)]


@pytest.mark.parametrize(("call", "source", "rule"), WRONG_CALLS)
def test_so_are_the_other_forms_for_programs(
    project: Project, call: list[str], source: str, rule: str
) -> None:
    (project.folder / "empty").mkdir()

    log = json.loads(project.slo("validate", *call, "--output", "sarif").stdout)
    commands = project.slo("validate", *call, "--output", "github").stdout

    jsonschema.validate(log, SARIF)
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == [rule]
    assert commands.startswith(f"::error file={source}")
    assert f"title=slo {rule}::" in commands


def test_people_are_told_on_standard_error_alone(project: Project) -> None:
    result = project.slo("validate", "--period", "1month")

    assert (result.code, result.stdout) == (2, "")
    assert "is no duration" in result.stderr


def test_alert_windows_are_judged_by_themselves(project: Project) -> None:
    project.write("windows.yaml", WINDOWS)
    project.write("wrong.yaml", WINDOWS.replace("shortWindow: 5m", "shortWindow: 2h"))

    fine, wrong = project.slo("validate", "windows.yaml"), project.slo("validate", "wrong.yaml")
    answer = json.loads(project.slo("validate", "windows.yaml", "--output", "json").stdout)

    assert (fine.code, fine.stdout) == (0, "no problem in the alert windows for 7 days\n")
    assert wrong.code == 2
    assert "the short window 2h is not shorter than the long one, 1h" in wrong.stdout
    assert (answer["slos"], answer["alert_windows"], answer["problems"]) == ([], ["1w"], [])


def test_alert_windows_beside_slos_are_told_of(project: Project) -> None:
    project.write("slos/windows.yaml", WINDOWS)

    assert project.slo("validate").stdout == (
        "no problem in 1 SLO of 1 service and the alert windows for 7 days\n"
    )


def test_alert_windows_alone_are_nothing_to_compile(project: Project) -> None:
    project.write("windows.yaml", WINDOWS)

    result = project.slo("compile", "windows.yaml")

    assert result.code == 2
    assert "slo: error: no SLO spec in windows.yaml" in result.stderr
