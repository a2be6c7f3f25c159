"""Gives a Prometheus a past: the series of the service, and what the rules would have recorded of them.

Rules that run every 30 seconds for a month make millions of samples, so the past is evaluated in two parts. Long ago
only the event rates, which the counts of the period are sums of, are evaluated as often as the rules say; the windows
made from them, which a graph of a month shows a few hundred points of, every five minutes, and what would find faults
of the telemetry not at all. For the last hours everything is evaluated as the rule manager would have.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from deploy.live.alerts import Firing
from deploy.live.past import HOUR, Past
from deploy.live.remote_write import Series, labels_of, write
from deploy.live.replay import Phase, Plan, replay
from deploy.live.rules import Rule

_RECENT = 2 * HOUR
_COARSE = 300.0
_ALERTS = 60.0
_TOLD_EVERY_SECONDS = 3.0
_FULLY_RECORDED = re.compile(r"slo:(valid|error)_events:rate5m")
_OF_FAULTS = re.compile(
    r"slo:(\w+_events:born1h|measured:bridged1h|replicas:count|scrape_interval:\w+|false_resets:count5m|error_label:\w+)"
)

Say = Callable[[str], None]


def backfill(address: str, past: Past, rules: Sequence[Rule], say: Say) -> list[Firing]:
    """Write the past into a Prometheus that has no rules yet, and tell what fired in it."""
    series = [*past.series()]
    say(f"{len(series)} series of the service with {sum(len(one.values) for one in series):,} samples")
    write(address, series)
    say(f"{len(rules)} rules, to be evaluated over all of it")
    recent = past.end - _RECENT
    plan = Plan(past.start, recent, _ending_at(recent))
    fired = replay(address, [*_coarse(rules)], plan, _telling(say, len(rules))).firings
    fired += replay(address, rules, Plan(recent + 1, past.end, _ending_at(past.end))).firings
    write(address, _alert_series(rules, fired, past.end))
    return fired


def _telling(say: Say, total: int) -> Callable[[int], None]:
    """Says how far it is, but not more often than a reader follows."""
    told = time.monotonic()

    def tell(done: int) -> None:
        nonlocal told
        if time.monotonic() - told >= _TOLD_EVERY_SECONDS:
            told = time.monotonic()
            say(f"{done} of {total} rules evaluated")

    return tell


def catch_up(address: str, written: Past, past: Past, rules: Sequence[Rule]) -> None:
    """Write what `past` has beyond the past that is already there."""
    write(address, past.series(after=written.end))
    replay(address, rules, Plan(written.end + 1, past.end, _ending_at(past.end)))


def _ending_at(moment: float) -> Phase:
    """Every group is evaluated at this moment, so that nothing recorded is old when the past becomes the present."""
    return lambda _group, interval: moment % interval


def is_of_faults(rule: Rule) -> bool:
    """Whether it records something only where telemetry was at fault: a past without any gap has nothing of that."""
    return _OF_FAULTS.fullmatch(rule.name) is not None


def _coarse(rules: Iterable[Rule]) -> Iterator[Rule]:
    for rule in rules:
        if rule.alert:
            yield replace(rule, interval=_ALERTS)
        elif is_of_faults(rule):
            continue
        elif _FULLY_RECORDED.fullmatch(rule.name):
            yield rule
        else:
            yield replace(rule, interval=max(rule.interval, _COARSE))


def _alert_series(rules: Iterable[Rule], fired: Iterable[Firing], end: float) -> Iterator[Series]:
    """`ALERTS`, as Prometheus keeps it while an alert fires."""
    interval = {rule.name: rule.interval for rule in rules if rule.alert}
    whole: dict[object, Series] = {}
    for firing in sorted(fired, key=lambda firing: firing.start):
        labels = labels_of({**dict(firing.labels), "__name__": "ALERTS", "alertstate": "firing"})
        series = whole.setdefault(labels, Series(labels))
        moment, last = firing.start, firing.end or end
        while moment < last:
            series.add(round(moment * 1000), 1.0)
            moment += interval[firing.alert]
        if firing.end is not None:
            series.add(round(firing.end * 1000), None)
    yield from whole.values()
