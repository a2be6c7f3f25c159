"""The real programs that judge what is emitted."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from slo_toolkit.emit.rules import rule_file
from slo_toolkit.plan.model import Plan
from tests.programs import alertmanager_binary, program

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
