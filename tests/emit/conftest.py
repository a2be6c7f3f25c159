"""The real programs that judge what is emitted."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from slo_toolkit.emit.promtool_tests import burn_tests, outage_tests
from slo_toolkit.emit.rules import rule_file
from slo_toolkit.plan.default import default_plans
from slo_toolkit.plan.model import Plan
from tests.programs import alertmanager_binary, program

Run = Callable[..., str]
Judge = Callable[[Plan, Mapping[str, str], Mapping[str, str], Mapping[str, str]], str]


@pytest.fixture(scope="session")
def promtool() -> str:
    return program("promtool")


@pytest.fixture(scope="session")
def amtool() -> str:
    return program("amtool")


@pytest.fixture(scope="session")
def alertmanager_program() -> str:
    return alertmanager_binary()


@pytest.fixture
def judge(promtool: str, tmp_path: Path) -> Judge:
    """What promtool finds wrong where an alert must fire once after half an hour, with these labels and this text."""

    def run(
        plan: Plan, series: Mapping[str, str], labels: Mapping[str, str], annotations: Mapping[str, str]
    ) -> str:
        (tmp_path / "rules.yaml").write_text(rule_file([plan]))
        wanted = {name: text for name, text in labels.items() if name != "alertname"}
        test = {
            "interval": "30s",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "alert_rule_test": [
                {
                    "eval_time": "30m",
                    "alertname": labels["alertname"],
                    "exp_alerts": [{"exp_labels": wanted, "exp_annotations": annotations}],
                }
            ],
        }
        document = {"rule_files": ["rules.yaml"], "evaluation_interval": "30s", "tests": [test]}
        (tmp_path / "test.json").write_text(json.dumps(document))
        command = [promtool, "test", "rules", str(tmp_path / "test.json")]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        return "" if told.returncode == 0 else told.stdout + told.stderr

    return run


@pytest.fixture
def run(promtool: str, tmp_path: Path) -> Run:
    """Runs the generated tests of plans against their rules, or others; gives what promtool found wrong."""

    def judge(plans: Sequence[Plan], rules: str | None = None) -> str:
        together = default_plans([plan.slo for plan in plans])
        (tmp_path / "rules.yaml").write_text(rule_file(together) if rules is None else rules)
        files = {"outage.yaml": outage_tests, "burn.yaml": burn_tests}
        made = {
            name: text for name, tests in files.items() if (text := tests(plans, "rules.yaml")) is not None
        }
        for name, text in made.items():
            (tmp_path / name).write_text(text)
        paths = [str(tmp_path / name) for name in made]
        found = subprocess.run(
            [promtool, "test", "rules", *paths], capture_output=True, text=True, check=False
        )
        return "" if found.returncode == 0 else found.stdout + found.stderr

    return judge


def outages(plans: Sequence[Plan]) -> list[dict[str, Any]]:
    """The generated tests at the interval of the rules; none where there is no file of them."""
    text = outage_tests(plans, "rules.yaml")
    return [] if text is None else list(yaml.safe_load(text)["tests"])
