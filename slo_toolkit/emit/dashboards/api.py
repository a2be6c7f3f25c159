"""A service's API dashboard: how many requests, how many errors, how long they take, by a label of choice.

It is made of the metrics that the service's SLOs count: a counter of events and a histogram of durations. What
their labels are called no spec says, so the reader chooses; the usual names are offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.latency import duration_unit, heat_map, percentile_fields
from slo_toolkit.emit.dashboards.links import OVERVIEW_UID, api_uid, service_uid, top_link
from slo_toolkit.emit.dashboards.logs import LOG_VARIABLES, log_row
from slo_toolkit.emit.dashboards.model import Dashboard, Json, Panel, Row, Target, step
from slo_toolkit.emit.dashboards.variables import PROMETHEUS_CHOICE, choice, firing_alerts
from slo_toolkit.emit.header import DASHBOARD_HEADER
from slo_toolkit.promql import braces, quote
from slo_toolkit.slo import AvailabilitySli, LatencySli, Slo

_USUAL_LABELS = ("route", "method", "status", "handler", "path", "code", "instance")
_LABEL_OF_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_BY = "sum by ($by)"
_RATE = "[$__rate_interval]"


def api_dashboard(service: str, slos: Sequence[Slo]) -> Dashboard | None:
    """None where no SLO of the service counts requests or measures durations itself."""
    rows = [*_rows_of_requests(slos), *_rows_of_durations(slos)]
    if not rows:
        return None
    return Dashboard(
        uid=api_uid(service),
        title=f"API: {service}",
        description=f"Requests, errors and durations of {service}. {DASHBOARD_HEADER}",
        rows=[*rows, log_row()],
        variables=[PROMETHEUS_CHOICE, _by(slos), *LOG_VARIABLES],
        annotations=[firing_alerts(f"{naming.SERVICE}={quote(service)}")],
        links=[
            top_link("SLOs", f"/d/{service_uid(service)}", "The SLOs of this service"),
            top_link("All SLOs", f"/d/{OVERVIEW_UID}", "Every service's SLOs"),
        ],
        time_from="now-6h",
    )


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


def _rows_of_requests(slos: Sequence[Slo]) -> Iterator[Row]:
    """The counter of the first SLO that has one: the other SLOs count parts of the same requests."""
    for slo in slos:
        if isinstance(slo.sli, AvailabilitySli):
            yield Row("Requests", list(_request_panels(slo.sli, slo.scrape_interval)))
            return


def _rows_of_durations(slos: Sequence[Slo]) -> Iterator[Row]:
    for slo in slos:
        if isinstance(slo.sli, LatencySli) and not slo.sli.native:
            yield Row("Durations", list(_duration_panels(slo.sli, slo.scrape_interval)))
            return


def _request_panels(sli: AvailabilitySli, scrape: Duration) -> Iterator[Panel]:
    every = f"rate({sli.metric}{braces(sli.filter)}{_RATE})"
    errors = f"rate({sli.metric}{braces(sli.filter, sli.errors)}{_RATE})"
    yield _lines("Requests", "Requests per second.", f"{_BY} ({every})", scrape, _PER_SECOND)
    yield _lines(
        "Errors", "Requests per second that the SLO counts as errors.", f"{_BY} ({errors})", scrape, _ERRORS
    )
    yield _lines(
        "Share of errors",
        "Errors by requests, both summed first, so that a busy instance weighs more than an idle one.",
        f"({_BY} ({errors}) or 0 * {_BY} ({every})) / ({_BY} ({every}) > 0)",
        scrape,
        _SHARE,
    )


def _duration_panels(sli: LatencySli, scrape: Duration) -> Iterator[Panel]:
    """Of all requests, whatever they are to the SLO: a fast error shows, too."""
    fields = percentile_fields(duration_unit(sli.histogram))
    bucket, total, count = (f"rate({sli.histogram}_{part}{_RATE})" for part in ("bucket", "sum", "count"))
    for percent, quantile in (("95", "0.95"), ("99", "0.99")):
        yield _lines(
            f"Duration, p{percent}",
            f"The duration that {percent} % of requests stay below, estimated from the buckets of all instances.",
            f"histogram_quantile({quantile}, sum by (le, $by) ({bucket}))",
            scrape,
            fields,
        )
    yield _lines(
        "Mean duration",
        "All seconds by all requests: what the percentiles leave out.",
        f"{_BY} ({total}) / ({_BY} ({count}) > 0)",
        scrape,
        fields,
    )
    yield replace(heat_map(sli, "", scrape), width=24)


def _lines(title: str, description: str, expr: str, scrape: Duration, fields: Json) -> Panel:
    return Panel(
        kind="timeseries",
        title=title,
        description=description,
        targets=[Target(expr, "{{$by}}", scrape=scrape)],
        width=8,
        height=9,
        interval=step(scrape),
        fields=fields,
        options=look.legend("mean", "max", "lastNotNull"),
    )


_AREA = look.lines(fill=15, stacked=True, width=1)
_PER_SECOND = look.fields(
    look.PER_SECOND, "no requests", decimals=2, low=0, colour="palette-classic", custom=_AREA
)
_ERRORS = look.fields(look.PER_SECOND, "no errors", decimals=3, low=0, colour="palette-classic", custom=_AREA)
_SHARE = look.fields(
    look.SHARE, "no requests", decimals=2, low=0, colour="palette-classic", custom=look.lines()
)
