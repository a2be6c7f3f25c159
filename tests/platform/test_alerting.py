"""A real Prometheus and a real Alertmanager, from an outage to PagerDuty and back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.live.prometheus import prometheus_binary
from tests.platform.alertmanager import (
    ROUTING_KEY,
    Notified,
    generated_rules,
    platform_rules,
    running_alertmanager,
)
from tests.platform.running import DEPLOY, Program, eventually, free_port
from tests.platform.stubs import Answer, Received, stub_server

ID = 'sloth_id="demo-service-availability",sloth_service="demo-service",sloth_slo="availability"'


@dataclass
class World:
    """What Prometheus scrapes: which alerts' conditions hold, and the budget."""

    holding: set[str] = field(default_factory=set)

    def expose(self, _: Received) -> Answer:
        samples = [
            f"slo:period_error_budget_remaining:ratio{{{ID}}} 0.4125",
            f"slo:current_burn_rate:ratio{{{ID}}} 16.5",
            *(f'holds{{{ID},alert="{alert}"}} {int(alert in self.holding)}' for alert in CONDITIONS),
        ]
        return Answer(body=("\n".join(samples) + "\n").encode(), headers={"Content-Type": "text/plain"})


CONDITIONS = ("SLOBudgetBurnCritical", "SLOBudgetBurnHigh", "SLOBudgetBurnModerate")


def rules_with_conditions() -> dict[str, Any]:
    """The generated alerts as they are, but for their conditions: burning a budget takes an hour."""
    rules = [
        rule | {"expr": f'max by (sloth_id, sloth_service, sloth_slo) (holds{{alert="{rule["alert"]}"}}) > 0'}
        for rule in generated_rules()
        if rule["alert"] in CONDITIONS
    ]
    watchdog = [rule for rule in platform_rules() if rule["alert"] == "Watchdog"]
    return {"groups": [{"name": "alerts", "interval": "1s", "rules": [*rules, *watchdog]}]}


@dataclass
class Chain:
    """The chain of alerting, up and running."""

    world: World
    notified: Notified

    def next_event(self, action: str, after: int = 0) -> dict[str, Any]:
        """PagerDuty's next event of this kind."""
        return eventually(
            lambda: next((e for e in self.notified.events()[after:] if e["event_action"] == action), None)
        )


@pytest.fixture(scope="module")
def chain(folder: Path) -> Iterator[Chain]:
    world = World()
    with (
        Notified.start() as notified,
        stub_server(world.expose) as exporter,
        running_alertmanager(folder / "alertmanager", notified) as alertmanager,
        running_prometheus(folder / "prometheus", exporter.host, alertmanager),
    ):
        yield Chain(world, notified)


@pytest.fixture
def incident(chain: Chain) -> Iterator[tuple[Chain, int]]:
    """The chain without an incident, and the number of events before it."""
    before = len(chain.notified.events())
    yield chain, before
    chain.world.holding.clear()
    eventually(lambda: _all_resolved(chain.notified.events()))


def _all_resolved(events: list[dict[str, Any]]) -> bool:
    last = {event["dedup_key"]: event["event_action"] for event in events}
    return set(last.values()) <= {"resolve"}


def running_prometheus(folder: Path, exporter: str, alertmanager: str) -> Any:
    """A Prometheus with the platform's way to Alertmanager, and one target."""
    folder.mkdir()
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules_with_conditions()))
    document = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    document["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    document["rule_files"] = [str(folder / "rules.yaml")]
    (way,) = document["alerting"]["alertmanagers"]
    way["static_configs"] = [{"targets": [alertmanager]}]
    document["scrape_configs"] = [{"job_name": "world", "static_configs": [{"targets": [exporter]}]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(document))
    command = [
        prometheus_binary(),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{free_port()}",
        "--rules.alert.resend-delay=1s",
    ]
    return Program.start(command, folder)


def test_a_page_reaches_pagerduty_with_what_the_woken_need(incident: tuple[Chain, int]) -> None:
    chain, before = incident
    chain.world.holding.add("SLOBudgetBurnCritical")
    event = chain.next_event("trigger", before)
    assert event["routing_key"] == ROUTING_KEY
    payload = event["payload"]
    assert payload["summary"] == "(page) demo-service availability: the error budget burns too fast"
    assert payload["severity"] == "critical"
    details = payload["custom_details"]
    assert details["budget_remaining"] == "41.25%"
    # 30 days at 16.5 times the rate that uses up the budget, of which 41.25 % are left.
    assert details["time_to_exhaustion"] == "18h 0m 0s"
    assert "Budget left: 41.25%" in details["firing"]
    links = {link["text"]: link["href"] for link in event["links"]}
    assert links["Runbook"] == "https://runbooks.example.com/demo-service/availability"
    assert links["Dashboard"].startswith("http")


def test_a_second_page_of_the_slo_is_the_same_incident(incident: tuple[Chain, int]) -> None:
    chain, before = incident
    chain.world.holding.add("SLOBudgetBurnCritical")
    first = chain.next_event("trigger", before)
    seen = len(chain.notified.events())
    chain.world.holding.add("SLOBudgetBurnHigh")
    second = chain.next_event("trigger", seen)
    assert second["dedup_key"] == first["dedup_key"]
    assert "SLOBudgetBurnHigh" in second["payload"]["custom_details"]["firing"]


def test_the_end_resolves_the_incident(incident: tuple[Chain, int]) -> None:
    chain, before = incident
    chain.world.holding.add("SLOBudgetBurnCritical")
    begun = chain.next_event("trigger", before)
    chain.world.holding.clear()
    assert chain.next_event("resolve", before)["dedup_key"] == begun["dedup_key"]


def test_a_ticket_goes_to_slack_but_not_while_the_slo_pages(incident: tuple[Chain, int]) -> None:
    chain, before = incident
    chain.notified.slack.received.clear()
    chain.world.holding |= {"SLOBudgetBurnCritical", "SLOBudgetBurnModerate"}
    chain.next_event("trigger", before)
    assert chain.notified.slack.received == []
    chain.world.holding.remove("SLOBudgetBurnCritical")
    (message,) = eventually(lambda: chain.notified.slack.received)
    (attachment,) = message.json()["attachments"]
    assert attachment["title"].startswith("(ticket) demo-service availability")
    assert "Budget left: 41.25%" in attachment["text"]
    assert attachment["actions"][0]["url"] == "https://runbooks.example.com/demo-service/availability"


def test_the_dead_mans_switch_is_held(chain: Chain) -> None:
    call = eventually(lambda: chain.notified.dead_mans_switch.received)[0].json()
    assert [alert["labels"]["alertname"] for alert in call["alerts"]] == ["Watchdog"]
