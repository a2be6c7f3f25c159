"""The alerts on telemetry that is gone: one for a service, however many of its SLOs are blind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.plan.carried_labels import carrying_what_it_reads, indented, literal
from slo_toolkit.plan.model import AlertingRule, RuleGroup
from slo_toolkit.plan.telemetry import USUAL_EVENTS, Gone, an_hour, lately
from slo_toolkit.promql import by, quote, selector
from slo_toolkit.slo import Labels, Severity, Slo

INTERVAL = Duration.of(minutes=1)

GATHERING = Duration.of(minutes=5)
"""Every SLO's state is recorded once in so long, at a moment of its own: by then all that are blind have said so."""

_STATES_LAST = Duration.of(minutes=10)


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    condition: str
    what: str
    description: str


_TARGET = _Kind(
    naming.TARGET_GONE,
    f"> {Gone.NOTHING:d} < {Gone.METRIC:d}",
    "the scrape targets are gone",
    "Either none of the targets that these SLOs are measured by answers (`up` is 0), or there has been none for so "
    "long that the service is not just scaled to zero: its scrape configuration may have lost it. Nobody knows "
    "whether the objectives are met, and no burn-rate alert can fire. Look first at "
    "`up` of the service's job, at its pods or processes, and at what Prometheus discovers.",
)
_METRIC = _Kind(
    naming.METRIC_GONE,
    f"== {Gone.METRIC:d}",
    "a metric is gone",
    "The targets answer, but the queries of these SLOs find nothing any more: a metric or a label was renamed, "
    "or a counter has no value before its first event. Nobody knows whether the objectives are met, and no burn-rate "
    "alert can fire. Look first at what was deployed last, and at `/metrics` of one target.",
)
_TRAFFIC = _Kind(
    naming.TRAFFIC_STOPPED,
    f"== {Gone.TRAFFIC:d}",
    "the traffic stopped",
    "The metrics are there and stood still for WINDOW; yesterday at this time there were more than "
    f"{USUAL_EVENTS} events, and a week ago as well as far as that is known. Look first in front of the service: "
    "DNS, load balancer, clients.",
)


def service_groups(slos: Iterable[Slo]) -> dict[str, RuleGroup]:
    """The group of each service that has an SLO whose absence is told, by the id of the first of those."""
    services: dict[str, list[Slo]] = {}
    for slo in slos:
        if not slo.alerting.absence.disabled:
            services.setdefault(slo.service, []).append(slo)
    return {
        told[0].id: RuleGroup(naming.absence_group(service), tuple(_alerts(told)), INTERVAL)
        for service, told in services.items()
    }


def told_together(slos: Iterable[Slo]) -> list[list[Slo]]:
    """SLOs of one service that share their alerts: by the labels of their tickets, which say where those go."""
    parts: dict[tuple[tuple[str, str], ...], list[Slo]] = {}
    for slo in slos:
        own = {**slo.alerting.ticket.labels, **slo.alerting.absence.labels}
        parts.setdefault(tuple(sorted(own.items())), []).append(slo)
    return list(parts.values())


def _alerts(slos: Sequence[Slo]) -> Iterator[AlertingRule]:
    parts = told_together(slos)
    for told in parts:
        ids = [slo.id for slo in told] if len(parts) > 1 else []
        for kind in (_TARGET, _METRIC, _TRAFFIC):
            yield _alert(kind, told, ids)


def _alert(kind: _Kind, slos: Sequence[Slo], ids: Sequence[str]) -> AlertingRule:
    first = slos[0]
    states = _states(first, ids, kind)
    names = (
        f"{{{{range $i, $slo := query {quote(states)}}}}}"
        f"{{{{if $i}}}}, {{{{end}}}}{{{{$slo.Labels.{naming.SLO}}}}}{{{{end}}}}"
    )
    window = an_hour(max(map(lately, slos)))
    links = {
        "runbook_url": first.runbook_url,
        "dashboard_url": _common_text(slo.dashboard_url for slo in slos),
    }
    annotations = {
        "title": f"(ticket) {{{{$labels.{naming.SERVICE}}}}}: {kind.what}",
        "summary": f"{first.service}: {kind.what}; SLOs concerned: {{{{$value}}}}",
        "slos": names,
        "description": kind.description.replace("WINDOW", window),
        **{name: url for name, url in links.items() if url},
        **_common(slo.alerting.absence.annotations for slo in slos),
    }
    labels = {
        **_common(_labels(slo) for slo in slos),
        naming.SERVICE: first.service,
        **first.extra_labels,
        naming.SEVERITY: Severity.TICKET.value,
    }
    expr = f"count{by((naming.SERVICE, *first.extra_labels))}(\n{indented(states)}\n)"
    rule = AlertingRule(kind.name, expr, labels, annotations, GATHERING)
    # What the texts may read is what is true of every SLO that the alert tells of.
    shared = replace(first, labels=_common(slo.labels for slo in slos), group_by=())
    return carrying_what_it_reads(rule, shared)


def _states(slo: Slo, ids: Sequence[str], kind: _Kind) -> str:
    """The SLOs of the service, or those with `ids`, of which this is gone.

    Of the whole service, whatever was compiled with these: the same alert from two rule files is one.
    """
    chosen = selector(naming.TELEMETRY_STATE, {naming.SERVICE: slo.service, **slo.extra_labels})
    if ids:
        chosen = f"{chosen[:-1]}, {naming.ID}=~{quote('|'.join(ids).replace('.', '[.]'))}}}"
    return f"last_over_time({chosen}[{_STATES_LAST}]) {kind.condition}"


def _labels(slo: Slo) -> dict[str, str]:
    alerting = slo.alerting
    return {**literal(slo.labels), **alerting.labels, **alerting.ticket.labels, **alerting.absence.labels}


def _common(mappings: Iterable[Labels]) -> dict[str, str]:
    """What all of them say alike."""
    first, *others = mappings
    return {key: text for key, text in first.items() if all(other.get(key) == text for other in others)}


def _common_text(texts: Iterable[str]) -> str:
    found = set(texts)
    return found.pop() if len(found) == 1 else ""
