"""How a long window is put together from shorter ones that are already recorded.

Summing six 5m windows that end 0, 5, ... 25 minutes ago gives exactly what a 30m window would, at the
same moment and without its lag, for six samples instead of sixty for each series behind the SLI. Two of
those give an hour, and so on, up to three days.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from slo_toolkit.duration import Duration

BASE = Duration.of(minutes=5)
"""The one window that is read from the source series."""

RAW_LIMIT = Duration.of(hours=1)
"""A window that is no multiple of BASE is read from the source series up to here, beyond it averaged."""

_MOST_PIECES = 12
"""More pieces than this would be a page of text; a rung is put between."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One window and the recorded `piece` of which it holds `count`."""

    window: Duration
    piece: Duration
    count: int


@lru_cache(maxsize=64)
def ladder(windows: tuple[Duration, ...]) -> tuple[Rung, ...]:
    """The rungs for every window that is a multiple of BASE, shortest first, with those needed between."""
    reached = [BASE]
    rungs: list[Rung] = []
    for window in sorted(set(windows)):
        if window <= BASE or not BASE.divides(window):
            continue
        piece = max(shorter for shorter in reached if shorter.divides(window))
        while (count := window.ms // piece.ms) > _MOST_PIECES:
            step = next((step for step in range(_MOST_PIECES, 1, -1) if count % step == 0), None)
            if step is None:
                break
            rungs.append(Rung(piece * step, piece, step))
            piece = piece * step
            reached.append(piece)
        rungs.append(Rung(window, piece, count))
        reached.append(window)
    return tuple(rungs)
