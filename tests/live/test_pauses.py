"""Pauses between two outages: shown where they are 40 minutes, and not where they are 25, wherever scrapes fall."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from deploy.live.remote_write import write
from deploy.live.replay import Plan, replay
from deploy.live.rules import Rule
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.slo import Slo
from slo_toolkit.spec import LoadOptions, Source, load
from slo_toolkit.status.episodes import Episode
from slo_toolkit.status.stories import read_stories
from slo_toolkit.status.survey import Wanted, ask

from .events import HOUR, Outage, Shape
from .history import History, counters
from .prometheus import running_prometheus

OUTAGE = 1800
PHASES = (0, 41, 97, 153, 219, 288)  # of the first outage, past a whole five minutes
FIRST = 6 * HOUR
BETWEEN = 6 * HOUR

SPEC = """\
version: slo-toolkit/v1
service: shop
slos:
  - name: requests
    objective: 99
    period: 3d
    sli:
      availability: {metric: http_requests_total, filter: 'job="web"', errors: 'code=~"5.."'}
    alerting:
      name: Requests
      tiers:
        - {severity: page, burn_rate: 2, long_window: 1h, short_window: 5m}
"""


def _pairs(pause: int) -> Iterator[tuple[Outage, Outage]]:
    for number, phase in enumerate(PHASES):
        start = FIRST + number * BETWEEN + phase
        yield Outage(start, OUTAGE, 0.2), Outage(start + OUTAGE + pause, OUTAGE, 0.2)


@dataclass(frozen=True)
class World:
    address: str
    history: History
    pause: int

    def episodes(self, raw: bool) -> list[tuple[float, float]]:
        """Start and end of all, in seconds from the start of the history."""
        at = self.history.end
        with Prometheus(Connection(self.address)) as prometheus:
            (status,) = ask(prometheus, Wanted(at=at, specs=_slos(), raw=raw)).statuses
            (story,) = read_stories(prometheus, [status], _slos()).values()
        return [self._within(episode) for episode in story.episodes]

    def _within(self, episode: Episode) -> tuple[float, float]:
        return episode.start - self.history.start, episode.end - self.history.start


def _slos() -> tuple[Slo, ...]:
    loaded = load([Source("spec.yaml", SPEC.encode())], LoadOptions())
    assert not loaded.problems
    return loaded.slos


@pytest.fixture(scope="module", params=[25 * 60, 40 * 60], ids=["25m", "40m"])
def world(request: pytest.FixtureRequest, rules_for: Callable[..., list[Rule]]) -> Iterator[World]:
    outages = tuple(outage for pair in _pairs(request.param) for outage in pair)
    history = counters(Shape(days=2, instances=2, outages=outages))
    rules = [rule for rule in rules_for(SPEC) if not rule.alert]
    with running_prometheus() as address:
        write(address, history.series)
        replay(address, rules, Plan(history.start, history.end))
        yield World(address, history, request.param)


@pytest.mark.parametrize("raw", [False, True], ids=["recorded", "raw"])
def test_a_pause_of_forty_minutes_is_one_and_a_shorter_one_is_none(
    world: World, raw: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slo_toolkit.status.episodes.MOST", 100)
    found = world.episodes(raw)
    expected = [
        span
        for first, second in _pairs(world.pause)
        for span in (
            [(first.start, first.start + OUTAGE), (second.start, second.start + OUTAGE)]
            if world.pause == 40 * 60
            else [(first.start, second.start + OUTAGE)]
        )
    ]
    assert len(found) == len(expected)
    for (start, end), (true_start, true_end) in zip(found, expected, strict=True):
        assert start == pytest.approx(true_start, abs=330)
        assert end == pytest.approx(true_end, abs=330)
