"""What an SLO is, whatever dialect it was written in: frozen values, nothing of YAML or Prometheus rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from slo_toolkit.duration import Duration

Labels: TypeAlias = Mapping[str, str]


def no_labels() -> Labels:
    return {}


@dataclass(frozen=True, slots=True)
class Objective:
    """The share of good events that is promised, 0 < ratio < 1."""

    ratio: Decimal

    @classmethod
    def from_percent(cls, percent: Decimal) -> Objective:
        return cls((percent / 100).normalize())

    @property
    def percent(self) -> Decimal:
        return self.ratio * 100

    @property
    def error_budget(self) -> Decimal:
        """The share of events that may fail: 1 - ratio."""
        return 1 - self.ratio


@dataclass(frozen=True, slots=True)
class EventSli:
    """Two queries of the user's that count events; `{{.window}}` stands for the look-back.

    Exactly one of `error_query` and `good_query` is set. `error_ratio_query` is the ratio that its owner wrote, where
    the two are its parts.
    """

    total_query: str
    error_query: str | None = None
    good_query: str | None = None
    error_ratio_query: str = ""


@dataclass(frozen=True, slots=True)
class RawSli:
    """One query of the user's whose value is the error ratio itself, so it has no event counts."""

    error_ratio_query: str


@dataclass(frozen=True, slots=True)
class AvailabilitySli:
    """A counter of all events; those that also match `errors` are errors. Matchers without braces."""

    metric: str
    errors: str
    filter: str = ""


@dataclass(frozen=True, slots=True)
class LatencySli:
    """A histogram of durations; events slower than `threshold` are errors.

    `histogram` is the base name without `_bucket`; `threshold` has the histogram's unit, as written.
    """

    histogram: str
    threshold: Decimal
    filter: str = ""
    native: bool = False


@dataclass(frozen=True, slots=True)
class ProbeSli:
    """A gauge that is 1 when a probe succeeds and 0 when it fails; every sample is an event."""

    metric: str
    filter: str = ""


Sli: TypeAlias = EventSli | RawSli | AvailabilitySli | LatencySli | ProbeSli


class Severity(StrEnum):
    """How urgent an alert is: somebody is woken, or somebody looks at it on the next working day."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Tier:
    """One pair of burn-rate windows; both must exceed the threshold for the alert to fire.

    `name` and `severity_label` replace the alert's name and the value of its `severity` label.
    """

    severity: Severity
    burn_rate: Decimal
    long_window: Duration
    short_window: Duration
    name: str = ""
    severity_label: str = ""

    def budget_share(self, period: Duration) -> Decimal:
        """Share of the period's budget that is spent when the long window reaches the burn rate."""
        return self.burn_rate * self.long_window.ms / period.ms


@dataclass(frozen=True, slots=True)
class AlertMeta:
    """Labels and annotations that only the alerts of one severity carry."""

    labels: Labels = field(default_factory=no_labels)
    annotations: Labels = field(default_factory=no_labels)
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Alerting:
    """How an SLO alerts. `name` is empty only where every alert is disabled.

    `absence_for` is how long an SLI may have no value before it is told, `no_targets_for` the same while it has no
    scrape target either, as a service that is scaled to zero.
    """

    name: str = ""
    labels: Labels = field(default_factory=no_labels)
    annotations: Labels = field(default_factory=no_labels)
    page: AlertMeta = AlertMeta()
    ticket: AlertMeta = AlertMeta()
    tiers: tuple[Tier, ...] = ()
    pending_for: Duration | None = None
    min_error_events: int = 0
    absence: AlertMeta = AlertMeta()
    absence_for: Duration = Duration.of(minutes=10)
    no_targets_for: Duration = Duration.of(days=3)

    def meta(self, severity: Severity) -> AlertMeta:
        return self.page if severity is Severity.PAGE else self.ticket


@dataclass(frozen=True, slots=True)
class RuleIntervals:
    """Evaluation intervals that a Sloth plugin set for each of Sloth's three groups."""

    sli: Duration | None = None
    metadata: Duration | None = None
    alerts: Duration | None = None


@dataclass(frozen=True, slots=True)
class LabelRemoval:
    """Sloth's remove_labels: recorded series keep the identity and `preserved` only.

    Series of the metrics in `skipped_metrics` and `sloth_slo_info` keep every label.
    """

    preserved: tuple[str, ...] = ()
    skipped_metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExhaustedAlert:
    """Sloth's error_budget_exhausted_alert: fires while the remaining budget is at or below `threshold`."""

    threshold: Decimal = Decimal(0)
    name: str = "ErrorBudgetExhausted"
    pending_for: Duration = Duration.of(minutes=5)
    labels: Labels = field(default_factory=no_labels)
    annotations: Labels = field(default_factory=no_labels)
    selector: Labels = field(default_factory=no_labels)


@dataclass(frozen=True, slots=True)
class SlothPlugins:
    """What the chain of Sloth's SLO plugins asks of the rules."""

    info_labels: Labels = field(default_factory=no_labels)
    intervals: RuleIntervals = RuleIntervals()
    denominator_corrected: bool = False
    disable_optimized: bool = False
    info_metric: str = "sloth_slo_info"
    """The metric that gets `info_labels`."""
    label_removal: LabelRemoval | None = None
    exhausted_alert: ExhaustedAlert | None = None
    metricsql: bool = False


@dataclass(frozen=True, slots=True)
class KubernetesMeta:
    """Name, namespace, labels and annotations that a PrometheusRule object takes over."""

    name: str
    namespace: str = ""
    labels: Labels = field(default_factory=no_labels)
    annotations: Labels = field(default_factory=no_labels)


class Quantity(StrEnum):
    """What an alias records, over the last five minutes; a latency SLI can record a quantile, too."""

    GOOD_RATIO = "good_ratio"
    ERROR_RATIO = "error_ratio"


@dataclass(frozen=True, slots=True)
class Slo:
    """One promise: a service keeps `objective` over `period`, measured by `sli`.

    `evaluation_interval` is how often Prometheus evaluates the burn-rate rules, `scrape_interval` how
    often it scrapes the SLI's metrics. `spec` names the dialect that it was read from, as Sloth writes
    it in `sloth_spec`; `source` the file. `extra_labels` are those of the whole compilation: they are a part
    of the identity, so that one spec compiled twice gives series that never meet. `aliases` maps further metric
    names to what they record: a Quantity, or a quantile such as 0.95 of a LatencySli. `replica_labels` tell apart
    Prometheus replicas that write the same series into one store.
    """

    service: str
    name: str
    objective: Objective
    sli: Sli
    description: str = ""
    labels: Labels = field(default_factory=no_labels)
    extra_labels: Labels = field(default_factory=no_labels)
    period: Duration = Duration.of(days=30)
    group_by: tuple[str, ...] = ()
    evaluation_interval: Duration = Duration.of(seconds=30)
    scrape_interval: Duration = Duration.of(seconds=30)
    replica_labels: tuple[str, ...] = ()
    alerting: Alerting = field(default_factory=Alerting)
    runbook_url: str = ""
    dashboard_url: str = ""
    aliases: Mapping[str, Quantity | Decimal] = field(default_factory=dict)
    plugins: SlothPlugins = SlothPlugins()
    kubernetes: KubernetesMeta | None = None
    spec: str = "slo-toolkit/v1"
    source: str = ""

    @property
    def id(self) -> str:
        """Sloth's identity of an SLO, the value of `sloth_id`."""
        return f"{self.service}-{self.name}"
