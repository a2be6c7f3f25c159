"""What is to be made of the SLOs: the choices that `slo compile` offers, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from slo_toolkit.slo import Labels, no_labels


class Part(StrEnum):
    """What can be left out."""

    ALERTS = "alerts"
    RECORDINGS = "recordings"
    TESTS = "tests"
    RUNBOOKS = "runbooks"
    DASHBOARDS = "dashboards"


class RuleFormat(StrEnum):
    """How rules are written: as files for Prometheus, or as objects for its Kubernetes operator."""

    PROMETHEUS = "prometheus"
    OPERATOR = "operator"


class Compat(StrEnum):
    """Another generator, whose rules are wanted instead of the default ones."""

    SLOTH = "sloth"


class Tree(StrEnum):
    """The folders that artefacts go into, by their usual names."""

    GENERATED = "generated"
    DASHBOARDS = "dashboards"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The choices of one compilation."""

    format: RuleFormat = RuleFormat.PROMETHEUS
    compat: Compat | None = None
    disabled: frozenset[Part] = frozenset()
    object_labels: Labels = field(default_factory=no_labels)
    """Labels of every object in the operator's format; they win over those of a Kubernetes resource."""
    namespace: str = ""
    """Namespace of every object whose SLOs come from no resource with a namespace of its own."""

    @property
    def makes_objects(self) -> bool:
        return self.format is RuleFormat.OPERATOR

    @property
    def untestable(self) -> str:
        """Why there are no promtool tests although nobody disabled them; empty where there are some."""
        if self.format is not RuleFormat.PROMETHEUS:
            return f"promtool reads no rules in the {self.format} format"
        if self.compat is not None:
            return f"they hold for the default rules, not for those of {self.compat}"
        if not self.disabled.isdisjoint({Part.ALERTS, Part.RECORDINGS}):
            return "they need the recordings and the alerts"
        return ""
