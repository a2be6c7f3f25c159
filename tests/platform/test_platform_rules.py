"""The alerts about the platform itself: sound, tested, and each with its runbook."""

import subprocess

import pytest

from tests.live.prometheus import promtool_binary
from tests.platform.alertmanager import platform_rules
from tests.platform.running import DEPLOY, REPOSITORY

RULES = DEPLOY / "prometheus" / "rules" / "platform.yaml"
UNIT_TESTS = DEPLOY / "prometheus" / "tests" / "platform.yaml"
RUNBOOKS = REPOSITORY / "docs" / "platform-runbooks.md"


@pytest.mark.parametrize("command", [("check", "rules", RULES), ("test", "rules", UNIT_TESTS)])
def test_promtool_agrees(command: tuple[object, ...]) -> None:
    done = subprocess.run(
        [promtool_binary(), *map(str, command)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_seen_firing() -> None:
    told = UNIT_TESTS.read_text()
    for rule in platform_rules():
        assert f'alertname="{rule["alert"]}"' in told or f"alertname: {rule['alert']}" in told, rule["alert"]


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    headings = [line[3:] for line in RUNBOOKS.read_text().splitlines() if line.startswith("## ")]
    assert headings == [rule["alert"] for rule in platform_rules()]
    for rule in platform_rules():
        assert rule["annotations"]["runbook_url"].endswith(f"/platform#{rule['alert'].lower()}")


@pytest.mark.parametrize("rule", platform_rules(), ids=lambda rule: rule["alert"])
def test_every_alert_says_whose_it_is_and_what_it_means(rule: dict[str, dict[str, str]]) -> None:
    assert set(rule["labels"]) == {"owner", "severity"}
    assert set(rule["annotations"]) == {"title", "summary", "runbook_url"}
