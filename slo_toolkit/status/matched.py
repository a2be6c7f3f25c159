"""An error query that matches nothing any more reads as no errors: when that is a doubt, and its words.

A label that was on series of the total and is on none of them was renamed. That the query merely matches no series is
usual after each deploy, since the error series of a new pod appear with its first error. It is a doubt once so many
events came that errors would have been usual, by the period before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.plan.intervals import just_within
from slo_toolkit.promql import quote
from slo_toolkit.query.samples import Sample
from slo_toolkit.slo import Labels
from slo_toolkit.status.moments import rfc3339
from slo_toolkit.status.reading import FIGURE, Source, read_figures
from slo_toolkit.status.series import ERROR_COUNT, SLOT, VALID_COUNT

REMEMBERED = Duration.of(days=90)
"""A quarter, the longest usual period: until then a query that once matched is known to have done so."""

USUAL_ERRORS = 20
"""Errors that come by themselves are missing so often by chance: e^-20, which is never."""
USUAL_HOURS = 7
"""But errors come in outages, too: so many hours with errors would have been usual as well; e^-7 is a thousandth."""

_HOUR = Duration.of(hours=1)


@dataclass(frozen=True, slots=True)
class Since:
    """What came since the error query last matched a series, at `moment` in Unix seconds, and what was usual."""

    moment: float
    events: Decimal
    errors: Decimal
    """Those that so many events would have had in the period before."""
    hours: Decimal
    """The hours with errors that so many events would have had."""

    @property
    def doubt(self) -> str:
        """Empty where that is nothing unusual."""
        if self.errors < USUAL_ERRORS or self.hours < USUAL_HOURS:
            return ""
        return (
            f"the error query has matched no series since {rfc3339(self.moment)}, while {self.events:,.0f} events came "
            f"and some {self.errors:,.0f} errors were usual: was a label or its value renamed?"
        )


def label_gone(metric: str, label: str, moment: float) -> str:
    """The doubt about a label that was on series of the total until then."""
    return (
        f"no series of {metric} has the label {label} since {rfc3339(moment)}, so the error query matches nothing: "
        "was the label renamed?"
    )


def last_matched(matchers: str, within: Duration) -> dict[str, str]:
    """When errors, and labels that tell them, were last there; of those alone that are not there now. As PromQL."""
    return {
        figure: f"(max_over_time({metric}{{{matchers}}}[{within}]) > 0 "
        f"and last_over_time({metric}{{{matchers}}}[{within}]) == 0)"
        for figure, metric in ((UNMATCHED, naming.ERRORS_MATCHED), (LABEL_GONE, naming.ERROR_LABEL_SEEN))
    }


UNMATCHED, LABEL_GONE = "unmatched_since", "label_gone_since"
EVENTS_SINCE, EVENTS_BEFORE, ERRORS_BEFORE, HOURS_BEFORE = (
    "events_since",
    "events_before",
    "errors_before",
    "hours_before",
)


def about_label(sample: Sample) -> tuple[Labels, str]:
    """The labels of the SLO and group that a sample of LABEL_GONE is about, and the figure's name."""
    told = {naming.METRIC_TOLD, naming.LABEL_TOLD}
    labels = {name: text for name, text in sample.labels.items() if name not in told}
    metric, label = (sample.labels.get(name, "") for name in (naming.METRIC_TOLD, naming.LABEL_TOLD))
    return labels, f"{LABEL_GONE} {metric} {label}"


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An SLO, or a group of it, whose error query matches nothing since `moment`, in Unix seconds."""

    slo_id: str
    period: Duration
    moment: float


def read_usual(
    source: Source, matchers: str, unmatched: Sequence[Unmatched], at: float
) -> Iterator[tuple[str, float, Sample]]:
    """Figures of what came since, and of the period before, each with the moment that it is about.

    One request for all of them. Those that have moment and period alike, as after a deploy, are asked together.
    """
    together: dict[tuple[Duration, float], dict[str, None]] = {}
    for one in unmatched:
        together.setdefault((one.period, one.moment), {})[one.slo_id] = None
    moments = [moment for _, moment in together]
    wanted = {
        f"{figure}/{number}": expression
        for number, ((period, moment), ids) in enumerate(together.items())
        for figure, expression in _usual(period, at - moment, f"{matchers}, {_of(ids)}").items()
    }
    for sample in read_figures(source, wanted, at):
        figure, _, number = sample.labels[FIGURE].partition("/")
        yield figure, moments[int(number)], sample


def _of(ids: Mapping[str, None]) -> str:
    return f"{naming.ID}=~{quote('|'.join(ids).replace('.', '[.]'))}"


def _usual(period: Duration, seconds: float, matchers: str) -> dict[str, str]:
    age = Duration(round(seconds * 1000))
    valid, errors = (f"{stem}{SLOT}{{{matchers}}}" for stem in (VALID_COUNT, ERROR_COUNT))
    before = f"{{{matchers}}}[15m] offset {age}"
    with_errors = f"sum_over_time({errors}[{just_within(_HOUR)}]) > 0"
    return {
        EVENTS_SINCE: f"sum_over_time({valid}[{just_within(age)}])",
        EVENTS_BEFORE: f"last_over_time({VALID_COUNT}{period}{before})",
        ERRORS_BEFORE: f"last_over_time({ERROR_COUNT}{period}{before})",
        HOURS_BEFORE: f"count_over_time(({with_errors})[{just_within(period)}:{_HOUR}] offset {age})",
    }


def usual(moment: float, figures: Mapping[str, Decimal | None]) -> Since | None:
    """None where the figures do not tell what was usual: then nobody knows of errors that are missing."""
    since, before, errors, hours = (
        figures.get(name) for name in (EVENTS_SINCE, EVENTS_BEFORE, ERRORS_BEFORE, HOURS_BEFORE)
    )
    if since is None or not before or errors is None or hours is None:
        return None
    times = since / before
    return Since(moment, since, errors * times, hours * times)
