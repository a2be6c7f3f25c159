"""The specs under test, one for each way to say what an error is, and the same alerts on raw queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .history import DURATION, PROBE, REQUESTS

OBJECTIVE = "99.9"
ERROR_BUDGET = 0.001
ALERT = "ServiceErrorBudgetBurn"
TARGET_GONE, METRIC_GONE, TRAFFIC_STOPPED = "SLOTargetGone", "SLOMetricGone", "SLOTrafficStopped"

ERRORS = f'sum(rate({REQUESTS}{{code=~"5.."}}[{{{{.window}}}}]))'
VALID = f"sum(rate({REQUESTS}[{{{{.window}}}}]))"
GOOD = f'sum(rate({REQUESTS}{{code!~"5.."}}[{{{{.window}}}}]))'

# Long window, short window, burn rate threshold, severity: the Workbook's table for 30 days.
TIERS = (
    ("1h", "5m", "14.4", "page"),
    ("6h", "30m", "6", "page"),
    ("1d", "2h", "3", "ticket"),
    ("3d", "6h", "1", "ticket"),
)


def _spec(version: str, service: str, body: str) -> str:
    return f"""\
version: {version}
service: {service}
slos:
  - name: requests
    objective: {OBJECTIVE}
{body}
    alerting:
      name: {ALERT}
"""


def events(service: str = "shop", owner: str = "") -> str:
    """In Sloth's own dialect, so that `--compat sloth` compiles the very same text."""
    owned = f"\nlabels: {{owner: {owner}}}" if owner else ""
    return _spec(
        "prometheus/v1",
        service + owned,
        f"""\
    sli:
      events:
        error_query: '{ERRORS}'
        total_query: '{VALID}'""",
    )


def scraped_every(interval: str) -> str:
    return _spec(
        "slo-toolkit/v1",
        "shop",
        f"""\
    scrape_interval: {interval}
    sli:
      events:
        error_query: '{ERRORS}'
        total_query: '{VALID}'""",
    )


def good_query() -> str:
    return _spec(
        "slo-toolkit/v1",
        "shop",
        f"""\
    sli:
      events:
        good_query: '{GOOD}'
        total_query: '{VALID}'""",
    )


def availability(group_by: str | None = None) -> str:
    grouping = f"    group_by: [{group_by}]\n" if group_by else ""
    return _spec(
        "slo-toolkit/v1",
        "shop",
        f"""\
{grouping}    sli:
      availability:
        metric: {REQUESTS}
        filter: 'job="web"'
        errors: 'code=~"5.."'""",
    )


def latency(threshold: str = "1s") -> str:
    return _spec(
        "slo-toolkit/v1",
        "shop",
        f"""\
    sli:
      latency:
        histogram: {DURATION}
        threshold: {threshold}
        filter: 'job="web"'""",
    )


def probe() -> str:
    return _spec(
        "slo-toolkit/v1",
        "shop",
        f"""\
    sli:
      probe:
        metric: {PROBE}
        filter: 'job="web"'""",
    )


def of_one_service(names: Sequence[str], sli: str, alerting: str = "") -> str:
    """Several SLOs of the service `shop`, each with alerts and labels of its own."""
    slos = "".join(
        f"""\
  - name: {name}
    objective: {OBJECTIVE}
    labels: {{feature: {name}}}
    sli: {sli}
    alerting:
      name: {name.title()}Burns
      labels: {{severity: {"critical" if number % 2 else "warning"}}}
{alerting}"""
        for number, name in enumerate(names)
    )
    return f"version: slo-toolkit/v1\nservice: shop\nlabels: {{owner: team-a}}\nslos:\n{slos}"


def raw_alerts() -> Mapping[str, Any]:
    """The same alerts without any recording rule: what the compiled ones have to keep up with."""

    def burns(window: str, threshold: str) -> str:
        errors, valid = (query.replace("{{.window}}", window) for query in (ERRORS, VALID))
        return f"{errors} / {valid} > {threshold} * {ERROR_BUDGET}"

    def alert(severity: str) -> dict[str, Any]:
        tiers = [
            f"({burns(short, threshold)} and {burns(long, threshold)})"
            for long, short, threshold, of in TIERS
            if of == severity
        ]
        return {"alert": f"Raw{severity}", "expr": " or ".join(tiers)}

    return {"groups": [{"name": "raw", "rules": [alert("page"), alert("ticket")]}]}
