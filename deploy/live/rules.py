"""Rule files as data: what each rule is called, how often it runs, and which rules it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DEFAULT_INTERVAL = 30.0  # the global evaluation_interval of the test's Prometheus

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_DURATION_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_STRING = r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\''
_SELECTOR = re.compile(rf"([a-zA-Z_:][\w:]*)\s*(\{{(?:{_STRING}|[^}}])*\}})?")
_EQUALITY = re.compile(rf"(\w+)\s*=\s*({_STRING})")


@dataclass(frozen=True)
class Rule:
    group: str
    interval: float
    name: str
    alert: bool
    expr: str
    labels: Mapping[str, str]
    hold: float  # an alert's `for`


def seconds(text: str) -> float:
    parts = _DURATION_PART.findall(text)
    if "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"not a Prometheus duration: {text!r}")
    return float(sum(int(number) * _UNITS[unit] for number, unit in parts))


def rules_of(document: Mapping[str, Any]) -> list[Rule]:
    return [rule for group in document["groups"] for rule in _rules_of_group(group)]


def _rules_of_group(group: Mapping[str, Any]) -> Iterator[Rule]:
    interval = seconds(group["interval"]) if "interval" in group else DEFAULT_INTERVAL
    for raw in group["rules"]:
        unsupported = raw.keys() - {"record", "alert", "expr", "labels", "annotations", "for"}
        if unsupported:
            raise ValueError(f"the replay does not know {sorted(unsupported)}")
        yield Rule(
            group=group["name"],
            interval=interval,
            name=raw.get("record") or raw["alert"],
            alert="alert" in raw,
            expr=raw["expr"],
            labels=raw.get("labels") or {},
            hold=seconds(raw.get("for", "0s")),
        )


def needed_for(rules: Sequence[Rule], *names: str) -> list[Rule]:
    """The named rules and everything they read, directly or not."""
    chosen = [rule for rule in rules if rule.name in names]
    if not chosen:
        raise ValueError(f"no rule records or alerts {names}")
    for rule in chosen:
        chosen += [read for read in _read_by(rule, rules) if read not in chosen]
    return [rule for rule in rules if rule in chosen]


def in_dependency_order(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    """Levels of rules, each of which reads only what the levels before it recorded."""
    waiting = dict(enumerate(rules))
    reads = {number: {id(read) for read in _read_by(rule, rules)} for number, rule in waiting.items()}
    while waiting:
        open_ids = {id(rule) for rule in waiting.values()}
        ready = [number for number in waiting if not reads[number] & open_ids]
        if not ready:
            raise ValueError(f"rules read each other in a circle: {[rule.name for rule in waiting.values()]}")
        yield [waiting.pop(number) for number in ready]


def _read_by(rule: Rule, rules: Sequence[Rule]) -> list[Rule]:
    if "__name__" in rule.expr:
        raise ValueError(f"{rule.name} selects by __name__; the replay cannot tell what it reads")
    selectors = list(_selectors(rule.expr))
    return [
        other
        for other in rules
        if not other.alert
        and any(
            name == other.name and all(other.labels.get(key, value) == value for key, value in wanted.items())
            for name, wanted in selectors
        )
    ]


def _selectors(expr: str) -> Iterator[tuple[str, dict[str, str]]]:
    for match in _SELECTOR.finditer(expr):
        wanted = _EQUALITY.findall(match[2] or "")
        yield match[1], {key: quoted[1:-1] for key, quoted in wanted}
