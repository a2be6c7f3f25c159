"""What a runbook says of errors that no rate shows: those with which a series appears."""

from __future__ import annotations

from collections.abc import Iterator

from slo_toolkit.meaning.linear import Unit
from slo_toolkit.meaning.query import read, series_of
from slo_toolkit.promql import braces, written
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, Sli


def first_errors(sli: Sli) -> Iterator[str]:
    """The section in Markdown, by lines: how a service shows its first errors, and which series hid some.

    There is none where no counters are read.
    """
    series = _counted(sli)
    if not series:
        return
    yield ""
    yield "### The first errors of each instance"
    yield ""
    yield (
        "Clients make most series with their first event, and no rate sees the value with which a series appears. "
        "So each new instance hides its first errors from alerts, from these queries and from `slo budget --raw`. "
        "Let the service make the series of every error at its start, for every route and whatever else has a label:"
    )
    yield ""
    yield '- Go: `requests.WithLabelValues("/orders", "500")`'
    yield '- Python: `requests.labels("/orders", "500")`'
    yield '- Java: `requests.labelValues("/orders", "500")`; with Micrometer, register the counter'
    yield '- JavaScript: `requests.inc({route: "/orders", code: "500"}, 0)`'
    yield ""
    yield "This finds the series that appeared in the last hour with events on them:"
    yield ""
    yield "```promql"
    yield "\nor\n".join(f"(min_over_time({one}[1h]) unless {one} offset 1h) > 0" for one in series)
    yield "```"


def _counted(sli: Sli) -> tuple[str, ...]:
    """The counters of errors; of all events where an SLI tells the good ones from them."""
    match sli:
        case EventSli(total, errors):
            query = errors or total
            counts = read(query).linear is not None and read(query).unit is not Unit.SAMPLES
            return tuple(written(*one) for one in series_of(query)) if counts else ()
        case AvailabilitySli(metric, errors, matchers):
            return (metric + braces(matchers, errors),)
        case LatencySli(histogram, _, matchers, native) if not native:
            return (f"{histogram}_count{braces(matchers)}",)
        case _:
            return ()
