"""The episodes that spent the budget: stretches in which it burned faster than the period allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slo_toolkit.duration import Duration
from slo_toolkit.status.history import LEAST_EVENTS, History, Step
from slo_toolkit.status.model import BudgetStatus

JOINED_WITHIN = Duration.of(minutes=30)
"""A pause no longer than this does not end an episode: it is the same incident.

Times are good to five minutes, so a pause of 25 minutes never shows as more, and one of 40 always does.
"""

LEAST_SHARE = 0.005
"""What spent less of the budget than this is not worth a line."""

MOST = 5

TIMES_THE_MEAN = 2
"""Where the budget always burns too fast, an episode burns at least so many times faster than the whole period."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """How much of an episode's errors had this label value."""

    label: str
    value: str
    share: float


@dataclass(frozen=True, slots=True)
class Episode:
    """From `start` to `end` in Unix seconds: whole five minutes, and right to five minutes."""

    start: float
    end: float
    peak_burn_rate: float
    errors: float
    budget_share: float
    """Share of the period's whole budget that was spent in it."""
    contributions: tuple[Contribution, ...] = ()

    @property
    def length(self) -> Duration:
        return Duration(round((self.end - self.start) * 1000))


def episodes(status: BudgetStatus, hot: History) -> tuple[Episode, ...]:
    """The dearest episodes in the order of time, from the slots that burned too fast."""
    allowed = _allowed(status, hot)
    if status.objective is None or allowed < LEAST_EVENTS:
        return ()
    error_budget = float(1 - status.objective)
    found = [
        Episode(
            start=start,
            end=end,
            peak_burn_rate=max(map(_ratio, slots)) / error_budget,
            errors=sum(slot.errors for slot in slots),
            budget_share=sum(slot.errors for slot in slots) / allowed,
        )
        for start, end, slots in _episodes(_standing_out(status, hot.steps), hot.step.seconds)
    ]
    dearest = sorted(found, key=lambda episode: episode.budget_share, reverse=True)[:MOST]
    return tuple(
        sorted((e for e in dearest if e.budget_share >= LEAST_SHARE), key=lambda episode: episode.start)
    )


def _allowed(status: BudgetStatus, hot: History) -> float:
    """Error events that the period allows; where events are not counted, seconds."""
    if status.spending is not None and status.spending.allowed_events is not None:
        return float(status.spending.allowed_events)
    if status.objective is None:
        return 0.0
    return float(1 - status.objective) * status.span.length.seconds


def _standing_out(status: BudgetStatus, steps: Sequence[Step]) -> list[Step]:
    least = TIMES_THE_MEAN * float(status.error_ratio or 0)
    return [step for step in steps if step.valid and _ratio(step) > least]


def _episodes(steps: Sequence[Step], step: float) -> Iterator[tuple[float, float, list[Step]]]:
    """Start, end and slots of each: runs of slots, those together that a short pause divides."""
    start, end, slots = 0.0, 0.0, list[Step]()
    for run in _runs(steps, step):
        begins, ends = _extent(run, step)
        if slots and begins - end > JOINED_WITHIN.seconds:
            yield start, end, slots
            slots = []
        start, end, slots = (start if slots else begins), ends, [*slots, *run]
    if slots:
        yield start, end, slots


def _runs(steps: Sequence[Step], step: float) -> Iterator[list[Step]]:
    """Slots that follow each other without a gap."""
    run: list[Step] = []
    for slot in steps:
        if run and slot.end - run[-1].end > 1.5 * step:
            yield run
            run = []
        run.append(slot)
    if run:
        yield run


def _extent(run: Sequence[Step], step: float) -> tuple[float, float]:
    """From when to when a run went on.

    Its first and its last slot hold whatever part of the trouble fell into them: less than half of it is left out.
    """
    first, last = 0, len(run) - 1
    if first < last and _ratio(run[first]) <= _ratio(run[first + 1]) / 2:
        first += 1
    if first < last and _ratio(run[last]) <= _ratio(run[last - 1]) / 2:
        last -= 1
    return run[first].end - step, run[last].end


def _ratio(slot: Step) -> float:
    return slot.errors / slot.valid
