"""The episodes that spent the budget: stretches in which it burned faster than the period allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slo_toolkit.duration import Duration
from slo_toolkit.status.history import LEAST_EVENTS, History, Step
from slo_toolkit.status.model import BudgetStatus

JOINED_WITHIN = Duration.of(minutes=30)
"""A pause no longer than this does not end an episode: it is the same incident."""

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
    """From `start` to `end` in Unix seconds, good to five minutes."""

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
            start=slots[0].end - hot.step.seconds,
            end=slots[-1].end,
            peak_burn_rate=max(slot.errors / slot.valid for slot in slots) / error_budget,
            errors=sum(slot.errors for slot in slots),
            budget_share=sum(slot.errors for slot in slots) / allowed,
        )
        for slots in _runs(_standing_out(status, hot.steps), hot.step.seconds)
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
    return [step for step in steps if step.valid and step.errors / step.valid > least]


def _runs(steps: Sequence[Step], step: float) -> Iterator[list[Step]]:
    run: list[Step] = []
    for slot in steps:
        if run and slot.end - step - run[-1].end > JOINED_WITHIN.seconds:
            yield run
            run = []
        run.append(slot)
    if run:
        yield run
