"""The alerts of SLOs that are pending or fire, in one request however many SLOs there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from slo_toolkit import naming
from slo_toolkit.promql import quote
from slo_toolkit.query.failures import ServerError, Unreachable
from slo_toolkit.query.samples import Sample
from slo_toolkit.slo import Labels, Slo
from slo_toolkit.status.model import ActiveAlert, AlertState
from slo_toolkit.status.reading import Reading, Source


def active_alerts(source: Source, matchers: str, at: float) -> Sequence[Sample]:
    """A sample for each, by the identity that the rules put on it; `matchers` stand without braces."""
    return [sample for sample in source.instant(f"ALERTS{{{matchers}}}", at) if sample.value != 0]


def alerts_of(found: Iterable[Labels], group: Iterable[tuple[str, str]]) -> Iterator[ActiveAlert]:
    """Those of one group of an SLO, and of the whole of it, among the labels of all its alerts."""
    told = tuple(group)
    for labels in found:
        state = labels.get("alertstate")
        if state in list(AlertState) and all(labels.get(name, text) == text for name, text in told):
            yield ActiveAlert(labels.get("alertname", ""), labels.get(naming.SEVERITY, ""), AlertState(state))


def with_alerts(
    source: Source, readings: Sequence[Reading], slos: Sequence[Slo], at: float
) -> tuple[Reading, ...]:
    """Readings of `slos` that no rules gave, each with the alerts that rules somewhere have for it.

    Of a period that is over nobody asks, and where the server gives no answer they stay unknown.
    """
    if all(reading.span.is_closed for reading in readings):
        return tuple(readings)
    ids = "|".join(re.escape(slo.id) for slo in slos)
    try:
        found = [sample.labels for sample in active_alerts(source, f"{naming.ID}=~{quote(ids)}", at)]
    except (ServerError, Unreachable):
        return tuple(readings)
    extra = {(slo.service, slo.name): tuple(slo.extra_labels.items()) for slo in slos}
    return tuple(
        reading
        if reading.span.is_closed
        else replace(reading, alerts=tuple(_of_reading(found, reading, extra[reading.service, reading.slo])))
        for reading in readings
    )


def _of_reading(
    found: Sequence[Labels], reading: Reading, extra: tuple[tuple[str, str], ...]
) -> Iterator[ActiveAlert]:
    own = ((naming.SERVICE, reading.service), (naming.SLO, reading.slo), *extra)
    mine = (labels for labels in found if all(labels.get(name) == text for name, text in own))
    return alerts_of(mine, reading.group.items())
