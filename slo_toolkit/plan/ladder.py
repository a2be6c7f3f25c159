"""How a long window is put together from shorter ones that are already recorded.

Summing six 5m windows that end 0, 5, ... 25 minutes ago gives exactly what a 30m window would, at the
same moment and without its lag, for six samples instead of sixty for each series behind the SLI. Two of
those give an hour, and so on, up to three days. The base of all of them, here 5m, is the one window that is read
from the source series.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from slo_toolkit.duration import Duration
from slo_toolkit.windows import BASE_WINDOWS

BASE = BASE_WINDOWS[0]
"""The base window of metrics that are scraped every two minutes or more often."""

_RAW_LIMIT = 12
"""A window that is no multiple of the base is read from the source up to so many of it, an hour for five minutes."""

_MOST_PIECES = 12
"""More pieces than this would be a page of text; a rung is put between."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One window and the recorded `piece` of which it holds `count`."""

    window: Duration
    piece: Duration
    count: int


def raw_limit(base: Duration) -> Duration:
    """How long a window may be to be read from the source series; beyond it is averaged."""
    return base * _RAW_LIMIT


@lru_cache(maxsize=64)
def ladder(windows: tuple[Duration, ...], base: Duration) -> tuple[Rung, ...]:
    """The rungs for every window that is a multiple of `base`, shortest first, with those needed between."""
    reached = [base]
    rungs: list[Rung] = []
    for window in sorted(set(windows)):
        if window <= base or not base.divides(window):
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
