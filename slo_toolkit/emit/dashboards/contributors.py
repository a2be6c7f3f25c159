"""Who is hit: which labels the errors of the shown range had, and what each cost of the budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from slo_toolkit import naming
from slo_toolkit.budget import plain
from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.json_text import Shared
from slo_toolkit.emit.dashboards.look import override_like
from slo_toolkit.emit.dashboards.model import Panel, Target
from slo_toolkit.emit.query_reading import counters
from slo_toolkit.promql import braces, by, identity_selector, le_matcher, number
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Slo

REPLICA_LABELS = ("instance", "pod", "container", "job")
"""Labels that say which replica it was, not who was hit; a service has too many of their values."""

_MOST = 10
_RANGE = "[$__range]"


def contributors(slo: Slo, counted: bool) -> Iterator[Panel]:
    """The label sets with the most errors; nothing where the SLI does not tell single series."""
    errors = _errors(slo)
    if not errors:
        return
    share = "the whole budget" if counted else "these errors"
    yield Panel(
        kind="table",
        title="Where the budget went",
        description=(
            f"The labels with the most errors in the shown range, and the share of {share} that each took. "
            "This reads the SLI's own series, so it takes longer than the other panels."
        ),
        targets=[_worst(_share(slo, expr, counted)) for expr in errors],
        fields=_FIELDS,
        options=_OPTIONS,
        transformations=_TRANSFORMATIONS,
    )


def _worst(share: str) -> Target:
    return Target(f"topk({_MOST}, {share} > 0)", instant=True, format="table")


def _share(slo: Slo, errors: str, counted: bool) -> str:
    """By what the period allows; without recorded events by all of these errors."""
    if not counted:
        return f"({errors}) / on () group_left () sum({errors})"
    valid = identity_selector(naming.valid_events_count(slo.period), slo)
    allowed = f"({number(slo.objective.error_budget)} * sum{by(slo.group_by)}({valid}) > 0)"
    return f"({errors}) / on ({', '.join(slo.group_by)}) group_left () {allowed}"


def _errors(slo: Slo) -> Sequence[str]:
    """The errors of the range by label, for each counter of errors that the SLI names."""
    match slo.sli:
        case AvailabilitySli(metric, errors, matchers):
            return [_increase(slo, f"{metric}{braces(matchers, errors)}")]
        case LatencySli(histogram, threshold, matchers, native=False):
            every = _increase(slo, f"{histogram}_count{braces(matchers)}")
            fast = _increase(slo, f"{histogram}_bucket{braces(matchers, le_matcher(threshold))}", "le")
            return [f"{every} - {fast}"]
        case LatencySli(histogram, threshold, matchers):
            increase = _increase(slo, f"{histogram}{braces(matchers)}")
            return [
                f"(1 - histogram_fraction(0, {plain(threshold)}, {increase})) * histogram_count({increase})"
            ]
        case ProbeSli(metric, matchers):
            series = f"{metric}{braces(matchers)}{_RANGE}"
            return [f"(count_over_time({series}) - sum_over_time({series}))"]
        case EventSli(_, str() as errors):
            return [_increase(slo, selector) for selector in counters(errors)]
        case EventSli() | RawSli():
            return ()
        case _ as unreachable:
            assert_never(unreachable)


def _increase(slo: Slo, selector: object, *without: str) -> str:
    dropped = [label for label in (*REPLICA_LABELS, *without) if label not in slo.group_by]
    return f"sum without ({', '.join(dropped)}) (increase({selector}{_RANGE}))"


_FIELDS = look.fields(
    "none",
    "no errors",
    custom={"align": "auto", "cellOptions": {"type": "auto"}, "filterable": False, "minWidth": 80},
    overrides=[
        override_like(
            "^Value",
            displayName="Budget spent",
            unit=look.SHARE,
            decimals=1,
            min=0,
            max=1,
            thresholds=look.thresholds(
                ((None, look.GREEN), (0.1, look.YELLOW), (0.25, look.ORANGE), (0.5, look.RED))
            ),
            color={"mode": "thresholds"},
            custom__cellOptions={"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
            custom__minWidth=180,
        )
    ],
)
_OPTIONS = Shared(
    {
        "showHeader": True,
        "cellHeight": "sm",
        "sortBy": [{"displayName": "Budget spent", "desc": True}],
    }
)
_TRANSFORMATIONS = (
    Shared({"id": "merge", "options": {}}),
    Shared(
        {
            "id": "organize",
            "options": {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": {}},
        }
    ),
)
