"""Who is told what: Alertmanager's own tool asked about its configuration."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.platform.alertmanager import (
    amtool,
    configuration,
    generated_rules,
    platform_rules,
    write_configuration,
)
from tests.platform.running import REPOSITORY

PAGE = {"owner": "demo-team", "sloth_severity": "page", "sloth_id": "demo-service-availability"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_configuration(tmp_path_factory.mktemp("alertmanager"), amtool())


def receivers(written: Path, **labels: str) -> list[str]:
    command = [amtool(), "config", "routes", "test", f"--config.file={written}"]
    done = subprocess.run(
        [*command, *(f"{name}={value}" for name, value in labels.items())],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout.strip().split(",")


def test_the_configuration_and_its_templates_are_sound(written: Path) -> None:
    done = subprocess.run(
        [amtool(), "check-config", str(written)], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 templates" in done.stdout


@pytest.mark.parametrize(
    "rule",
    generated_rules(),
    ids=lambda rule: "-".join((rule["alert"], *filter(None, [rule["labels"].get("sloth_slo")]))),
)
def test_every_slos_page_wakes_its_team_and_every_ticket_waits(
    written: Path, rule: dict[str, dict[str, str]]
) -> None:
    kind = {"page": "pages", "ticket": "tickets"}[rule["labels"]["sloth_severity"]]
    assert receivers(written, **rule["labels"]) == [f"demo-team-{kind}"]


@pytest.mark.parametrize("rule", platform_rules(), ids=lambda rule: rule["alert"])
def test_the_platforms_alerts_find_the_platforms_people(
    written: Path, rule: dict[str, dict[str, str]]
) -> None:
    expected = {"critical": "platform-pages", "warning": "platform-tickets", "none": "dead-mans-switch"}
    labels = rule["labels"] | {"alertname": str(rule["alert"]), "job": "node"}
    assert receivers(written, **labels) == [expected[rule["labels"]["severity"]]]


def test_an_slo_whose_owner_has_no_route_is_not_lost(written: Path) -> None:
    assert receivers(written, **PAGE | {"owner": "somebody-new"}) == ["platform-pages"]
    assert receivers(written, owner="somebody-new", sloth_severity="ticket") == ["platform-tickets"]
    assert receivers(written, alertname="NoLabelsAtAll") == ["platform-tickets"]


def test_a_drill_wakes_nobody(written: Path) -> None:
    assert receivers(written, **PAGE | {"drill": "true"}) == ["drills"]


def test_the_inhibitions_are_those_that_the_toolkit_generated() -> None:
    generated = yaml.safe_load((REPOSITORY / "generated/alertmanager/inhibit-rules.yaml").read_text())
    assert configuration()["inhibit_rules"] == generated["inhibit_rules"]


def test_no_secret_stands_in_the_configuration() -> None:
    notifiers = [n for r in configuration()["receivers"] for k in r if k != "name" for n in r[k]]
    assert len(notifiers) == len(configuration()["receivers"])
    for notifier in notifiers:
        assert not {"routing_key", "service_key", "api_url", "url"} & set(notifier)


def test_every_receiver_is_used() -> None:
    def used(route: dict[str, object]) -> set[object]:
        children = route.get("routes", [])
        assert isinstance(children, list)
        return {route["receiver"]}.union(*map(used, children))

    document = configuration()
    assert used(document["route"]) == {receiver["name"] for receiver in document["receivers"]}
