"""What was measured of one SLO or one group of it, whichever way it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, TypeVar

from slo_toolkit.duration import Duration
from slo_toolkit.errors import NotMeasurable
from slo_toolkit.query.failures import QueryFailed
from slo_toolkit.query.samples import Sample, Series
from slo_toolkit.slo import Labels, Tier, no_labels
from slo_toolkit.status.model import BURN_WINDOW, ActiveAlert, Origin, Unmeasured
from slo_toolkit.status.periods import Span
from slo_toolkit.windows import BASE_WINDOWS

MAX_AGE_SECONDS = 330
"""Rules record every five minutes at least, and an evaluation may start a little late."""

Answer = TypeVar("Answer")

FIGURE = "slo_figure"
"""Tells the figures apart that one request brings; no stored series carries it."""


class Source(Protocol):
    """A Prometheus to ask, as `slo_toolkit.query.Prometheus` is one."""

    @property
    def warnings(self) -> Sequence[str]: ...

    def instant(self, expr: str, at: float, share: float = 1) -> Sequence[Sample]: ...

    def range(self, expr: str, start: float, end: float, step: float) -> Sequence[Series]: ...

    def server_time(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """Facts, not yet judged. `doubts` say why they are too few or too old to judge by."""

    service: str
    slo: str
    group: Labels
    objective: Decimal | None
    span: Span
    period: Duration
    """The SLO's own compliance period, whatever span was asked for: its alerts follow this one."""
    origin: Origin
    base_window: Duration = BASE_WINDOWS[0]
    """The shortest window that is known: longer where scrapes are seldom."""
    error_ratio: Decimal | None = None
    valid_events: Decimal | None = None
    error_events: Decimal | None = None
    unknown_events: Decimal | None = None
    """Events beside the valid ones of which nobody knows whether they were errors; None where there are none."""
    coverage: Decimal | None = None
    unmeasured: Unmeasured | None = None
    """None where it is not known."""
    ratios: Mapping[Duration, Decimal] = field(default_factory=dict)
    """Error ratio by window."""
    recent_errors: Mapping[Duration, Decimal] = field(default_factory=dict)
    """Error events of the last hour, day and week."""
    tiers: tuple[Tier, ...] = ()
    tiers_are_assumed: bool = False
    alerts: tuple[ActiveAlert, ...] | None = None
    """None where nobody asked for them, as for a period that is over."""
    doubts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What is to be put right, though the figures are."""
    apart: Labels = field(default_factory=no_labels)
    """Labels that all its series carry, the objective's among them: they tell it from the same SLO elsewhere."""
    is_untrustworthy: bool = False
    """The figures themselves may be wrong, such as those of a partial response."""

    @property
    def burn_window(self) -> Duration:
        """The window whose burn rate tells how long the rest lasts: five minutes are too few to say."""
        return max(BURN_WINDOW, self.base_window)


SLOS_PER_REQUEST = 20
"""More would run into the deadline of a request where the source series are many."""


def read_figures(
    source: Source, expressions: Mapping[str, str], at: float, share: float = 1
) -> tuple[Sample, ...]:
    """The samples of all expressions in one request; each tells in the label `slo_figure` whose it is.

    The request may take a `share` of the time that is left for the whole answer.

    Raises NotMeasurable for a sample that was not asked for: then the answer is one to another question.
    """
    samples = source.instant(_in_one(expressions), at, share)
    _expect_only(expressions, samples)
    return tuple(samples)


def if_in_time(what: str, read: Callable[[], Answer]) -> tuple[Answer | None, tuple[str, ...]]:
    """What is of help but decides nothing, and no warning; where it comes too late, None and a warning."""
    try:
        return read(), ()
    except QueryFailed as failure:
        if not failure.is_of_time:
            raise
        return None, (f"{what}: {failure.reason}",)


def read_figure_series(
    source: Source, expressions: Mapping[str, str], start: float, end: float, step: float
) -> tuple[Series, ...]:
    """The same over a range. Raises NotMeasurable also for a point at a time that was not asked for."""
    series = source.range(_in_one(expressions), start, end, step)
    _expect_only(expressions, series)
    if any(not start - 1 <= time <= end + 1 for one in series for time, _ in one.points):
        raise NotMeasurable("the server's answer has points at times that were not asked for")
    return tuple(series)


def _expect_only(expressions: Mapping[str, str], rows: Sequence[Sample] | Sequence[Series]) -> None:
    if any(row.labels.get(FIGURE) not in expressions for row in rows):
        raise NotMeasurable(
            "the server's answer has series that were not asked for; "
            "does something before it, such as a cache, give the answers to other questions?"
        )


def _in_one(expressions: Mapping[str, str]) -> str:
    return "\nor\n".join(
        f'label_replace({expression}, "{FIGURE}", "{name}", "", "")'
        for name, expression in expressions.items()
    )
