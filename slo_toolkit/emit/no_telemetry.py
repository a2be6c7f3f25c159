"""What rules must give while none of the series that they read is there.

That needs no knowledge of the queries, so it tests every SLO: its rules load and are evaluated, its metadata are
those of the spec, and what has never been there is no alert.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.emit.scenarios import Check
from slo_toolkit.meaning.query import needed
from slo_toolkit.promql import quote, selector
from slo_toolkit.slo import EventSli, RawSli, Sli, Slo

_LONG_ENOUGH = Duration.of(minutes=20)
"""What is gone is told after ten minutes by default, and gathered for five."""

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
    if silent:
        # Alerts of the whole service have no name of an SLO.
        names = "|".join(("", *(slo.name for slo in silent)))
        series = selector("ALERTS", _service(slos))
        if len(silent) < len(slos):
            series = f"{series[:-1]}, {naming.SLO}=~{quote(names)}}}"
        yield Check(_LONG_ENOUGH, series)


def _service(slos: Sequence[Slo]) -> dict[str, str]:
    """What all series of the service carry."""
    return {naming.SERVICE: slos[0].service, **slos[0].extra_labels}


def _labels(name: str) -> str:
    return selector("", {naming.SLO: name})


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
