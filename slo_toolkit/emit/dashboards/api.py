"""A service's API dashboard: how many requests, how many errors, how long they take, by a label of choice.

It is made of the metrics that the service's SLOs count: a counter of events and a histogram of durations. What
their labels are called no spec says, so the reader chooses; the usual names are offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slo_toolkit import naming
from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.latency import PERCENTILES, heat_map
from slo_toolkit.emit.dashboards.links import OVERVIEW_UID, api_uid, service_uid
from slo_toolkit.emit.dashboards.logs import LOG_VARIABLES, log_row
from slo_toolkit.emit.dashboards.look import PER_SECOND, SHARE
from slo_toolkit.emit.dashboards.model import Dashboard, Json, Panel, Row, Target
from slo_toolkit.emit.dashboards.variables import PROMETHEUS_CHOICE, choice, firing_alerts
from slo_toolkit.emit.header import DASHBOARD_HEADER
from slo_toolkit.promql import braces, quote
from slo_toolkit.slo import AvailabilitySli, LatencySli, Slo

_USUAL_LABELS = ("route", "method", "status", "handler", "path", "code", "instance")
_LABEL_OF_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_BY = "sum by ($by)"
_RATE = "[$__rate_interval]"


@dataclass(frozen=True, slots=True)
class _Requests:
    """A counter of requests, and which of them are errors."""

    all: str
    errors: str


def api_dashboard(service: str, slos: Sequence[Slo]) -> Dashboard | None:
    """None where no SLO of the service counts requests or measures durations itself."""
    requests = next((_requests(slo.sli) for slo in slos if isinstance(slo.sli, AvailabilitySli)), None)
    latency = next((s.sli for s in slos if isinstance(s.sli, LatencySli) and not s.sli.native), None)
    if requests is None and latency is None:
        return None
    rows = [Row("Requests", list(_request_panels(requests)))] if requests else []
    if latency is not None:
        rows.append(Row("Durations", list(_duration_panels(latency.histogram))))
    return Dashboard(
        uid=api_uid(service),
        title=f"API: {service}",
        description=f"Requests, errors and durations of {service}. {DASHBOARD_HEADER}",
        rows=[*rows, log_row()],
        variables=[PROMETHEUS_CHOICE, _by(slos), *LOG_VARIABLES],
        annotations=[firing_alerts(f"{naming.SERVICE}={quote(service)}")],
        links=[_link("SLOs", f"/d/{service_uid(service)}"), _link("All SLOs", f"/d/{OVERVIEW_UID}")],
        time_from="now-6h",
    )


def _requests(sli: AvailabilitySli) -> _Requests:
    return _Requests(f"{sli.metric}{braces(sli.filter)}", f"{sli.metric}{braces(sli.filter, sli.errors)}")


def _by(slos: Sequence[Slo]) -> Json:
    """The usual labels, and those that the specs name."""
    named = [
        label
        for slo in slos
        if isinstance(slo.sli, AvailabilitySli)
        for label in (*slo.group_by, *_LABEL_OF_MATCHER.findall(f"{slo.sli.errors},{slo.sli.filter}"))
    ]
    options = list(dict.fromkeys((*_USUAL_LABELS, *named)))
    return choice("by", "Break down by", options, "The label by which requests and durations are told apart.")


def _request_panels(requests: _Requests) -> Iterator[Panel]:
    every, errors = f"rate({requests.all}{_RATE})", f"rate({requests.errors}{_RATE})"
    yield _lines(
        "Requests",
        "Requests per second.",
        Target(f"{_BY} ({every})", "{{$by}}"),
        look.fields(PER_SECOND, "no requests", decimals=2, low=0, colour="palette-classic", custom=_AREA),
        width=8,
    )
    yield _lines(
        "Errors",
        "Requests per second that the SLO counts as errors.",
        Target(f"{_BY} ({errors})", "{{$by}}"),
        look.fields(PER_SECOND, "no errors", decimals=3, low=0, colour="palette-classic", custom=_AREA),
        width=8,
    )
    yield _lines(
        "Share of errors",
        "Errors by requests, both summed first, so that a busy instance weighs more than an idle one.",
        Target(f"({_BY} ({errors}) or 0 * {_BY} ({every})) / ({_BY} ({every}) > 0)", "{{$by}}"),
        look.fields(SHARE, "no requests", decimals=2, low=0, colour="palette-classic", custom=look.lines()),
        width=8,
    )


def _duration_panels(histogram: str) -> Iterator[Panel]:
    bucket = f"rate({histogram}_bucket{_RATE})"
    for percent, quantile in (("p95", "0.95"), ("p99", "0.99")):
        yield _lines(
            f"Duration, {percent}",
            f"The duration that {percent[1:]} % of requests stay below, estimated from the buckets of all instances.",
            Target(f"histogram_quantile({quantile}, sum by (le, $by) ({bucket}))", "{{$by}}"),
            PERCENTILES,
            width=8,
        )
    yield _lines(
        "Mean duration",
        "All seconds by all requests: what the percentiles leave out.",
        Target(
            f"{_BY} (rate({histogram}_sum{_RATE})) / ({_BY} (rate({histogram}_count{_RATE})) > 0)", "{{$by}}"
        ),
        PERCENTILES,
        width=8,
    )
    yield heat_map(histogram, "", "How the durations spread")


def _lines(title: str, description: str, target: Target, fields: Json, width: int) -> Panel:
    return Panel(
        kind="timeseries",
        title=title,
        description=description,
        targets=[target],
        width=width,
        fields=fields,
        options=look.legend("mean", "max", "lastNotNull"),
    )


_AREA = look.lines(fill=15, stacked=True, width=1)


def _link(title: str, url: str) -> Json:
    return {
        "title": title,
        "type": "link",
        "icon": "dashboard",
        "url": url,
        "targetBlank": False,
        "keepTime": True,
        "includeVars": False,
        "asDropdown": False,
        "tags": [],
        "tooltip": "",
    }
