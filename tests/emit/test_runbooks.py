from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.emit.runbooks import runbook
from slo_toolkit.emit.yaml import document

from .slos import SLIS, UNKNOWN_SLIS, plan

EVERY_SLI = SLIS | UNKNOWN_SLIS
QUERY = re.compile(r"```promql\n(.*?)```", re.DOTALL)


def test_the_promise_is_told_in_percent_and_in_minutes_of_outage() -> None:
    text = runbook(plan("errors", "99.5", description="Orders must go through."))
    assert "Orders must go through." in text
    assert "99.5 % of events are good over 30 days" in text
    assert "0.5 % may fail, as much as 216 minutes of total outage" in text


def test_each_tier_is_a_row_with_what_its_alert_means() -> None:
    rows = [line for line in runbook(plan()).splitlines() if line.startswith("| `ShopErrors`")]
    assert rows == [
        "| `ShopErrors` | page | 14.4x | 1h and 5m | 2 % | 50 hours | 52s |",
        "| `ShopErrors` | page | 6x | 6h and 30m | 5 % | 5 days | 2m10s |",
        "| `ShopErrors` | ticket | 3x | 1d and 2h | 10 % | 10 days | 4m20s |",
        "| `ShopErrors` | ticket | 1x | 3d and 6h | 10 % | 30 days | 4m20s |",
    ]


def test_waiting_before_an_alert_counts_into_the_time_until_it_fires() -> None:
    assert "| 50 hours | 2m52s |" in runbook(plan(alerting={"pending_for": Duration.of(minutes=2)}))


def test_a_tier_that_can_never_fire_is_named_and_not_in_the_table() -> None:
    text = runbook(plan("errors", "90"))
    assert "| 14.4x |" not in text
    assert "The 14.4x alert of 1h and 5m is left out" in text


def test_errors_are_broken_down_by_the_labels_that_the_query_leaves_open() -> None:
    wanted = 'topk(10, sum by (code) (rate(http_requests_total{job="shop",code=~"5..|429"}[5m])))'
    assert wanted in runbook(plan("errors"))


def test_links_are_there_when_the_spec_has_them() -> None:
    text = runbook(plan(dashboard_url="https://example.org/d/1", runbook_url="https://example.org/r"))
    assert "<https://example.org/d/1>" in text
    assert "<https://example.org/r>" in text
    assert "Dashboard" not in runbook(plan())


def test_it_tells_how_to_show_first_errors_and_which_series_hid_some() -> None:
    text = runbook(plan("errors"))
    selector = 'http_requests_total{job="shop",code=~"5..|429"}'
    assert f"(min_over_time({selector}[1h]) unless {selector} offset 1h) > 0" in text
    assert 'requests.labels("/orders", "500")' in text
    assert "first errors" not in runbook(plan("probe"))


def test_each_alert_on_missing_telemetry_is_explained_under_its_name() -> None:
    text = runbook(plan())
    assert "had no value for 10m" in text
    assert "`SLOTargetGone`: no target answers (`up` is 0), or there has been none for 3 days" in text
    assert "`SLOMetricGone`: targets answer, and the queries find nothing" in text
    assert "`SLOTrafficStopped`: the metrics are there but counted no event for an hour" in text
    assert "SLOTrafficStopped" not in runbook(plan("probe"))


@pytest.mark.parametrize("sli", EVERY_SLI)
def test_every_query_runs_as_it_stands(promtool: str, tmp_path: Path, sli: str) -> None:
    text = runbook(plan(EVERY_SLI[sli], name=sli, group_by=("tenant",)))
    queries = QUERY.findall(text)
    rules = [{"record": f"query{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "rules.yaml"
    file.write_text(document({"groups": [{"name": "runbook", "rules": rules}]}))
    found = subprocess.run(
        [promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert f"{len(queries)} rules found" in found.stdout
