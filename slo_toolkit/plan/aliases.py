"""Recorded under the names that a team's dashboards already use."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.plan.model import RecordingRule
from slo_toolkit.promql import by, identity_selector
from slo_toolkit.rates import latency_quantile
from slo_toolkit.slo import LatencySli, Quantity, Slo
from slo_toolkit.windows import base_window


def alias_rules(slo: Slo) -> Iterator[RecordingRule]:
    labels = {**slo.labels, **naming.identity(slo)}
    for record, quantity in slo.aliases.items():
        yield RecordingRule(record, _expression(slo, quantity), labels)


def _expression(slo: Slo, quantity: Quantity | Decimal) -> str:
    base = base_window(slo.scrape_interval)
    ratio = f"max{by(slo.group_by)}({identity_selector(naming.error_ratio(base), slo)})"
    if isinstance(quantity, Quantity):
        return ratio if quantity is Quantity.ERROR_RATIO else f"1 - {ratio}"
    assert isinstance(slo.sli, LatencySli), "the specs allow quantiles for latency alone"
    return latency_quantile(slo, slo.sli, quantity, base)
