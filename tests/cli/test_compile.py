"""What `slo compile` makes, where it puts it, and what each option changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from slo_toolkit.naming import LONGEST_NAME
from tests.cli.project import Project


def rules_in(text: str) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def labels_in(text: str, name: str) -> set[str]:
    """The values of a label of the recorded series."""
    return {rule["labels"][name] for rule in rules_in(text) if "record" in rule}


def test_makes_rules_tests_runbooks_inhibition_rules_and_dashboards(project: Project) -> None:
    result = project.slo("compile")

    assert project.files() == {
        "rules/shop.yaml",
        "tests/shop.yaml",
        "tests/burns/shop.yaml",
        "runbooks/shop/requests.md",
        "alertmanager/inhibit-rules.yaml",
    }
    assert project.files("dashboards") == {
        "slo-overview.json",
        "infrastructure.json",
        "shop.json",
        "shop-api.json",
    }
    assert result.stdout == ""
    assert result.stderr == "slo: 1 SLO of 1 service: 9 files written, 0 removed, 0 unchanged\n"


def test_makes_the_same_bytes_wherever_and_whenever_it_runs(project: Project) -> None:
    project.slo("compile", PYTHONHASHSEED="1", TZ="Asia/Tokyo", LC_ALL="C")
    first = {name: project.read(f"generated/{name}") for name in project.files()}

    assert project.slo("compile", "--check", PYTHONHASHSEED="2", TZ="UTC").code == 0
    assert len(first) == 5


def test_slos_of_one_service_from_several_files_share_its_file(project: Project) -> None:
    project.write("slos/more/shop.yaml", project.spec("shop", "checkouts"))

    project.slo("compile")

    assert labels_in(project.read("generated/rules/shop.yaml"), "sloth_slo") == {"requests", "checkouts"}
    assert {"runbooks/shop/requests.md", "runbooks/shop/checkouts.md"} <= project.files()


def test_out_and_dashboards_choose_the_folders(project: Project) -> None:
    project.slo("compile", "--out", "made/here", "--dashboards", "made/boards")

    assert "rules/shop.yaml" in project.files("made/here")
    assert "shop.json" in project.files("made/boards")
    assert not (project.folder / "generated").exists()
    assert not (project.folder / "dashboards").exists()


def test_stdout_prints_the_rules_alone_and_writes_nothing(project: Project) -> None:
    project.write("slos/cart.yaml", project.spec("cart"))

    result = project.slo("compile", "--stdout")

    assert labels_in(result.stdout, "sloth_service") == {"shop", "cart"}
    assert result.stderr == ""
    assert not (project.folder / "generated").exists()


def test_standard_input_is_a_source(project: Project) -> None:
    result = project.slo("compile", "-", "--stdout", stdin=project.spec("piped"))

    assert labels_in(result.stdout, "sloth_service") == {"piped"}


def test_an_extra_label_stands_on_every_recorded_ratio_and_alert(project: Project) -> None:
    result = project.slo("compile", "--stdout", "--extra-label", "team=payments=eu")

    labelled = [
        rule for rule in rules_in(result.stdout) if "alert" in rule or "sloth_window" in rule["labels"]
    ]
    assert labelled
    assert {rule["labels"]["team"] for rule in labelled} == {"payments=eu"}


def test_period_holds_for_slos_that_state_none(project: Project) -> None:
    records = {
        rule.get("record") for rule in rules_in(project.slo("compile", "--stdout", "--period", "28d").stdout)
    }

    assert "slo:sli_error:ratio_rate4w" in records
    assert "slo:sli_error:ratio_rate30d" not in records


def test_the_scrape_interval_holds_for_slos_that_state_none(project: Project) -> None:
    result = project.slo("compile", "--stdout", "--scrape-interval", "5m")
    records = {rule.get("record") for rule in rules_in(result.stdout)}

    assert "slo:sli_error:ratio_rate15m" in records
    assert "slo:sli_error:ratio_rate5m" not in records
    assert "short windows of 5m become 15m" in result.stderr


def test_windows_replace_those_of_the_workbook(project: Project) -> None:
    pair = {"errorBudgetPercent": 1, "shortWindow": "10m", "longWindow": "2h"}
    speeds = {"quick": pair, "slow": pair | {"longWindow": "4h"}}
    spec = {"sloPeriod": "30d", "page": speeds, "ticket": speeds}
    document = {"apiVersion": "sloth.slok.dev/v1", "kind": "AlertWindows", "spec": spec}
    project.write("windows/30d.json", json.dumps(document))

    rules = project.slo("compile", "--stdout", "--windows", "windows").stdout

    # 1 % of 30 days spent in two hours is a burn rate of 3.6, and 0.1 % may fail.
    assert "> 0.0036\n" in rules
    assert "> 0.0144\n" not in rules
    assert rules == project.slo("compile", "--stdout", "--windows", "windows/30d.json").stdout


def test_a_wrong_windows_file_is_told_with_its_place(project: Project) -> None:
    project.write(
        "windows.yaml", "apiVersion: sloth.slok.dev/v1\nkind: AlertWindows\nspec: {sloPeriod: soon}\n"
    )

    result = project.slo("compile", "--windows", "windows.yaml")

    assert result.code == 2
    assert "windows.yaml:3:19: error:" in result.stderr


@pytest.mark.parametrize(
    ("part", "gone"),
    [
        ("tests", {"tests/shop.yaml", "tests/burns/shop.yaml"}),
        ("runbooks", {"runbooks/shop/requests.md"}),
        ("alerts", {"tests/shop.yaml", "tests/burns/shop.yaml", "alertmanager/inhibit-rules.yaml"}),
        ("recordings", {"tests/shop.yaml", "tests/burns/shop.yaml"}),
        ("dashboards", {"shop.json", "shop-api.json", "slo-overview.json", "infrastructure.json"}),
    ],
)
def test_disable_leaves_out_the_files_of_a_part(project: Project, part: str, gone: set[str]) -> None:
    project.slo("compile")
    everything = project.files() | project.files("dashboards")

    project.slo("compile", "--disable", part)

    assert everything - project.files() - project.files("dashboards") == gone


@pytest.mark.parametrize(("part", "kind"), [("alerts", "alert"), ("recordings", "record")])
def test_disable_leaves_out_a_kind_of_rule(project: Project, part: str, kind: str) -> None:
    rules = rules_in(project.slo("compile", "--stdout", "--disable", part).stdout)

    assert rules
    assert not [rule for rule in rules if kind in rule]


def test_disable_can_be_repeated(project: Project) -> None:
    project.slo("compile", "--disable", "tests", "--disable", "runbooks")

    assert project.files() == {"rules/shop.yaml", "alertmanager/inhibit-rules.yaml"}


def test_objects_get_the_labels_and_the_namespace_of_the_call(project: Project) -> None:
    options = ["--namespace", "monitoring", "--object-label", "release=prometheus", "--object-label", "a/b="]
    result = project.slo("compile", "--stdout", "--format", "operator", *options)
    metadata = yaml.safe_load(result.stdout)["metadata"]
    assert metadata["namespace"] == "monitoring"
    assert {"release": "prometheus", "a/b": ""}.items() <= metadata["labels"].items()


def test_the_longest_names_can_be_written(project: Project) -> None:
    """With an API of its own, beside a service that is called as its dashboard is."""
    long = "x" * (LONGEST_NAME - len("-api"))
    project.write("slos/long.yaml", project.spec(long, "y" * LONGEST_NAME))
    project.write("slos/api.yaml", project.spec(f"{long}-api"))
    result = project.slo("compile")
    assert result.code == 0, result.stderr
    assert f"{long}/{'y' * LONGEST_NAME}.md" in project.files("generated/runbooks")


def test_the_operator_format_gives_prometheus_rule_objects(project: Project) -> None:
    project.slo("compile", "--format", "operator")

    rules = yaml.safe_load(project.read("generated/rules/shop.yaml"))
    assert (rules["kind"], rules["metadata"]["name"]) == ("PrometheusRule", "shop")


@pytest.mark.parametrize(
    "options",
    [["--format", "operator"], ["--compat", "sloth"], ["--disable", "alerts"], ["--disable", "recordings"]],
)
def test_says_so_where_there_can_be_no_promtool_tests(project: Project, options: list[str]) -> None:
    result = project.slo("compile", *options)

    assert "slo: no promtool tests: " in result.stderr
    assert not [name for name in project.files() if name.startswith("tests/")]


def test_compat_sloth_gives_the_groups_that_sloth_gives(project: Project) -> None:
    groups = yaml.safe_load(project.slo("compile", "--stdout", "--compat", "sloth").stdout)["groups"]

    assert [group["name"] for group in groups] == [
        "sloth-slo-sli-recordings-shop-requests",
        "sloth-slo-meta-recordings-shop-requests",
        "sloth-slo-alerts-shop-requests",
    ]


def test_a_warning_is_told_and_stops_nothing(project: Project) -> None:
    # 14.4 times an error budget of 20 % is more than every event.
    project.write("slos/shop.yaml", project.spec("shop", objective="80"))

    result = project.slo("compile")

    assert result.code == 0
    assert "slos/shop.yaml:5:" in result.stderr
    assert "warning:" in result.stderr
    assert "rules/shop.yaml" in project.files()
