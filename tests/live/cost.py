"""What a rule file costs: the samples that Prometheus reads for it in an hour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from deploy.live.api import samples_read
from deploy.live.rules import Rule, seconds

from .events import HOUR

_BEGIN, _END = "last_over_time((", ")[4m59s999ms:"


@dataclass
class Cost:
    by_group: dict[str, float] = field(default_factory=dict)
    by_rule: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.by_group.values())


def hourly_cost(address: str, rules: Iterable[Rule], at: float) -> Cost:
    """Each rule as an instant query at this moment, times the evaluations of its group in an hour.

    Prometheus does not tell what it reads within a subquery. Those that read at full five minutes, or at full hours,
    are asked for what they hold, times the steps that an hour has.
    """
    cost = Cost()
    for rule in rules:
        read = samples_read(address, rule.expr, at) * HOUR / rule.interval
        for inner, step in _at_marks(rule.expr):
            read += samples_read(address, inner, at) * HOUR / step
        cost.by_group[rule.group] = cost.by_group.get(rule.group, 0) + read
        cost.by_rule[rule.name] = cost.by_rule.get(rule.name, 0) + read
    return cost


def _at_marks(text: str) -> Iterator[tuple[str, float]]:
    """The expressions that are evaluated at marks alone, each with the seconds between two marks."""
    start = 0
    while (begin := text.find(_BEGIN, start)) >= 0:
        begin += len(_BEGIN)
        depth, end = 1, begin
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        if text.startswith(_END, end - 1):
            mark, _, _ = text[end - 1 + len(_END) :].partition("]")
            yield text[begin : end - 1], seconds(mark)
        start = end
