"""What a rule file costs: the samples that Prometheus reads for it in an hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from deploy.live.api import samples_read
from deploy.live.rules import Rule

from .events import HOUR


@dataclass
class Cost:
    by_group: dict[str, float] = field(default_factory=dict)
    by_rule: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.by_group.values())


def hourly_cost(address: str, rules: Iterable[Rule], at: float) -> Cost:
    """Each rule as an instant query at this moment, times the evaluations of its group in an hour."""
    cost = Cost()
    for rule in rules:
        read = samples_read(address, rule.expr, at) * HOUR / rule.interval
        cost.by_group[rule.group] = cost.by_group.get(rule.group, 0) + read
        cost.by_rule[rule.name] = cost.by_rule.get(rule.name, 0) + read
    return cost
