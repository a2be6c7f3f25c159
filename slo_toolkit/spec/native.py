"""The toolkit's own `version: slo-toolkit/v1`: every key of Sloth's prometheus/v1, and more."""

from __future__ import annotations

from slo_toolkit.duration import Duration
from slo_toolkit.spec import sloth
from slo_toolkit.spec.kinds import Choice, Flag, ListOf, Text
from slo_toolkit.spec.maps import LABEL_NAME, AliasMap
from slo_toolkit.spec.quantities import Number, Span, Threshold, Whole, no_evaluation_interval
from slo_toolkit.spec.shape import Key, Section
from slo_toolkit.windows import LONGEST_SCRAPE_INTERVAL

VERSION = "slo-toolkit/v1"

_METRIC = Text(
    r"[A-Za-z_:][A-Za-z0-9_:]*", "is no metric name: use letters, digits, `_` and `:`", rule="metric"
)
_MATCHERS = Text()
_LABEL = Text(LABEL_NAME, "is no label name: use letters, digits and `_`", rule="label")
_FILTER = Key(_MATCHERS, "Label matchers, without braces, that every event fulfils.", example='job="shop"')

EVENTS = Section(
    sloth.EVENTS.name,
    {
        "error_query": Key(
            sloth.QUERY,
            "PromQL that counts the error events; `{{.window}}` stands for the look-back.",
            example='sum(rate(http_requests_total{job="shop",code=~"5.."}[{{.window}}]))',
        ),
        "good_query": Key(
            sloth.QUERY,
            "PromQL that counts the good events, in place of `error_query`.",
            example='sum(rate(http_requests_total{job="shop",code!~"5.."}[{{.window}}]))',
        ),
        "total_query": sloth.EVENTS.keys["total_query"],
    },
    exactly_one=("error_query", "good_query"),
)
AVAILABILITY = Section(
    "an availability SLI",
    {
        "metric": Key(_METRIC, "A counter of all events.", required=True, example="http_requests_total"),
        "errors": Key(_MATCHERS, "Label matchers of the error events.", required=True, example='code=~"5.."'),
        "filter": _FILTER,
    },
)
LATENCY = Section(
    "a latency SLI",
    {
        "histogram": Key(
            _METRIC,
            "Base name of a histogram, without `_bucket`.",
            required=True,
            example="http_request_duration_seconds",
        ),
        "threshold": Key(
            Threshold(),
            "Slower events are errors: a duration, or a number in the unit of the histogram.",
            required=True,
            example="300ms",
        ),
        "filter": _FILTER,
        "native": Key(Flag(), "The histogram is a native one, without buckets of its own.", default="false"),
    },
)
PROBE = Section(
    "a probe SLI",
    {
        "metric": Key(
            _METRIC,
            "A gauge that is 1 when a probe succeeds and 0 when not.",
            required=True,
            example="probe_success",
        ),
        "filter": _FILTER,
    },
)
SLI = Section(
    sloth.SLI.name,
    {
        "events": Key(EVENTS, "Two queries that count events."),
        "availability": Key(AVAILABILITY, "A counter, and what of it are errors."),
        "latency": Key(LATENCY, "A histogram, and how long is too long."),
        "probe": Key(PROBE, "A gauge that is 0 or 1."),
        "raw": sloth.SLI.keys["raw"],
        "plugin": sloth.SLI.keys["plugin"],
    },
    exactly_one=("events", "availability", "latency", "probe", "raw", "plugin"),
)

TIER = Section(
    "a tier",
    {
        "name": Key(Text(), "Name of this alert, in place of `alerting.name`.", example="ShopBurnsFast"),
        "severity": Key(Choice("page", "ticket"), "Whether somebody is woken.", required=True),
        "severity_label": Key(Text(), "Value of the alert's `severity` label.", example="critical"),
        "burn_rate": Key(Number(above=0), "Fires above this burn rate.", example=14.4),
        "budget_percent": Key(
            Number(above=0, most=100),
            "Fires above the burn rate that spends this share of the budget within the long window.",
            example=2,
        ),
        "long_window": Key(
            Span(), "The look-back that must exceed the burn rate.", required=True, example="1h"
        ),
        "short_window": Key(
            Span(),
            "A shorter look-back that must exceed it, too, so that the alert ends soon.",
            required=True,
            example="5m",
        ),
    },
    exactly_one=("burn_rate", "budget_percent"),
)


def _beyond_memory(duration: Duration) -> str:
    if duration <= _FOUR_WEEKS:
        return ""
    return f"{duration.words()} is longer than 4w, and what was gone for 30 days is forgotten"


