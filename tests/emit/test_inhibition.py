"""A page silences the ticket of the same SLO: judged by a real Alertmanager."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
import yaml

from slo_toolkit.emit.inhibition import inhibit_rules
from slo_toolkit.plan.model import AlertingRule, Plan

from .slos import plan

POLL_SECONDS = 0.05
MOST_POLLS = 400

Labels = dict[str, str]


def _configuration(plans: list[Plan]) -> str:
    return yaml.safe_dump(
        {
            "route": {"receiver": "nobody", "group_wait": "1ms"},
            "receivers": [{"name": "nobody"}],
            **yaml.safe_load(inhibit_rules(plans)),
        }
    )


def _alert(plan: Plan, severity: str, **labels: str) -> Labels:
    """An alert as Prometheus would send it: the labels of the rule and those of its expression."""
    rules = [rule for group in plan.groups for rule in group.rules if isinstance(rule, AlertingRule)]
    rule = next(rule for rule in rules if rule.labels["sloth_severity"] == severity)
    slo = plan.slo
    identity = {"sloth_id": slo.id, "sloth_service": slo.service, "sloth_slo": slo.name}
    return {**identity, **rule.labels, "alertname": rule.alert, **labels}


class Alertmanager:
    def __init__(self, address: str, process: subprocess.Popen[bytes]) -> None:
        self._address = address
        self._process = process

    def _pause(self) -> None:
        """Waiting for the end of the process is the pause, so a dead one is noticed at once."""
        try:
            code = self._process.wait(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            return
        raise AssertionError(f"Alertmanager ended with code {code}")

    def _until(self, done: Callable[[], bool]) -> None:
        for _ in range(MOST_POLLS):
            if done():
                return
            self._pause()
        raise AssertionError(f"not within {POLL_SECONDS * MOST_POLLS} seconds")

    def await_ready(self) -> None:
        def ready() -> bool:
            try:
                with urlopen(f"{self._address}/-/ready", timeout=2) as answer:
                    return bool(answer.status == 200)
            except (URLError, OSError):
                return False

        self._until(ready)

    def post(self, *alerts: Labels) -> None:
        body = json.dumps([{"labels": labels} for labels in alerts]).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(f"{self._address}/api/v2/alerts", body, headers), timeout=5) as answer:
            assert answer.status == 200

    def states(self, count: int) -> dict[tuple[str, str], str]:
        """The state of each alert by SLO and severity, as soon as `count` of them are judged."""
        found: list[dict[str, dict[str, str]]] = []

        def judged() -> bool:
            with urlopen(f"{self._address}/api/v2/alerts", timeout=5) as answer:
                found[:] = json.load(answer)
            return len(found) == count and all(a["status"]["state"] != "unprocessed" for a in found)

        self._until(judged)
        return {
            (a["labels"].get("tenant", a["labels"]["sloth_slo"]), a["labels"]["sloth_severity"]): a["status"][
                "state"
            ]
            for a in found
        }


@pytest.fixture
def alertmanager(alertmanager_program: str, tmp_path: Path) -> Iterator[Callable[[list[Plan]], Alertmanager]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(plans: list[Plan]) -> Alertmanager:
        config = tmp_path / "alertmanager.yaml"
        config.write_text(_configuration(plans))
        log = tmp_path / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    alertmanager_program,
                    f"--config.file={config}",
                    f"--storage.path={tmp_path / 'data'}",
                    "--web.listen-address=127.0.0.1:0",
                    "--cluster.listen-address=",
                    "--log.format=json",
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        started.append(process)
        found = Alertmanager("http://" + _listening(process, log), process)
        found.await_ready()
        return found

    yield start
    for process in started:
        process.kill()
        process.wait()


def _listening(process: subprocess.Popen[bytes], log: Path) -> str:
    """The address that the system chose, from the line in which the log names it."""
    for _ in range(MOST_POLLS):
        for line in log.read_text().splitlines():
            address = json.loads(line).get("address", "")
            if address.startswith("127.0.0.1:") and not address.endswith(":0"):
                return str(address)
        try:
            process.wait(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(log.read_text())


def test_alertmanager_takes_the_rules(amtool: str, tmp_path: Path) -> None:
    config = tmp_path / "alertmanager.yaml"
    config.write_text(_configuration([plan("errors"), plan("availability", group_by=("tenant",))]))
    found = subprocess.run([amtool, "check-config", str(config)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert "1 inhibit rules" in found.stdout


def test_a_page_silences_the_ticket_of_its_own_slo_alone(
    alertmanager: Callable[[list[Plan]], Alertmanager],
) -> None:
    paged, other = plan("errors"), plan("latency")
    server = alertmanager([paged, other])
    server.post(_alert(paged, "page"))
    server.post(_alert(paged, "ticket"), _alert(other, "ticket"))
    assert server.states(3) == {
        ("errors", "page"): "active",
        ("errors", "ticket"): "suppressed",
        ("latency", "ticket"): "active",
    }


def test_a_page_of_one_group_leaves_the_ticket_of_another_alone(
    alertmanager: Callable[[list[Plan]], Alertmanager],
) -> None:
    grouped = plan("availability", group_by=("tenant",))
    server = alertmanager([grouped])
    server.post(_alert(grouped, "page", tenant="a"))
    server.post(_alert(grouped, "ticket", tenant="a"), _alert(grouped, "ticket", tenant="b"))
    assert server.states(3) == {
        ("a", "page"): "active",
        ("a", "ticket"): "suppressed",
        ("b", "ticket"): "active",
    }
