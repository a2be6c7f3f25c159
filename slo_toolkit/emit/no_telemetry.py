"""What rules must give while none of the series that they read is there.

That needs no knowledge of the queries, so it tests every SLO: its rules load and are evaluated, its metadata are
those of the spec, and that nothing is known is an alert, not silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.emit.query_reading import parsed
from slo_toolkit.emit.scenarios import Check
from slo_toolkit.promql import selector
from slo_toolkit.slo import EventSli, RawSli, Sli, Slo

_LONGEST_WAIT = Duration.of(hours=1)
"""An alert that waits for longer is not waited for."""

_NEVER_EMPTY = ("absent", "absent_over_time", "scalar", "vector")
_PROMETHEUS_OWN = ("ALERTS", "ALERTS_FOR_STATE")


def checks(slos: Sequence[Slo], interval: Duration) -> Iterator[Check]:
    """For all SLOs of one service at once."""
    yield _metadata(naming.OBJECTIVE, {slo.name: float(slo.objective.ratio) for slo in slos}, interval)
    yield _metadata(
        naming.ERROR_BUDGET, {slo.name: float(slo.objective.error_budget) for slo in slos}, interval
    )
    silent = [slo for slo in slos if needs_telemetry(slo.sli)]
    waits = {slo.name: _wait(slo, interval) for slo in silent}
    times = sorted({wait for wait in waits.values() if wait <= _LONGEST_WAIT} or {_LONGEST_WAIT})
    if silent and times[0] > interval:
        yield _firing(slos, silent, [], Duration(times[0].ms - interval.ms))
    for time in times if silent else ():
        told = [slo for slo in silent if not slo.alerting.absence.disabled and waits[slo.name] <= time]
        yield _firing(slos, silent, told, time)


def _metadata(metric: str, values: dict[str, float], at: Duration) -> Check:
    samples = ((selector("", {naming.SLO: name}), value) for name, value in sorted(values.items()))
    return Check(at, f"max by ({naming.SLO}) ({metric})", tuple(samples))


def _firing(slos: Sequence[Slo], silent: Sequence[Slo], told: Sequence[Slo], at: Duration) -> Check:
    """Of the SLOs that are `silent` those that are `told` of have this one alert, the others none."""
    matchers = ['alertstate="firing"']
    if len(silent) < len(slos):
        matchers.append(f'{naming.SLO}=~"{"|".join(slo.name for slo in silent)}"')
    samples = (
        (selector("", {"alertname": naming.no_telemetry_alert(slo), naming.SLO: slo.name}), 1) for slo in told
    )
    expr = f"count by (alertname, {naming.SLO}) (ALERTS{{{', '.join(matchers)}}})"
    return Check(at, expr, tuple(samples))


def _wait(slo: Slo, interval: Duration) -> Duration:
    return interval * -(-slo.alerting.absence_for.ms // interval.ms)


def needs_telemetry(sli: Sli) -> bool:
    """Whether `sli` certainly has no value while none of its series is there."""
    match sli:
        case EventSli(total):
            return _is_empty_without_data(total)
        case RawSli(ratio):
            return _is_empty_without_data(ratio)
        case _:
            return True


@lru_cache(maxsize=1024)
def _is_empty_without_data(query: str) -> bool:
    return _is_empty(parsed(query))


def _is_empty(node: Any) -> bool:
    match type(node).__name__:
        case "VectorSelector":
            return bool(node.name) and not naming.is_generated(node.name) and node.name not in _PROMETHEUS_OWN
        case "MatrixSelector":
            return _is_empty(node.vector_selector)
        case "ParenExpr" | "UnaryExpr" | "SubqueryExpr" | "AggregateExpr":
            return _is_empty(node.expr)
        case "Call":
            return node.func.name not in _NEVER_EMPTY and any(map(_is_empty, node.args))
        case "BinaryExpr" if str(node.op) == "or":
            return _is_empty(node.lhs) and _is_empty(node.rhs)
        case "BinaryExpr" if str(node.op) == "unless":
            return _is_empty(node.lhs)
        case "BinaryExpr":
            return _is_empty(node.lhs) or _is_empty(node.rhs)
    return False