_FOUR_WEEKS = Duration.of(days=28)
_MEMORABLE = Span(_beyond_memory, "write for example 10m or 3d")

ABSENCE = Section(
    "the alerts on absent telemetry",
    {
        "disable": Key(
            Flag(), "Leaves these alerts out.", default="false, and true where both other alerts are disabled"
        ),
        "for": Key(_MEMORABLE, "How long an SLI may have no value.", default="10m"),
        "no_targets_for": Key(
            _MEMORABLE,
            "How long there may be no scrape target either, as of a service that is scaled to zero.",
            default="3d",
            example="1d",
        ),
        "labels": sloth.ALERT.keys["labels"],
        "annotations": sloth.ALERT.keys["annotations"],
    },
)
ALERTING = sloth.ALERTING.with_keys(
    **{
        "for": Key(
            Span(),
            "How long a burn rate must be exceeded before the alert fires.",
            default="at once",
            example="2m",
        ),
        "min_error_events": Key(
            Whole(least=0),
            "Fewer error events than this in the long window alert nobody.",
            default="0",
            example=10,
        ),
        "tiers": Key(
            ListOf(TIER),
            "Burn rates and windows of the alerts.",
            default="the four of the SRE Workbook, chapter 5",
        ),
        "absence": Key(ABSENCE, "The alerts on telemetry that is gone and traffic that stops."),
    }
)

_DAY, _YEAR = Duration.of(days=1), Duration.of(days=366)


def _no_period(duration: Duration) -> str:
    fits = duration <= _YEAR and _DAY.divides(duration)
    return "" if fits else f"the period of {duration.words()} is not a number of whole days, a year at most"


def _no_scrape_interval(duration: Duration) -> str:
    if duration.ms < 1000:
        return f"the scrape interval {duration} is below 1s"
    if duration > LONGEST_SCRAPE_INTERVAL:
        return (
            f"the scrape interval {duration} is above {LONGEST_SCRAPE_INTERVAL}, too seldom for the windows of "
            "alerts: have the metrics scraped more often, however seldom they change"
        )
    return ""


_PERIOD = Span(_no_period, "write for example 30d or 4w")
_EVALUATION_INTERVAL = Span(no_evaluation_interval, "write for example 15s, 30s or 1m")
_SCRAPE_INTERVAL = Span(_no_scrape_interval)

DURATIONS = {"period": _PERIOD, "scrape_interval": _SCRAPE_INTERVAL}
"""What these keys take, as options of the same name do."""

# These hold for every SLO when they stand at the root.
_DEFAULTS = {
    "annotations": Key(sloth.ANNOTATIONS, "Annotations of every alert."),
    "period": Key(
        _PERIOD, "The span that the objective holds for: whole days or weeks.", default="30d", example="4w"
    ),
    "group_by": Key(
        ListOf(_LABEL), "One budget and one alert for each value of these labels.", example=["tenant"]
    ),
    "evaluation_interval": Key(
        _EVALUATION_INTERVAL,
        "How often the rules are evaluated: 5s to 5m, a divisor of 5m.",
        default="30s",
        example="1m",
    ),
    "scrape_interval": Key(
        _SCRAPE_INTERVAL,
        "How often the metrics are scraped: 1s to 1h.",
        default="the evaluation interval",
        example="15s",
    ),
    "replica_labels": Key(
        ListOf(_LABEL),
        "Labels that tell apart Prometheus replicas which write the same series into one store.",
        default="none: each series is read as it is",
        example=["prometheus_replica"],
    ),
    "runbook_url": Key(
        Text(),
        "Link of the alerts to a runbook, with {service}, {slo} and {id} filled in.",
        example="https://runbooks.example.com/{service}/{slo}",
    ),
    "dashboard_url": Key(
        Text(),
        "Link of the alerts to a dashboard, with {service}, {slo} and {id} filled in.",
        example="https://grafana.example.com/d/slo?var-slo={id}",
    ),
}

SLO = sloth.SLO.with_keys(
    **_DEFAULTS,
    aliases=Key(
        AliasMap(),
        "More metric names, each for `good_ratio`, `error_ratio` or a quantile such as `p95`, over 5m.",
        example={"shop:availability:ratio": "good_ratio"},
    ),
    sli=Key(SLI, "How good and bad are measured.", required=True),
    alerting=Key(ALERTING, "How the SLO alerts."),
)
ROOT = sloth.ROOT.with_keys(
    **_DEFAULTS,
    version=Key(Choice(VERSION), "The format of this document.", required=True),
    slos=Key(ListOf(SLO), "The SLOs of the service.", required=True),
)
