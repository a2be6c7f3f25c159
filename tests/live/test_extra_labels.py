"""One spec, compiled once for each cluster into one store: what happens in one is not told of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from deploy.live.remote_write import write
from deploy.live.replay import Plan, Replay, replay
from deploy.live.rules import Rule
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.status.model import BudgetStatus, Verdict
from slo_toolkit.status.stories import read_stories
from slo_toolkit.status.survey import Wanted, ask

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import History, counters
from .prometheus import running_prometheus

RulesFor = Callable[..., list[Rule]]

OUTAGE = Outage(20 * HOUR, HOUR, error_ratio=0.5)
GROUPS = {"one-budget": "", "a-budget-for-each-instance": "group_by: [instance]"}
OBJECTIVES = {"eu": "99", "us": "99.9"}


def _spec(cluster: str, grouping: str) -> str:
    return f"""\
version: slo-toolkit/v1
service: shop
{grouping}
slos:
  - name: requests
    objective: {OBJECTIVES[cluster]}
    sli:
      availability:
        metric: http_requests_total
        filter: cluster="{cluster}"
        errors: code=~"5.."
    alerting:
      name: {specs.ALERT}
"""


@dataclass(frozen=True)
class World:
    """A store that holds both clusters, of which us fails for an hour; `stopped` says that eu is gone by its end."""

    address: str
    outcome: Replay
    history: History
    stopped: float

    def statuses(self, seconds: float, **labels: str) -> list[BudgetStatus]:
        with Prometheus(Connection(self.address)) as prometheus:
            wanted = Wanted(at=self.history.at(seconds), extra_labels=labels)
            return list(ask(prometheus, wanted).statuses)


@pytest.fixture(scope="module", params=list(GROUPS.values()), ids=list(GROUPS))
def world(request: pytest.FixtureRequest, rules_for: RulesFor) -> Iterator[World]:
    shape = Shape(days=1.2, instances=2)
    healthy = counters(shape, labels={"cluster": "eu"})
    failing = counters(Shape(days=1.2, instances=2, outages=(OUTAGE,), seed=1), labels={"cluster": "us"})
    eu, us = (
        rules_for(_spec(name, request.param), "--extra-label", f"cluster={name}") for name in OBJECTIVES
    )
    with running_prometheus() as address:
        write(address, [*healthy.series, *failing.series])
        stopped = DAY
        before = replay(address, [*eu, *us], Plan(healthy.start, healthy.at(stopped), replaced_by=tuple(us)))
        replay(address, us, Plan(healthy.at(stopped), healthy.end))
        yield World(address, before, healthy, stopped)


def test_only_the_cluster_that_fails_pages(world: World) -> None:
    pages = world.outcome.of(specs.ALERT, sloth_severity="page")
    assert {dict(page.labels)["cluster"] for page in pages} == {"us"}
    assert all(dict(firing.labels)["cluster"] == "us" for firing in world.outcome.firings)


def test_each_cluster_has_the_budget_that_its_own_objective_allows(world: World) -> None:
    """99 % and 99.9 % under one id, and what one of them spent is not taken from the other."""
    found = {name: world.statuses(world.stopped - 60, cluster=name) for name in OBJECTIVES}
    for name, statuses in found.items():
        assert {status.objective for status in statuses} == {Decimal(OBJECTIVES[name]) / 100}
    assert {status.verdict for status in found["eu"]} == {Verdict.MET}
    assert {status.verdict for status in found["us"]} == {Verdict.EXHAUSTED}


def test_without_a_choice_the_clusters_are_told_apart(world: World) -> None:
    together = world.statuses(world.stopped - 60)
    chosen = {name: world.statuses(world.stopped - 60, cluster=name) for name in OBJECTIVES}
    for name, statuses in chosen.items():
        of_cluster = [status for status in together if status.group.get("cluster") == name]
        assert [status.spending for status in of_cluster] == [status.spending for status in statuses]
    assert len(together) == sum(map(len, chosen.values()))


def test_a_cluster_whose_rules_stopped_is_no_data_beside_one_that_goes_on(world: World) -> None:
    statuses = world.statuses(1.2 * DAY - 60)
    eu, us = ([status for status in statuses if status.group["cluster"] == name] for name in OBJECTIVES)
    assert {status.verdict for status in eu} == {Verdict.NO_DATA}
    assert all("were last evaluated" in reason for status in eu for reason in status.reasons)
    assert {status.verdict for status in us} == {Verdict.EXHAUSTED}
    assert {status.verdict for status in world.statuses(1.2 * DAY - 60, cluster="us")} == {Verdict.EXHAUSTED}


@pytest.mark.parametrize("labels", [{}, {"cluster": "us"}], ids=["both", "chosen"])
def test_the_episode_is_that_of_the_cluster_that_failed(world: World, labels: dict[str, str]) -> None:
    with Prometheus(Connection(world.address)) as prometheus:
        statuses = world.statuses(world.stopped - 60, **labels)
        stories = read_stories(prometheus, statuses)
    told = {status.apart["cluster"]: len(stories[status.key].episodes) for status in statuses}
    assert told["us"] == 1
    assert told.get("eu", 0) == 0
