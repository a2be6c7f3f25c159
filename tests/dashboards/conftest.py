"""A Prometheus with a month of the demo service, everything that the rules record of it, and its alerts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.live.alerts import Firing
from deploy.live.backfill import is_of_faults
from deploy.live.remote_write import Series, labels_of, write
from deploy.live.replay import Plan, replay
from deploy.live.rules import rules_of
from tests.live.prometheus import running_prometheus

from .demo_history import END, SCRAPED_EVERY, START, series
from .specs import KINDS, SILENT, compiled, demo_spec

EVALUATED_EVERY = 300


@dataclass(frozen=True)
class World:
    """`dashboards` by file name, and the firings of all alerts."""

    address: str
    folder: Path
    dashboards: dict[str, dict[str, Any]]
    firings: Sequence[Firing]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world") / "project"
    specs = {
        "demo-service.yaml": _slower(demo_spec()),
        "kinds.yaml": _slower(KINDS),
        "silent.yaml": _slower(SILENT),
    }
    dashboards = compiled(folder, specs)
    rules = [
        rule
        for path in sorted((folder / "generated/rules").glob("*.yaml"))
        for rule in rules_of(yaml.safe_load(path.read_text()))
        if not is_of_faults(rule)
    ]
    with running_prometheus() as address:
        write(address, series())
        replayed = replay(address, rules, Plan(START, END))
        write(address, _alerts(replayed.firings))
        yield World(address, folder, dashboards, replayed.firings)


def _slower(spec: str) -> str:
    """The spec with fewer evaluations: a month of them every 30 seconds would take minutes."""
    return spec.replace(
        "    sli:\n",
        f"    evaluation_interval: {EVALUATED_EVERY}s\n    scrape_interval: {SCRAPED_EVERY}s\n    sli:\n",
    )


def _alerts(firings: Sequence[Firing]) -> Iterator[Series]:
    """What the rule manager records while alerts fire."""
    recorded: dict[Any, Series] = {}
    for firing in sorted(firings, key=lambda firing: firing.start):
        labels = labels_of({**dict(firing.labels), "__name__": "ALERTS", "alertstate": "firing"})
        made = recorded.setdefault(labels, Series(labels))
        moment = firing.start
        end = END if firing.end is None else firing.end
        while moment < end:
            made.add(round(moment * 1000), 1.0)
            moment += EVALUATED_EVERY
        made.add(round(end * 1000), None)
    yield from recorded.values()
