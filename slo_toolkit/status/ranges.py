"""Which values a figure can have. What lies outside is no figure, whoever recorded or answered it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from slo_toolkit.query.samples import Sample
from slo_toolkit.status.periods import LONGEST, SHORTEST
from slo_toolkit.status.reading import MAX_AGE_SECONDS

DIFFERENCE_NOISE = Decimal("0.05")
"""Two targets are not scraped at the same time, so a difference of what they count may be so much of it below 0."""

OTHER_MOMENT = "the server's answer is of another moment than was asked for"
"""The only flaw that is none of a figure alone."""

_FLOAT_NOISE = Decimal("1e-9")
_MOST_EVENTS = Decimal("1e20")


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`; both belong to it unless it is `open`. `what` names the figure in messages."""

    what: str
    low: Decimal = Decimal(0)
    high: Decimal = _MOST_EVENTS
    is_open: bool = False

    def has(self, value: Decimal) -> bool:
        return self.low < value < self.high if self.is_open else self.low <= value <= self.high


ERROR_RATIO = Range("error ratio", -_FLOAT_NOISE, Decimal("1e6"))
"""Above 1 it is still told, as more errors than events."""
RECENT_ERROR_RATIO = Range("error ratio", -DIFFERENCE_NOISE, Decimal("1e6"))
"""Of a short window, in which the noise of a difference does not even out."""
EVENTS = Range("number of events")
ERRORS = Range("number of errors", -_MOST_EVENTS)
"""Below 0 where it is the noise of a difference; `without_noise` tells."""
SHARE = Range("share", -_FLOAT_NOISE, Decimal("1.05"))
OBJECTIVE = Range(
    "objective that leaves a budget: state one above 0 and below 100 % in its spec, such as 99.9",
    Decimal(0),
    Decimal(1),
    is_open=True,
)
PERIOD_DAYS = Range(
    "period from five minutes to ten years in days", Decimal(repr(SHORTEST.days)), Decimal(repr(LONGEST.days))
)
BASE_SECONDS = Range("window in seconds", Decimal(1), Decimal(86_400))


def moment(at: float) -> Range:
    """When something was last there, as told at `at`: not in the future."""
    return Range("moment in the past", Decimal(0), Decimal(repr(at + MAX_AGE_SECONDS)))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a sample says: a value, or why it is none. Neither for NaN, which is how Prometheus says "not known"."""

    value: Decimal | None = None
    flaw: str = ""

    def flaw_of(self, figure: str) -> str:
        """The flaw as a sentence about the figure of that name."""
        return self.flaw if self.flaw == OTHER_MOMENT else f"{figure} {self.flaw or 'is NaN'}"


def measured(sample: Sample, at: float, within: Range) -> Measured:
    """The value of a sample that was asked for at `at`, in Unix seconds."""
    if not abs(at - sample.time) <= MAX_AGE_SECONDS:  # also for a time that is NaN
        return Measured(flaw=OTHER_MOMENT)
    if math.isnan(sample.value):
        return Measured()
    if math.isinf(sample.value):
        return Measured(flaw="is infinite")
    value = Decimal(repr(sample.value))
    if not within.has(value):
        return Measured(flaw=f"is {float(value):.6g}, which is no {within.what}")
    return Measured(max(value, Decimal(0)) if within.high > 0 > within.low > -1 else value)


def without_noise(errors: Decimal | None, valid: Decimal | None) -> Measured:
    """Error events beside the valid ones: a little below 0 they are none, and far below 0 nobody knows them."""
    if errors is None or errors >= 0:
        return Measured(errors)
    if valid is not None and errors >= -DIFFERENCE_NOISE * valid:
        return Measured(Decimal(0))
    return Measured(flaw=f"there are {float(errors):.6g} errors: more good events than there were events")
