"""The scrape targets behind SLOs that stop answering: one alert of their service, in its time and not before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.emit.no_telemetry import needs_telemetry
from slo_toolkit.emit.scenarios import Check
from slo_toolkit.emit.selectors import Series
from slo_toolkit.emit.simulated_traffic import Course, Phase
from slo_toolkit.emit.source_series import Source
from slo_toolkit.plan.absence import GATHERING, told_together
from slo_toolkit.plan.targets import sources
from slo_toolkit.promql import selector
from slo_toolkit.slo import Slo
from slo_toolkit.windows import base_window

_CLEAN_START = Duration.of(minutes=2)
"""Long enough for a rate, and for the rules to see where it comes from."""
_LONGEST_WAIT = Duration.of(hours=1)
"""An alert that waits for longer is not waited for."""

_LOOK_BACK = Duration.of(minutes=5)
"""What a subquery reads of a moment is there for so long after its last sample."""

_TARGET = {"job": "example", "instance": "example:80"}


def can_be_tested(slo: Slo, source: Source) -> bool:
    """Whether its series can be those of a target of which the rules can know."""
    if slo.alerting.absence.disabled or slo.alerting.absence_for > _LONGEST_WAIT:
        return False
    if (
        not needs_telemetry(slo.sli)
        or not sources(slo.sli).series
        or _TARGET.keys() & slo.extra_labels.keys()
    ):
        return False
    return all(
        series.metric != "up" and found.accepts(series) == found.accepts(_on_a_target(series))
        for series in source.all
        for found in source.read
    )


def inputs(tested: Sequence[tuple[Slo, Source]], interval: Duration) -> Iterator[tuple[Series, str]]:
    """Good events until the targets are down, and `up` of those."""
    clean = _clean(tested, interval)
    up: dict[Series, None] = {}
    for _, source in tested:
        for series, values in Course((Phase(clean),), interval).inputs(source):
            placed = _on_a_target(series)
            up[Series("up", tuple((name, dict(placed.labels)[name]) for name in _TARGET))] = None
            yield placed, values
    answering, silent = clean.ms // interval.ms, _end(tested, interval).ms // interval.ms
    for series in up:
        yield series, f"1x{answering} 0x{silent}"


def checks(tested: Sequence[tuple[Slo, Source]], interval: Duration) -> Iterator[Check]:
    """Nothing while all that is told may be a deploy, and then one alert for all SLOs whose tickets go to one place."""
    slos = [slo for slo, _ in tested]
    kept = {naming.SERVICE: slos[0].service, **slos[0].extra_labels, "alertstate": "firing"}
    names = "|".join((naming.TARGET_GONE, naming.METRIC_GONE, naming.TRAFFIC_STOPPED))
    firing = f'{selector("ALERTS", kept)[:-1]}, alertname=~"{names}"}}'
    expr = f"count by (alertname) ({firing})"
    soonest = _clean(tested, interval) + min(slo.alerting.absence_for for slo in slos) + GATHERING
    yield Check(Duration(_down(soonest, interval).ms - interval.ms), expr)
    told = selector("", {"alertname": naming.TARGET_GONE})
    yield Check(_end(tested, interval), expr, ((told, len(told_together(slos))),))


def _clean(tested: Sequence[tuple[Slo, Source]], interval: Duration) -> Duration:
    """How long the targets answer: until every SLO has had a value while its series were there."""
    return _up(_CLEAN_START + max(source.lag for _, source in tested), interval)


def _end(tested: Sequence[tuple[Slo, Source]], interval: Duration) -> Duration:
    """When the last SLO is told of, if its value was there for as long as its window reaches back."""
    latest = max(
        (
            base_window(slo.scrape_interval) + slo.scrape_interval + source.lag + slo.alerting.absence_for
            for slo, source in tested
        ),
    )
    return _clean(tested, interval) + _up(latest + _LOOK_BACK + GATHERING, interval) + interval * 3


def _on_a_target(series: Series) -> Series:
    labels = dict(series.labels)
    return Series(series.metric, tuple({**_TARGET, **labels}.items()))


def _up(length: Duration, interval: Duration) -> Duration:
    return interval * -(-length.ms // interval.ms)


def _down(length: Duration, interval: Duration) -> Duration:
    return interval * (length.ms // interval.ms)
