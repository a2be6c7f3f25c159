"""What happened over the period of every status: its history for plots, and the episodes that spent the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slo_toolkit.duration import Duration
from slo_toolkit.slo import Slo
from slo_toolkit.status.contributions import with_contributions
from slo_toolkit.status.episodes import Episode, episodes
from slo_toolkit.status.history import Chronicle, History
from slo_toolkit.status.model import BudgetStatus, Key
from slo_toolkit.status.reading import Source
from slo_toolkit.status.series import SLOT

_STEPS = 360
"""Steps of a plot, for a month two hours each."""


@dataclass(frozen=True, slots=True)
class Story:
    history: History
    episodes: tuple[Episode, ...] = ()

    @classmethod
    def untold(cls) -> Story:
        return cls(History(SLOT))


def read_stories(
    source: Source, statuses: Sequence[BudgetStatus], specs: Sequence[Slo] = ()
) -> dict[Key, Story]:
    """A story for each status that has figures, in a few requests for all of them.

    `specs` tell the labels that stand out, and are needed for what no rules record.
    """
    told = [status for status in statuses if status.spending is not None]
    if not told:
        return {}
    chronicle = Chronicle(source, told, specs)
    histories = chronicle.histories(_step(told))
    hot = chronicle.hot_slots()
    found = {
        status.key: (status, episodes(status, hot[status.key]) if status.key in hot else ())
        for status in told
    }
    dearest = with_contributions(source, found, specs)
    return {
        status.key: Story(histories.get(status.key, History(SLOT)), dearest[status.key]) for status in told
    }


def _step(statuses: Sequence[BudgetStatus]) -> Duration:
    """A multiple of five minutes, so that each count is in one step."""
    longest = max(status.span.length for status in statuses)
    return SLOT * max(1, -(-longest.ms // (_STEPS * SLOT.ms)))
