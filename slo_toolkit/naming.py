"""Every generated metric, label, group and alert name.

Names that Sloth has too are Sloth's, so that dashboards, routes and tools made for it keep working.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType

from slo_toolkit.duration import Duration
from slo_toolkit.slo import Labels, Slo

# Sloth's identity labels: every generated series carries these three.
ID = "sloth_id"
SERVICE = "sloth_service"
SLO = "sloth_slo"
IDENTITY = (ID, SERVICE, SLO)

WINDOW = "sloth_window"
SEVERITY = "sloth_severity"
PIECE = "piece"
"""Tells the pieces of a window apart while they are summed; no recorded series carries it."""

OBJECTIVE = "slo:objective:ratio"
ERROR_BUDGET = "slo:error_budget:ratio"
PERIOD_DAYS = "slo:time_period:days"
BASE_WINDOW = "slo:base_window:seconds"
"""The shortest recorded window, where it is not five minutes: only then is there such a series."""
CURRENT_BURN_RATE = "slo:current_burn_rate:ratio"
PERIOD_BURN_RATE = "slo:period_burn_rate:ratio"
BUDGET_REMAINING = "slo:period_error_budget_remaining:ratio"
INFO = "sloth_slo_info"

RULES_LOADED = "slo:rules_loaded:bool"
"""1 at every evaluation, so that its gaps tell when the rules were not evaluated."""

TARGETS = "slo:sli_targets:info"
"""Once an hour while the SLI has a value: the labels of the scrape targets that its series come from."""
TELEMETRY_STATE = "slo:telemetry:state"
"""What is gone of an SLO's telemetry, one of the numbers of `Gone`; 0 where nothing is."""

NET_VALID_EVENTS = "slo:valid_events:net5m"
NET_ERROR_EVENTS = "slo:error_events:net5m"
"""Events of the last five minutes less those of the five minutes that left the period meanwhile."""

VALID_EVENTS_BETWEEN = "slo:valid_events:between5h"
ERROR_EVENTS_BETWEEN = "slo:error_events:between5h"
"""What counters rose by in five hours beyond their increases within each of them: while nobody looked."""

VALID_EVENTS_BORN = "slo:valid_events:born1h"
ERROR_EVENTS_BORN = "slo:error_events:born1h"
"""What counters appeared with in the last hour, which no rate shows."""

VALID_EVENTS_MISSED = "slo:valid_events:missed1h"
ERROR_EVENTS_MISSED = "slo:error_events:missed1h"
"""What the counts of the last hour, and of a gap that ended in it, must be corrected by; may be negative."""

MISSING_SLOTS = "slo:measured:missing5h"
BRIDGED_SLOTS = "slo:measured:bridged1h"
"""Five-minute slots without a count, and those of a gap that ended in the last hour which counters bridge."""

WITHOUT_BUCKET = "slo:without_bucket:info"
"""1 for each series of a latency SLI's histogram that has no bucket at the threshold, with the labels of the series."""

REPLICAS = "slo:replicas:count"
"""Series of each replica, by the labels that tell them apart; only where the same series is there of several."""
FALSE_RESETS = "slo:false_resets:count5m"
"""Counters that stepped back in five minutes, or the base window, and went on; only where there are any."""

SCRAPES_SEEN = "slo:scrape_interval:seen_seconds"
"""Once an hour how far scrapes are apart, where that is more than the rules were told: only then is there a sample."""
READ_AT_MARKS = "slo:scrape_interval:marked_seconds"
"""The same where counters are read at full five minutes therefore."""

ERRORS_MATCHED = "slo:error_series:matched_timestamp_seconds"
"""Once an hour while there are events: that moment if the error query matches any series, else 0."""
ERROR_LABEL_SEEN = "slo:error_label:seen_timestamp_seconds"
"""The same of a label that the error query asks for: whether any series that is no error has it."""
METRIC_TOLD, LABEL_TOLD = "told_metric", "told_label"
"""Name the metric and the label that a series of ERROR_LABEL_SEEN is about."""

SETTLED = ":settled"
"""Ends the name of a sum over the period that is taken once an hour."""
SETTLED_AT = "slo:settled:timestamp_seconds"
SETTLED_AGE = "slo:settled:age_seconds"


def error_ratio(window: Duration) -> str:
    return f"slo:sli_error:ratio_rate{window}"


def error_events_rate(window: Duration) -> str:
    """Error events per second over `window`."""
    return f"slo:error_events:rate{window}"


