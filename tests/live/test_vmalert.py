"""vmalert takes the generated rules as they are, evaluates them, and `slo budget` reads what it recorded."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.live.api import instant
from deploy.live.remote_write import Series, labels_of, write

from . import specs
from .victoria import dry_run, running_victoria_metrics, running_vmalert

POLL_SECONDS = 2.0
POLLS = 60
PER_SECOND = {"200": 9.8, "500": 0.2}


@pytest.fixture
def rule_file(tmp_path: Path) -> Path:
    (tmp_path / "spec.yaml").write_text(specs.events())
    out = ("--out", str(tmp_path / "out"), "--disable", "dashboards")
    done = _slo("compile", str(tmp_path / "spec.yaml"), *out)
    assert done.returncode == 0, done.stderr
    return tmp_path / "out" / "rules" / "shop.yaml"


def test_vmalert_finds_nothing_wrong_with_the_rules(rule_file: Path) -> None:
    done = dry_run(rule_file)
    assert (done.returncode, done.stderr.count("\terror\t")) == (0, 0), done.stderr


def test_vmalert_evaluates_the_rules_and_slo_budget_reads_them(rule_file: Path) -> None:
    with running_victoria_metrics() as server, running_vmalert(rule_file, server):
        recorded = _await_recorded(server)
        done = _slo("budget", "--prometheus", server, "--output", "json")
    assert recorded["slo:sli_error:ratio_rate5m"] == pytest.approx(0.02, rel=0.01)
    (status,) = json.loads(done.stdout)["slos"]
    assert (status["service"], status["slo"], status["source"]) == ("shop", "requests", "recorded")
    assert status["objective"] == 0.999
    # Errors come twenty times too fast from the start; whether the first count is there yet is a matter of seconds.
    assert (status["verdict"], done.returncode) in (("exhausted", 1), ("no_data", 3))


def _await_recorded(server: str) -> dict[str, float]:
    """What is recorded of the SLO, once the ratio and the objective are among it; scrapes go on meanwhile."""
    began = time.time() - 900
    _scrape(server, began, [began + seconds for seconds in range(0, 900, 15)])
    found: dict[str, float] = {}
    for _ in range(POLLS):
        _scrape(server, began, [time.time()])
        rows = instant(server, '{__name__=~"slo:.+"}', time.time())
        found = {labels["__name__"]: value for labels, value in rows}
        if {"slo:sli_error:ratio_rate5m", "slo:objective:ratio"} <= found.keys():
            return found
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"after {POLLS} polls there is only {sorted(found)}")


def _scrape(server: str, began: float, moments: list[float]) -> None:
    """Counters that began at zero; 2 % of the events are errors."""
    written = []
    for code, rate in PER_SECOND.items():
        series = Series(labels_of({"__name__": "http_requests_total", "job": "web", "code": code}))
        for moment in moments:
            series.add(round(moment * 1000), (moment - began) * rate)
        written.append(series)
    write(server, written)


def _slo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slo_toolkit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
