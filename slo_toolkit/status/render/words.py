"""Figures as people read them. Rounded downwards where rounding up would look better than it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import TypeVar

from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.status.episodes import Episode
from slo_toolkit.status.model import BURN_WINDOW, BudgetStatus, Origin, Verdict
from slo_toolkit.status.moments import local

Figure = TypeVar("Figure")

UNKNOWN = "-"

VERDICT = {
    Verdict.EXHAUSTED: "exhausted",
    Verdict.NO_DATA: "no data",
    Verdict.AT_RISK: "at risk",
    Verdict.MET: "met",
}

_MANY = 1_000_000

_EXACT = Context(prec=700)
"""Enough digits for every float and its decimals: the usual 28 end with an error."""


def or_unknown(figure: Figure | None, words: Callable[[Figure], str]) -> str:
    return UNKNOWN if figure is None else words(figure)


def objective(ratio: Decimal) -> str:
    return f"{plain((ratio * 100).normalize())} %"


def sli(status: BudgetStatus) -> str:
    """The share of good events, two decimals finer than the objective."""
    if status.error_ratio is None:
        return UNKNOWN
    digits = 2
    if status.objective is not None:
        exponent = (status.objective * 100).normalize().as_tuple().exponent
        digits = max(0, -int(exponent)) + 2
    return f"{_floor((1 - status.error_ratio) * 100, digits)} %"


def share(ratio: Decimal) -> str:
    """A share of the budget in percent: one decimal below ten, none where it is far beyond."""
    percent = ratio * 100
    return f"{_floor(percent, 1 if abs(percent) < 1000 else 0):,} %"


def points(change: Decimal) -> str:
    """How much a share changed, in percentage points."""
    # Adding 0 takes the sign from what is rounded to nothing.
    return f"{_round(change * 100, 1) + 0:+,} pp"


def spent_share(ratio: Decimal) -> str:
    """A share of the budget that was spent, with at least two digits that say something."""
    percent = ratio * 100
    if percent and abs(percent) < Decimal("0.01"):
        return "< 0.01 %"
    return f"{_round(percent, 2 if abs(percent) < 10 else 1)} %"


def events(count: Decimal) -> str:
    if abs(count) >= _MANY:
        return f"{_round(count / _MANY, 2):,} M"
    if count and abs(count) < 10:
        return f"{_round(count, 1)}"
    return f"{_round(count, 0):,}"


def burn_rate(rate: Decimal) -> str:
    if rate and rate < Decimal("0.01"):
        return "< 0.01x"
    return f"{_round(rate, 2 if rate < 10 else 1 if rate < 100 else 0):,}x"


def minutes(seconds: Decimal) -> str:
    """A time of full outage, in minutes: one decimal below a hundred."""
    value = seconds / 60
    return f"{_floor(value, 1 if abs(value) < 100 else 0):,} min"


def length(duration: Duration) -> str:
    """Two units at most: `3d 4h`, `50m`, `20s`."""
    seconds = duration.ms // 1000
    for size, unit, smaller_size, smaller in (
        (86_400, "d", 3600, "h"),
        (3600, "h", 60, "m"),
        (60, "m", 1, "s"),
    ):
        if seconds >= size:
            whole, rest = divmod(seconds, size)
            part = rest // smaller_size
            wanted = part and (unit != "m" or whole < 10)
            return f"{whole}{unit} {part}{smaller}" if wanted else f"{whole}{unit}"
    return f"{seconds}s"


def recent_burn_rate(status: BudgetStatus) -> str:
    """That of the last hour; where it is of a longer window, with that."""
    if status.burn_rate is None:
        return UNKNOWN
    window = "" if status.burn_window == BURN_WINDOW else f" ({status.burn_window})"
    return burn_rate(status.burn_rate) + window


def exhaustion(status: BudgetStatus) -> str:
    """When the budget is gone at the recent burn rate."""
    left = status.time_to_exhaustion
    if left is not None:
        return "gone" if left.ms == 0 else length(left)
    return "-" if status.burn_rate is None or status.spending is None or status.span.is_closed else "never"


def coverage(status: BudgetStatus) -> str:
    """`11 of 30 days`, in hours where the period is short."""
    if status.coverage is None:
        return UNKNOWN
    elapsed = status.span.elapsed
    size, unit = (86_400_000, "days") if elapsed.ms >= 3 * 86_400_000 else (3_600_000, "hours")
    whole = Decimal(elapsed.ms) / size
    measured = status.coverage * whole
    return f"{plain(_floor(measured, 1))} of {plain(_round(whole, 1))} {unit}"


def at_worst(status: BudgetStatus) -> str:
    """What would be left if all that was not measured were errors; empty where that is hardly less."""
    if not status.hides_errors or status.unmeasured is None or status.remaining_at_worst is None:
        return ""
    return f"{share(status.remaining_at_worst)} at worst: {status.unmeasured} not measured"


def episode_titles(told: Sequence[Episode], zone: tzinfo) -> tuple[str, ...]:
    """What `episode` gives, without the last where nothing stands out in any of them."""
    titles = ("#", f"From ({zone})", "Lasted", "Budget spent", "Peak burn rate", "Mostly")
    return titles if any(one.contributions for one in told) else titles[:-1]


def episode(number: int, told: Episode, zone: tzinfo) -> tuple[str, str, str, str, str, str]:
    """Number, start, length, share of the budget, peak burn rate, and what most of its errors had in common."""
    mostly = ", ".join(f"{part.label}={part.value} ({part.share:.0%})" for part in told.contributions)
    return (
        str(number),
        local(told.start, zone),
        length(told.length),
        spent_share(Decimal(told.budget_share)),
        burn_rate(Decimal(told.peak_burn_rate)),
        mostly or UNKNOWN,
    )


def source(origin: Origin) -> str:
    return "recorded" if origin is Origin.RECORDED else "raw queries"


def _floor(number: Decimal, digits: int) -> Decimal:
    # What sums of binary floats are off by must not make 90 % read 89.9 %.
    return _round(number, digits + 6).quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR, _EXACT)


def _round(number: Decimal, digits: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN, _EXACT)
