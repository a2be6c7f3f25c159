"""The demo's whole path, with assertions: a real service breaks, a page arrives, and the numbers agree.

The load generator counts every answer for itself. What Prometheus recorded, what `slo budget` tells and what the
webhook got must agree with that count.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import yaml

from deploy.live.api import instant, value
from deploy.live.configuration import SCRAPE_SECONDS
from deploy.live.load import Counts, sending
from deploy.live.screen import Screen
from deploy.live.stack import Stack, live
from deploy.live.story import ERROR_BUDGET, PAGE, QUIET_PER_SECOND, STORY_SECONDS, Outcome, Story
from deploy.live.webhook import Notification
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.slo import Slo
from slo_toolkit.spec import LoadOptions, Source, load
from slo_toolkit.status.model import BudgetStatus, Origin
from slo_toolkit.status.survey import Wanted, ask

SPECS = Path(__file__).parents[2] / "slos"
ONE_PERCENT = 0.01
AVAILABILITY = '{sloth_id="demo-service-availability"}'
SHORTEST_WINDOW_SECONDS = (
    300 + SCRAPE_SECONDS
)  # five minutes and one scrape, as slo:error_events:rate5m reads the service
RESEND_SECONDS = 1  # Prometheus tells Alertmanager of the end of one alert and the other in turn
PATIENCE_SECONDS = 60
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Told:
    """The story, and everything that was measured around it."""

    stack: Stack
    outcome: Outcome
    counts: Counts
    budget_before: BudgetStatus
    budget_after: BudgetStatus
    recorded_ratio: float
    recorded_at: float


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("demo")
    screen = Screen()
    with live(folder, SPECS, screen.say) as stack:
        with sending(stack.service, QUIET_PER_SECOND) as load:
            _wait_until_scraped(stack, load.counts().valid)
            before = _budget(stack)
            outcome = Story(stack, load, screen, time.monotonic() + STORY_SECONDS).tell()
        counts = load.counts()
        stopped = time.time()
        _wait_until_scraped(stack, counts.valid)
        after = _budget(stack)
        ratio, at = _recorded_ratio(stack, stopped)
        yield Told(stack, outcome, counts, before, after, ratio, at)


def _wait_until_scraped(stack: Stack, requests_sent: int) -> None:
    """Until Prometheus has seen as many requests of the running service, whose counters began at zero."""
    _, past_requests = stack.past.events(0, stack.past.end)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        seen = value(stack.prometheus, "sum(http_requests_total)", time.time())
        if seen is not None and requests_sent <= seen < past_requests:
            return
        time.sleep(POLL_SECONDS)
    pytest.fail("Prometheus does not scrape the service")


def _slos() -> tuple[Slo, ...]:
    sources = [Source(str(path), path.read_bytes()) for path in sorted(SPECS.glob("*.yaml"))]
    return load(sources, LoadOptions()).slos


def _budget(stack: Stack) -> BudgetStatus:
    with Prometheus(Connection(stack.prometheus)) as prometheus:
        answer = ask(prometheus, Wanted(at=time.time(), specs=_slos(), raw=True))
    (status,) = (status for status in answer.statuses if status.slo == "availability")
    assert status.origin is Origin.RAW
    return status


def _recorded_ratio(stack: Stack, after: float) -> tuple[float, float]:
    """What the first evaluation after a moment recorded for the last five minutes, and when that was."""
    recorded = f"slo:sli_error:ratio_rate5m{AVAILABILITY}"
    while time.time() < after + PATIENCE_SECONDS:
        at = value(stack.prometheus, f"timestamp({recorded})", time.time())
        if at is not None and at > after:
            ratio = value(stack.prometheus, recorded, at)
            assert ratio is not None
            return ratio, at
        time.sleep(POLL_SECONDS)
    pytest.fail("the rules are not evaluated any more")


def test_the_service_is_scraped_as_often_as_its_specs_say() -> None:
    platform = yaml.safe_load((SPECS.parent / "deploy" / "prometheus" / "prometheus.yml").read_text())
    (job,) = [job for job in platform["scrape_configs"] if job["job_name"] == "demo-service"]
    specs = {slo.scrape_interval.ms / 1000 for slo in _slos()}
    assert specs == {SCRAPE_SECONDS} == {float(job["scrape_interval"].removesuffix("s"))}


@pytest.fixture(scope="module")
def page(told: Told) -> Notification:
    assert told.outcome.paged is not None, "no page within the time of the story"
    return told.outcome.paged


def test_the_page_reaches_the_webhook_with_its_labels(page: Notification) -> None:
    assert page.receiver == "pages"
    assert page.labels == {
        "alertname": PAGE,
        "owner": "demo-team",
        "severity": "critical",
        "sloth_id": "demo-service-availability",
        "sloth_service": "demo-service",
        "sloth_severity": "page",
        "sloth_slo": "availability",
    }


def test_the_page_says_what_it_is_about(page: Notification) -> None:
    assert page.annotations["title"].startswith("(page) demo-service availability: ")
    assert page.annotations["summary"].endswith("of events fail; the objective is 99.5 %")
    assert "14.4x" in page.annotations["description"]


def test_the_pages_links_lead_somewhere(told: Told, page: Notification) -> None:
    assert page.annotations["runbook_url"] == "https://runbooks.example.com/demo-service/availability"
    runbook = told.stack.folder / "generated" / "runbooks" / "demo-service" / "availability.md"
    assert PAGE in runbook.read_text()
    dashboard = json.loads((told.stack.folder / "dashboards" / "demo-service.json").read_text())
    assert page.annotations["dashboard_url"].endswith(f"/d/{dashboard['uid']}")
    assert page.generator_url.startswith(told.stack.prometheus)
    (expression,) = parse_qs(urlsplit(page.generator_url).query)["g0.expr"]
    instant(told.stack.prometheus, expression, time.time())  # raises where it is no query


def test_the_page_comes_within_a_minute_and_ends(told: Told, page: Notification) -> None:
    assert 0 < page.arrived - told.outcome.began < 60
    assert told.outcome.resolved is not None
    assert told.outcome.resolved.arrived > page.arrived


def test_no_ticket_arrives_while_the_page_of_the_same_slo_fires(told: Told, page: Notification) -> None:
    assert told.outcome.resolved is not None
    alerts = requests.get(f"{told.stack.alertmanager}/api/v2/alerts", timeout=10).json()
    (ticket,) = [alert for alert in alerts if alert["labels"]["alertname"] == "SLOBudgetBurnModerate"]
    assert datetime.fromisoformat(ticket["startsAt"]).timestamp() < told.outcome.resolved.arrived
    arrived = [one.arrived for one in told.stack.webhook.notifications() if one.receiver == "tickets"]
    assert all(moment > page.arrived for moment in arrived)
    assert all(moment >= told.outcome.resolved.arrived - RESEND_SECONDS for moment in arrived)


def test_every_request_was_answered(told: Told) -> None:
    assert told.counts.unanswered == 0
    assert told.counts.errors > 100


def test_the_recorded_ratio_is_the_counted_one(told: Told) -> None:
    start = told.recorded_at - SHORTEST_WINDOW_SECONDS
    past_errors, past_valid = told.stack.past.events(start, told.recorded_at)
    counted = (told.counts.errors + past_errors) / (told.counts.valid + past_valid)
    assert told.recorded_ratio == pytest.approx(counted, rel=ONE_PERCENT)


def test_the_budget_spent_is_what_was_injected(told: Told) -> None:
    before, after = told.budget_before, told.budget_after
    assert _errors(after) - _errors(before) == pytest.approx(told.counts.errors, rel=ONE_PERCENT)
    assert _spent(after) - _spent(before) == pytest.approx(told.counts.errors, rel=ONE_PERCENT)


def _errors(status: BudgetStatus) -> float:
    assert status.error_events is not None
    return float(status.error_events)


def _spent(status: BudgetStatus) -> float:
    """The part of the budget that is gone, in events."""
    assert status.budget_remaining is not None
    assert status.valid_events is not None
    return float((1 - status.budget_remaining) * status.valid_events) * ERROR_BUDGET


def test_the_service_counted_what_the_load_counted(told: Told) -> None:
    counts = told.counts
    metrics = requests.get(f"http://{told.stack.service.metrics}/metrics", timeout=10).text
    lines = [line for line in metrics.splitlines() if line.startswith("http_requests_total{")]
    assert sum(float(line.rsplit(" ", 1)[1]) for line in lines) == counts.valid
    failed = [line for line in lines if 'status="5' in line]
    assert sum(float(line.rsplit(" ", 1)[1]) for line in failed) == counts.errors


def test_the_past_has_its_incidents(told: Told) -> None:
    fired = {firing.alert for firing in told.stack.fired}
    assert {"SLOBudgetBurnCritical", "SLOBudgetBurnHigh", "SLOLatencyP95Violation"} <= fired
