"""`slo report` tells the episodes of a month and the labels that spent its budget, as they were counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from deploy.live.remote_write import write

from .events import DAY, HOUR, Outage, Shape
from .history import History, counters
from .prometheus import running_prometheus

MONTH = "2024-03"  # the history begins on the fourth of it
OF_CHECKOUT = Outage(2.4 * DAY, 2 * HOUR, error_ratio=0.4)
OF_THE_US = Outage(6.7 * DAY, HOUR, error_ratio=0.6)

SPEC = """\
version: slo-toolkit/v1
service: shop
slos:
  - name: requests
    objective: 99
    sli:
      {sli}
    alerting:
      name: Requests
"""
SLIS = {
    "availability": "availability: {metric: http_requests_total, filter: 'job=\"web\"', errors: 'code=~\"5..\"'}",
    "events": """\
events:
        error_query: sum(rate(http_requests_total{job="web", code=~"5.."}[{{.window}}]))
        total_query: sum(rate(http_requests_total{job="web"}[{{.window}}]))""",
}


def _shape(route: str, region: str, seed: int) -> Shape:
    """Each outage is of one label value, whatever the other label is."""
    hit = [(OF_CHECKOUT, route == "/checkout"), (OF_THE_US, region == "us")]
    return Shape(
        days=10,
        instances=2,
        error_ratio=0.001,
        outages=tuple(outage for outage, is_hit in hit if is_hit),
        seed=seed,
    )


Parts = dict[tuple[str, str], History]


@pytest.fixture(scope="module")
def parts() -> Parts:
    """The history of each route in each region."""
    pairs = product(("/browse", "/checkout"), ("eu", "us"))
    return {
        (route, region): counters(_shape(route, region, seed), labels={"route": route, "region": region})
        for seed, (route, region) in enumerate(pairs)
    }


@pytest.fixture(scope="module")
def address(parts: Parts) -> Iterator[str]:
    with running_prometheus() as found:
        for history in parts.values():
            write(found, history.series)
        yield found


@pytest.mark.parametrize("sli", SLIS)
def test_the_labels_that_spent_the_budget_are_told(
    address: str, parts: Parts, tmp_path: Path, sli: str
) -> None:
    episodes = _episodes(address, tmp_path, SLIS[sli])
    assert len(episodes) == 2
    for outage, label, value, position in (
        (OF_CHECKOUT, "route", "/checkout", 0),
        (OF_THE_US, "region", "us", 1),
    ):
        (episode,) = [episode for episode in episodes if _names(episode) == {(label, value)}]
        errors = {pair: _errors(history, outage) for pair, history in parts.items()}
        hit = sum(count for pair, count in errors.items() if pair[position] == value)
        (told,) = episode["labels"]
        assert told["share"] == pytest.approx(hit / sum(errors.values()), abs=0.01)
        assert episode["error_events"] == pytest.approx(sum(errors.values()), rel=0.02)


def _episodes(address: str, folder: Path, sli: str) -> list[dict[str, Any]]:
    spec = folder / "shop.yaml"
    spec.write_text(SPEC.format(sli=sli))
    more = ["--month", MONTH, "--spec", str(spec), "--output", "json"]
    command = [sys.executable, "-m", "slo_toolkit", "report", "--prometheus", address, *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, 1), done.stderr
    (status,) = json.loads(done.stdout)["slos"]
    found: list[dict[str, Any]] = status["episodes"]
    return found


def _names(episode: dict[str, Any]) -> set[tuple[str, str]]:
    return {(part["label"], part["value"]) for part in episode["labels"]}


def _errors(history: History, outage: Outage) -> int:
    start = history.at(outage.start)
    return history.count(start, start + outage.seconds).errors
