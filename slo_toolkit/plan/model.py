"""What is to be evaluated: groups of rules, as pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from slo_toolkit.duration import Duration
from slo_toolkit.slo import Labels, Slo, no_labels

MATCHERS = "{}"
"""Where an SLO's matchers go in an expression that is the same for all SLOs of one shape."""


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """One recorded series. A thousand SLOs share the `text` of most of their rules.

    Where `matchers` are given, they stand in the expression for every `{}` of the text.
    """

    record: str
    text: str
    labels: Labels = field(default_factory=no_labels)
    matchers: str = ""

    @property
    def expr(self) -> str:
        return self.text.replace(MATCHERS, self.matchers) if self.matchers else self.text


@dataclass(frozen=True, slots=True)
class AlertingRule:
    alert: str
    expr: str
    labels: Labels = field(default_factory=no_labels)
    annotations: Labels = field(default_factory=no_labels)
    pending_for: Duration | None = None


Rule: TypeAlias = RecordingRule | AlertingRule


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that Prometheus evaluates in this order at one time stamp.

    Without an interval the server's own `evaluation_interval` holds.
    """

    name: str
    rules: tuple[Rule, ...]
    interval: Duration | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that Prometheus is to evaluate for one SLO."""

    slo: Slo
    groups: tuple[RuleGroup, ...]
