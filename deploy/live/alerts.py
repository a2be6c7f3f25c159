"""From the results of an alert's expression to the stretches of time in which the alert fires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .remote_write import Labels
from .rules import Rule


@dataclass(frozen=True)
class Firing:
    """From the evaluation that fires to the one that resolves; `end` is None when there is no such."""

    alert: str
    labels: Labels
    start: float
    end: float | None


def firings(
    rule: Rule, runs: Iterable[tuple[list[float], Mapping[Labels, Mapping[int, float]]]]
) -> list[Firing]:
    found = []
    for moments, series in runs:
        for labels, values in series.items():
            active_since: float | None = None
            firing_since: float | None = None
            for number, moment in enumerate(moments):
                if number in values:
                    active_since = moment if active_since is None else active_since
                    if firing_since is None and moment - active_since >= rule.hold:
                        firing_since = moment
                    continue
                if firing_since is not None:
                    found.append(Firing(rule.name, labels, firing_since, moment))
                active_since = firing_since = None
            if firing_since is not None:
                found.append(Firing(rule.name, labels, firing_since, None))
    return found
