"""What rules must give while none of the series that they read is there.

That needs no knowledge of the queries, so it tests every SLO: its rules load and are evaluated, its metadata are
those of the spec, and that nothing is known is an alert, not silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.emit.scenarios import Check
from slo_toolkit.meaning.query import needed
from slo_toolkit.promql import quote, selector
from slo_toolkit.slo import EventSli, RawSli, Sli, Slo

_LONGEST_WAIT = Duration.of(hours=1)
"""An alert that waits for longer is not waited for."""

_OF_RULES = ("ALERTS", "ALERTS_FOR_STATE")


def checks(slos: Sequence[Slo], interval: Duration) -> Iterator[Check]:
    """For all SLOs of one service at once."""
    for metric, values in (
        (naming.OBJECTIVE, {slo.name: slo.objective.ratio for slo in slos}),
        (naming.ERROR_BUDGET, {slo.name: slo.objective.error_budget for slo in slos}),
    ):
        samples = tuple((_labels(name), float(value)) for name, value in sorted(values.items()))
        yield Check(interval, f"max by ({naming.SLO}) ({selector(metric, _service(slos))})", samples)
    silent = [slo for slo in slos if needs_telemetry(slo.sli)]
    waits = {slo.name: _wait(slo, interval) for slo in silent}
    times = sorted({wait for wait in waits.values() if wait <= _LONGEST_WAIT} or {_LONGEST_WAIT})
    if silent and times[0] > interval:
        yield _firing(slos, silent, [], Duration(times[0].ms - interval.ms))
    for time in times if silent else ():
        told = [slo for slo in silent if not slo.alerting.absence.disabled and waits[slo.name] <= time]
        yield _firing(slos, silent, told, time)


def _firing(slos: Sequence[Slo], silent: Sequence[Slo], told: Sequence[Slo], at: Duration) -> Check:
    """Of the SLOs that are `silent` those that are `told` of have this one alert, the others none."""
    series = selector("ALERTS", {**_service(slos), "alertstate": "firing"})
    if len(silent) < len(slos):
        series = f"{series[:-1]}, {naming.SLO}=~{quote('|'.join(slo.name for slo in silent))}}}"
    samples = ((_labels(slo.name, alertname=naming.no_telemetry_alert(slo)), 1) for slo in told)
    return Check(at, f"count by (alertname, {naming.SLO}) ({series})", tuple(samples))


def _service(slos: Sequence[Slo]) -> dict[str, str]:
    """What all series of the service carry."""
    return {naming.SERVICE: slos[0].service, **slos[0].extra_labels}


def _labels(name: str, **others: str) -> str:
    return selector("", {**others, naming.SLO: name})


def _wait(slo: Slo, interval: Duration) -> Duration:
    return interval * -(-slo.alerting.absence_for.ms // interval.ms)


def needs_telemetry(sli: Sli) -> bool:
    """Whether `sli` certainly has no value while none of its series is there."""
    match sli:
        case EventSli(total):
            query = total
        case RawSli(ratio):
            query = ratio
        case _:
            return True
    metrics = [selector.partition("[")[0] for selector in needed(query)]
    return any(metric and metric not in _OF_RULES and not naming.is_generated(metric) for metric in metrics)