def valid_events_rate(window: Duration) -> str:
    """Valid events per second over `window`."""
    return f"slo:valid_events:rate{window}"


def error_events_count(window: Duration) -> str:
    """Error events within `window`."""
    return f"slo:error_events:count{window}"


def error_events_increase(window: Duration) -> str:
    """Error events within `window`, by what the source itself shows of the whole of it."""
    return f"slo:error_events:increase{window}"


def valid_events_increase(window: Duration) -> str:
    """Valid events within `window`, by what the source itself shows of the whole of it."""
    return f"slo:valid_events:increase{window}"


def valid_events_count(window: Duration) -> str:
    """Valid events within `window`."""
    return f"slo:valid_events:count{window}"


def unknown_events_count(window: Duration) -> str:
    """Events within `window` of which nobody knows whether they were errors."""
    return f"slo:unknown_events:count{window}"


def rules_loaded(window: Duration) -> str:
    """Share of `window` in which these rules were evaluated, 0 to 1."""
    return f"slo:rules_loaded:ratio{window}"


def measured_slots(window: Duration) -> str:
    """Five-minute slots of `window` in which the SLI was measured."""
    return f"slo:measured:count{window}"


def coverage(window: Duration) -> str:
    """Share of `window` in which the SLI was measured, 0 to 1: rules evaluated and telemetry there."""
    return f"slo:coverage:ratio{window}"


def targets_within(window: Duration) -> str:
    """The labels of all targets that the SLI's series came from within `window`."""
    return f"slo:sli_targets:last{window}"


# One alert of each for a service, however many of its SLOs are blind.
TARGET_GONE = "SLOTargetGone"
METRIC_GONE = "SLOMetricGone"
TRAFFIC_STOPPED = "SLOTrafficStopped"


def sli_group(slo: Slo) -> str:
    return f"slo-sli-{slo.id}"


def period_group(slo: Slo) -> str:
    return f"slo-period-{slo.id}"


def settled_group(slo: Slo) -> str:
    return f"slo-settled-{slo.id}"


def absence_group(service: str) -> str:
    return f"slo-absence-{service}"


LONGEST_NAME = 255 - len("-api.requests.json")
"""Of a service or an SLO: a file's name has 255 bytes, and the longest that is made of one ends like this."""

_NOT_IN_AN_OBJECT = re.compile(r"[^a-z0-9]+")


def object_name(service: str) -> str:
    """`service` as Kubernetes takes it for the name of an object: lower case letters, digits and dashes."""
    return _NOT_IN_AN_OBJECT.sub("-", service.lower()).strip("-")


def identity(slo: Slo) -> Labels:
    """What tells an SLO's series from all others: Sloth's three labels, and those of the compilation.

    One mapping for all rules of an SLO.
    """
    return _identity(slo.service, slo.name, slo.id, tuple(slo.extra_labels.items()))


@lru_cache(maxsize=64)
def _identity(service: str, name: str, slo_id: str, extra: tuple[tuple[str, str], ...]) -> Labels:
    return MappingProxyType({ID: slo_id, SERVICE: service, SLO: name, **dict(extra)})


def identity_names(slo: Slo) -> tuple[str, ...]:
    """The names of the identity labels."""
    return (*IDENTITY, *slo.extra_labels)


def key(slo: Slo) -> Labels:
    """The fewest of them that tell SLOs apart: the id says service and name, too."""
    return {ID: slo.id, **slo.extra_labels}


def key_names(slo: Slo) -> tuple[str, ...]:
    return (ID, *slo.extra_labels)


_FAMILIES = frozenset(
    name.rsplit(":", 1)[0]
    for name in (
        OBJECTIVE,
        ERROR_BUDGET,
        PERIOD_DAYS,
        BASE_WINDOW,
        CURRENT_BURN_RATE,
        PERIOD_BURN_RATE,
        BUDGET_REMAINING,
        RULES_LOADED,
        SETTLED_AT,
        TARGETS,
        TELEMETRY_STATE,
        WITHOUT_BUCKET,
        REPLICAS,
        FALSE_RESETS,
        ERRORS_MATCHED,
        ERROR_LABEL_SEEN,
        SCRAPES_SEEN,
        "slo:sli_error:",
        "slo:error_events:",
        "slo:valid_events:",
        "slo:unknown_events:",
        "slo:measured:",
        "slo:coverage:",
    )
)


def is_generated(metric: str) -> bool:
    """Whether a metric's name belongs to a family of series that the rules record."""
    return metric.startswith("sloth_") or ":".join(metric.split(":")[:2]) in _FAMILIES
