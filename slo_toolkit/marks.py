"""A look-back that is read at full five minutes alone, however far the scrapes in it are apart.

rate() sees the increase from the first sample in its range to the last, and guesses the rest. At each of these marks
stands the sample that was scraped last, on the first and the last of them as well: nothing is guessed, and a window
begins on the value with which the one before it ended. What a counter counts between its last mark and its end is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from slo_toolkit.duration import Duration

STEP = Duration.of(minutes=5)
"""As far as Prometheus looks back for a sample by itself."""


@dataclass(frozen=True, slots=True, order=True)
class Marks(Duration):
    """The marks of a window that ends on one of them, as it stands in the brackets of PromQL."""

    def __str__(self) -> str:
        # A millisecond more, since a range of Prometheus 3 does not include its far end.
        return f"{Duration(self.ms + 1)}:{STEP}"
