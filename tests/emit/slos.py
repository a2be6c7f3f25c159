"""SLOs of every kind for the tests of emitters."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from slo_toolkit.duration import Duration
from slo_toolkit.plan.default import default_plans
from slo_toolkit.plan.model import Plan
from slo_toolkit.slo import (
    Alerting,
    AvailabilitySli,
    EventSli,
    LatencySli,
    Objective,
    ProbeSli,
    RawSli,
    Sli,
    Slo,
)
from slo_toolkit.windows import workbook_tiers

W = "[{{.window}}]"

SLIS: dict[str, Sli] = {
    "errors": EventSli(
        f'sum(rate(http_requests_total{{job="shop"}}{W}))',
        error_query=f'sum(rate(http_requests_total{{job="shop",code=~"5..|429"}}{W}))',
    ),
    "good": EventSli(
        f"sum(rate(grpc_handled_total{W}))",
        good_query=f'sum(rate(grpc_handled_total{{code!~"Internal|Unknown"}}{W}))',
    ),
    "two-metrics": EventSli(
        f"sum(increase(jobs_total{W}))", error_query=f"sum(increase(jobs_failed_total{W}))"
    ),
    "slow": EventSli(
        f"sum(rate(rpc_seconds_count{W}))",
        error_query=f'sum(rate(rpc_seconds_count{W})) - sum(rate(rpc_seconds_bucket{{le="0.5"}}{W}))',
    ),
    "availability": AvailabilitySli("orders_total", 'result="failed"', 'region!="test"'),
    "latency": LatencySli("http_seconds", Decimal(1), 'job=~"shop|cart"'),
    "bytes": LatencySli("response_size_bytes", Decimal(1048576)),
    "microseconds": LatencySli("lookup_seconds", Decimal("0.00005")),
    "probe": ProbeSli("probe_success", 'job="blackbox"'),
}

UNKNOWN_SLIS: dict[str, Sli] = {
    "raw": RawSli(f"histogram_quantile(0.99, sum by (le) (rate(rpc_seconds_bucket{W}))) > bool 0.5"),
    "age": EventSli(
        f"count_over_time(last_sync_seconds{W})",
        error_query=f"sum_over_time((time() - last_sync_seconds > bool 600){W[:-1]}:])",
    ),
    "native-histogram": LatencySli("http_seconds", Decimal(1), native=True),
}


def slo(sli: Sli | str = "errors", objective: str = "99.9", **changes: Any) -> Slo:
    """An SLO with the Workbook's alerts; `alerting` changes single parts of those."""
    kind = SLIS[sli] if isinstance(sli, str) else sli
    name = sli if isinstance(sli, str) else "requests"
    alerting = {
        "name": "ShopErrors",
        "tiers": workbook_tiers(Duration.of(days=30)),
        **changes.pop("alerting", {}),
    }
    parts: dict[str, Any] = {"service": "shop", "name": name, "labels": {"owner": "team-a"}, **changes}
    return Slo(
        objective=Objective.from_percent(Decimal(objective)), sli=kind, alerting=Alerting(**alerting), **parts
    )


def plan(sli: Sli | str = "errors", objective: str = "99.9", **changes: Any) -> Plan:
    (made,) = default_plans([slo(sli, objective, **changes)])
    return made
