"""A group whose series end, and an SLO whose rules end, at a moment: missed for a day, and removed after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from deploy.live.remote_write import write
from deploy.live.replay import Plan, replay
from deploy.live.rules import Rule
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.spec import LoadOptions, Source, load
from slo_toolkit.status.survey import Wanted, ask

from .events import DAY, HOUR, Shape
from .history import History, counters
from .prometheus import running_prometheus

VANISHED = 1.5 * DAY
SPEC = """\
version: slo-toolkit/v1
service: {service}
slos:
  - name: requests
    objective: 99
    period: 3d
    group_by: [route]
    sli:
      availability: {{metric: http_requests_total, filter: 'job="web"', errors: 'code=~"5.."'}}
    alerting: {{page_alert: {{disable: true}}, ticket_alert: {{disable: true}}}}
"""


@dataclass(frozen=True)
class World:
    """`shop` has two routes, of which `/gone` ends; the rules of `old` end at the same moment."""

    address: str
    history: History

    def verdicts(self, after: float, *, raw: bool = False) -> dict[tuple[str, str], str]:
        """By service and route, so long after the moment."""
        at = self.history.at(VANISHED + after)
        specs = load([Source("spec.yaml", SPEC.format(service="shop").encode())], LoadOptions()).slos
        with Prometheus(Connection(self.address)) as prometheus:
            statuses = ask(prometheus, Wanted(at=at, specs=specs if raw else None, raw=raw)).statuses
        return {(status.service, status.group["route"]): status.verdict.value for status in statuses}


@pytest.fixture(scope="module")
def world(rules_for: Callable[..., list[Rule]]) -> Iterator[World]:
    here = counters(Shape(days=3, instances=1, error_ratio=0.001), labels={"route": "/here"})
    gone = counters(Shape(days=VANISHED / DAY, instances=1, error_ratio=0.001), labels={"route": "/gone"})
    with running_prometheus() as address:
        for history in (here, gone):
            write(address, history.series)
        for service, end in (("shop", here.end), ("old", here.at(VANISHED))):
            rules = [rule for rule in rules_for(SPEC.format(service=service)) if not rule.alert]
            replay(address, rules, Plan(here.start, end))
        yield World(address, here)


def test_both_are_missed_for_a_day(world: World) -> None:
    for after in (HOUR, 23 * HOUR):
        assert world.verdicts(after) == {
            ("shop", "/here"): "met",
            ("shop", "/gone"): "no_data",
            ("old", "/here"): "no_data",
            ("old", "/gone"): "no_data",
        }


def test_both_are_removed_after_it(world: World) -> None:
    assert world.verdicts(25 * HOUR) == {("shop", "/here"): "met"}


def test_raw_queries_treat_a_group_alike(world: World) -> None:
    for after in (HOUR, 23 * HOUR):
        assert world.verdicts(after, raw=True) == {("shop", "/here"): "met", ("shop", "/gone"): "no_data"}
    assert world.verdicts(25 * HOUR, raw=True) == {("shop", "/here"): "met"}
