"""Reads what rules recorded: every SLO in a few requests, however many there are."""

from __future__ import annotations

from types import MappingProxyType

from slo_toolkit import naming
from slo_toolkit.promql import quote
from slo_toolkit.query.failures import QueryFailed
from slo_toolkit.slo import Labels
from slo_toolkit.status.periods import Period
from slo_toolkit.status.reading import Reading, Source
from slo_toolkit.status.recorded_figures import (
    CHECKS,
    GAPS,
    MATCHED,
    SUMS,
    WINDOWS,
    readings_of,
)
from slo_toolkit.status.recorded_requests import Requests
from slo_toolkit.status.series import (
    Identity,
    RecordedSlo,
)

ALERTS, LAST = "alerts", "last_seen"
NO_LABELS: Labels = MappingProxyType({})


def read_recorded(
    source: Source,
    at: float,
    period: Period | None = None,
    id_regex: str | None = None,
    extra_labels: Labels = NO_LABELS,
) -> tuple[Reading, ...]:
    """One reading for each recorded SLO and group, over `period` or else over the SLO's own.

    `extra_labels` are those of one compilation, whose series alone are read.

    A request that takes too long leaves unknown what it was for, and no more. Raises QueryFailed where the server
    cannot be asked, or does not even tell in time which SLOs there are.
    """
    request = Requests(source, at, period, matchers(id_regex, extra_labels))
    slos: dict[Identity, RecordedSlo] = {}
    request.objectives(slos)
    parts = (
        {}
        if request.is_closed
        else {WINDOWS: request.windows, ALERTS: request.alerts, LAST: request.last_seen}
    )
    unanswered: dict[str, str] = {}
    also = {CHECKS: request.checks, SUMS: request.sums, GAPS: request.gaps, MATCHED: request.usual}
    for part, ask in {**parts, **also}.items():
        try:
            ask(slos)
        except QueryFailed as failure:
            if not failure.is_of_time:
                raise
            unanswered[part] = failure.reason
    return tuple(
        reading
        for identity, slo in slos.items()
        for reading in readings_of(identity, slo, at, period, unanswered)
    )


def recorded_names(source: Source, at: float) -> tuple[Identity, ...]:
    """Service and name of every SLO that rules record at that moment. Raises QueryFailed."""
    samples = source.instant(f"group by ({naming.SERVICE}, {naming.SLO}) ({naming.OBJECTIVE})", at)
    names = [(sample.labels.get(naming.SERVICE, ""), sample.labels.get(naming.SLO, "")) for sample in samples]
    return tuple(name for name in names if all(name))


def matchers(id_regex: str | None, extra_labels: Labels = NO_LABELS) -> str:
    """The matchers, without braces, of every series of the SLOs with such an id; of all SLOs without one."""
    ours = f"{naming.ID}=~{quote(id_regex)}" if id_regex is not None else f'{naming.ID}!=""'
    return ", ".join((ours, *(f"{name}={quote(value)}" for name, value in extra_labels.items())))
