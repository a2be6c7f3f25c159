"""SLOs for the tests of plans."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from slo_toolkit.duration import Duration
from slo_toolkit.slo import Alerting, EventSli, Objective, Slo
from slo_toolkit.windows import workbook_tiers

MONTH = Duration.of(days=30)

REQUESTS = EventSli(
    error_query='sum(rate(http_requests_total{code=~"5.."}[{{.window}}]))',
    total_query="sum(rate(http_requests_total[{{.window}}]))",
)


def slo(objective: str = "99.9", *, alerting: dict[str, Any] | None = None, **changes: Any) -> Slo:
    """An SLO on requests with the Workbook's alerts, but for the changes."""
    alerts = {"name": "ShopErrors", "tiers": workbook_tiers(changes.get("period", MONTH))} | (alerting or {})
    parts: dict[str, Any] = {"service": "shop", "name": "requests", "sli": REQUESTS} | changes
    return Slo(objective=Objective.from_percent(Decimal(objective)), alerting=Alerting(**alerts), **parts)
