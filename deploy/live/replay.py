"""Evaluates a rule file over a history as the rule manager would have, in seconds instead of a month.

Every recording rule is one range query whose step is the interval of its group; its result is written back
before the rules that read it run. As within a group, a rule sees what the rules before it recorded at the
same moment. Where a series is missing at an evaluation, it gets a staleness marker, as the rule manager
writes it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .alerts import Firing, firings
from .api import query_range
from .remote_write import Labels, Series, labels_of, write
from .rules import Rule, in_dependency_order

MAX_POINTS = 11_000  # of one series in one range query; more Prometheus refuses
Phase = Callable[[str, float], float]


def spread(group: str, interval: float) -> float:
    """Each group at a moment of its own within its interval, as the rule manager does it."""
    return zlib.crc32(group.encode()) % int(interval * 1000) / 1000


def aligned(group: str, interval: float) -> float:
    """Every group at multiples of its interval, as in promtool's unit tests and in some other rulers."""
    return 0.0


@dataclass(frozen=True)
class Span:
    start: float
    end: float


@dataclass(frozen=True)
class Plan:
    """When rules run, in Unix times.

    `downtime` is Prometheus itself being away: nothing runs, and nothing goes stale. Where `replaced_by`
    holds other rules, series that none of them records go stale at the end, but not before those ran once.
    """

    start: float
    end: float
    phase: Phase = spread
    downtime: tuple[Span, ...] = ()
    replaced_by: tuple[Rule, ...] = ()

    def ends(self, rule: Rule) -> bool:
        """Whether the series of the rule end with the plan; the rule manager tells by name and labels."""
        return bool(self.replaced_by) and not any(
            (rule.name, rule.labels) == (other.name, other.labels) for other in self.replaced_by
        )

    def runs(self, rule: Rule) -> list[tuple[float, float]]:
        """Stretches of uninterrupted evaluation, each as its first and last moment."""
        step, offset = rule.interval, self.phase(rule.group, rule.interval) % rule.interval
        runs, start = [], self.start
        for gap in (*self.downtime, Span(self.end, self.end)):
            first = -(-(start - offset) // step) * step + offset
            last = (gap.start - offset) // step * step + offset
            if first <= last:
                runs.append((first, last))
            start = gap.end
        return runs


@dataclass
class Replay:
    firings: list[Firing] = field(default_factory=list)
    evaluations: int = 0

    def of(self, *names: str, **labels: str) -> list[Firing]:
        """Firings of the named alerts whose labels include the given ones, in order of time."""
        chosen = [f for f in self.firings if f.alert in names and labels.items() <= dict(f.labels).items()]
        return sorted(chosen, key=lambda firing: firing.start)


def replay(
    address: str, rules: Sequence[Rule], plan: Plan, tell: Callable[[int], object] = lambda _: None
) -> Replay:
    """Evaluate all rules over the time of the plan; `tell` hears how many are done, every now and then."""
    outcome, done = Replay(), 0
    for level in in_dependency_order(rules):
        # Two at a time keep one core evaluating and the other one decoding.
        with ThreadPoolExecutor(max_workers=2) as pool:
            evaluated = list(pool.map(lambda rule: _evaluate(address, rule, plan), level))
        for rule, runs in zip(level, evaluated, strict=True):
            outcome.evaluations += sum(len(run.moments) for run in runs)
            if rule.alert:
                outcome.firings += firings(rule, ((run.moments, run.series) for run in runs))
            else:
                write(address, _recorded(runs, rule.interval if plan.ends(rule) else None))
        done += len(level)
        tell(done)
    return outcome


@dataclass
class Run:
    """The results of one rule in one stretch: for each label set the values by number of the evaluation."""

    moments: list[float]
    series: dict[Labels, dict[int, float]]


def _evaluate(address: str, rule: Rule, plan: Plan) -> list[Run]:
    return [_evaluate_run(address, rule, first, last) for first, last in plan.runs(rule)]


def _evaluate_run(address: str, rule: Rule, first: float, last: float) -> Run:
    count = round((last - first) / rule.interval) + 1
    run = Run([first + number * rule.interval for number in range(count)], {})
    for low in range(0, count, MAX_POINTS):
        high = min(low + MAX_POINTS, count) - 1
        for metric, values in query_range(
            address, rule.expr, run.moments[low], run.moments[high], rule.interval
        ):
            found = run.series.setdefault(_identity(rule, metric), {})
            for time, value in values:
                number = round((time - first) / rule.interval)
                if number in found:
                    raise AssertionError(f"{rule.name}: two series with the same labels at {time}")
                found[number] = float(value)
    return run


def _identity(rule: Rule, metric: dict[str, str]) -> Labels:
    names = {name: value for name, value in metric.items() if name != "__name__"}
    return labels_of({**names, **rule.labels, ("alertname" if rule.alert else "__name__"): rule.name})


def _recorded(runs: Sequence[Run], replaced_after: float | None) -> list[Series]:
    recorded: dict[Labels, Series] = {}
    for run in runs:
        for labels, values in run.series.items():
            series = recorded.setdefault(labels, Series(labels))
            present = False
            for number, moment in enumerate(run.moments):
                value = values.get(number)
                if value is not None or present:
                    series.add(round(moment * 1000), value)
                present = value is not None
            if present and replaced_after is not None and run is runs[-1]:
                series.add(round((run.moments[-1] + replaced_after) * 1000) + 1, None)
    return list(recorded.values())
