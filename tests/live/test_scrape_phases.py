"""No event is counted twice, whenever metrics are scraped: windows that follow each other share no increase."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from deploy.live.api import query_range
from deploy.live.remote_write import Series, labels_of, write
from deploy.live.replay import Plan, aligned, replay
from deploy.live.rules import Rule, needed_for

from . import specs
from .events import EPOCH
from .history import REQUESTS
from .prometheus import running_prometheus

RATE, COUNT = "slo:valid_events:rate5m", "slo:valid_events:count5m"
SCRAPES_MS, WINDOW_MS = 30_000, 300_000
BORDERS = (0, 1, 2, 15_000, 29_998, 29_999)
PHASES = (*BORDERS, *random.Random(8).sample(range(SCRAPES_MS), 24))
AROUND = range(-12, 3)
"""The scrapes around a mark at which something rises: of two whole windows."""
MARK = EPOCH + 3600


def _cases() -> Iterator[Series]:
    """For each phase and each scrape a counter that rises there, once."""
    for phase in PHASES:
        for rises_at in AROUND:
            case = f"{phase} {rises_at}"
            labels = {"__name__": REQUESTS, "job": "web", "instance": "a", "code": "200", "case": case}
            series = Series(labels_of(labels))
            for scrape in range(-60, 60):
                series.add(MARK * 1000 + scrape * SCRAPES_MS + phase, 10.0 + (scrape >= rises_at))
            yield series


@pytest.fixture(scope="module")
def prometheus(rules_for: Callable[..., list[Rule]]) -> Iterator[str]:
    rules = needed_for(rules_for(specs.availability("case")), RATE, COUNT)
    with running_prometheus() as address:
        write(address, _cases())
        replay(address, rules, Plan(MARK - 1500, MARK + 1500, phase=aligned))
        yield address


def _windows_with_an_event(address: str, metric: str, first: float) -> dict[str, int]:
    answer = query_range(address, f"{metric} > bool 0", first, MARK + 1200, WINDOW_MS / 1000)
    return {labels["case"]: sum(int(value) for _, value in values) for labels, values in answer}


@pytest.mark.parametrize("metric", [RATE, COUNT])
def test_an_event_is_in_one_of_the_windows_that_follow_each_other(prometheus: str, metric: str) -> None:
    starts = range(0, 300, 30) if metric == RATE else [0]
    for start in starts:
        found = _windows_with_an_event(prometheus, metric, MARK - 1200 + start)
        assert len(found) == len(PHASES) * len(AROUND)
        twice = {case: windows for case, windows in found.items() if windows > 1}
        assert not twice, start
        # A range without its far end, as of Prometheus 3, lacks a scrape of the first millisecond behind a border.
        lost = {case for case, windows in found.items() if not windows and not case.startswith("1 ")}
        assert not lost, start
