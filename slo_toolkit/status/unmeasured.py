"""What nobody measured of a period, and the figures by which it is told what that may hide.

Most of a gap is in the counters afterwards (see plan/recovery). What is in none is time of which nothing is known but
that the SLI had been measured before, so every event in it may have been an error.
"""

from __future__ import annotations

from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.plan.intervals import just_within
from slo_toolkit.promql import evaluated_at
from slo_toolkit.status.model import Unmeasured
from slo_toolkit.status.periods import Span
from slo_toolkit.status.reading import Reading
from slo_toolkit.status.series import SLOT, Facts

_HOUR = Duration.of(hours=1)

RECENT_SLOTS = "recent_slots"
"""Of the last hour. Coverage is settled once an hour, so a gap of a moment ago is not in it."""
FIRST_SLOT, SLOTS, BRIDGED, BUSIEST_HOUR = "first_slot", "counted_slots", "bridged_slots", "busiest_hour"

_MOST_STEPS = 93 * 288
"""Of a longer period than a quarter the first slot is looked for in coarser steps, which a short gap may hide in."""

NOTHING = Unmeasured(Duration(0))


def gaps(span: Span, matchers: str) -> dict[str, str]:
    """The questions about the SLOs with these matchers of which some time was not measured."""
    counts = f"{naming.valid_events_count(SLOT)}{{{matchers}}}"
    elapsed = just_within(span.elapsed)
    step = SLOT * max(1, -(-span.elapsed.ms // (SLOT.ms * _MOST_STEPS)))
    first = evaluated_at(f"last_over_time({counts}[{just_within(SLOT)}])")
    since, until = _last_step(span)
    ago = f" offset {since}" if since.ms else ""
    return {
        FIRST_SLOT: f"min_over_time(({first})[{elapsed}:{step}])",
        SLOTS: f"count_over_time({counts}[{just_within(until)}]{ago})",
        BRIDGED: f"sum_over_time({naming.BRIDGED_SLOTS}{{{matchers}}}[{elapsed}])",
        BUSIEST_HOUR: f"max_over_time({naming.valid_events_rate(_HOUR)}{{{matchers}}}[{elapsed}:{_HOUR}])",
    }


def _last_step(span: Span) -> tuple[Duration, Duration]:
    """How long ago the last step of a subquery was, and how far into the period."""
    since = round(span.at * 1000) % SLOT.ms
    return Duration(since), Duration(max(span.elapsed.ms - since, SLOT.ms))


def unmeasured(facts: Facts, span: Span) -> Unmeasured | None:
    """What was not measured of a group since it first was; None where that was not asked."""
    first, counted = facts.get(FIRST_SLOT), facts.get(SLOTS)
    if first is None or counted is None:
        return None
    # One count is behind each step of a subquery, which are at multiples of its length. The one behind the first may
    # lie before the period.
    since, until = _last_step(span)
    steps = (round(span.at * 1000) - since.ms - round(first * 1000)) // SLOT.ms + 1
    expected = min(steps, until.ms // SLOT.ms)
    missing = max(Decimal(0), expected - counted - (facts.get(BRIDGED) or 0))
    return Unmeasured(Duration(round(missing * SLOT.ms)), facts.get(BUSIEST_HOUR))


def error_ratio_at_worst(reading: Reading, measured: Decimal, unmeasured: Unmeasured) -> Decimal:
    """The error ratio of the period if every event of which nothing is known was an error.

    As many events as in the busiest hour that is known, or on average where that is more, since nobody knows what
    traffic there was. A ratio alone weighs every second the same.
    """
    hidden = Decimal(unmeasured.length.ms) / 1000
    seconds = Decimal(reading.span.elapsed.ms) / 1000
    seconds = max(seconds * (1 if reading.coverage is None else reading.coverage), Decimal(1))
    valid = seconds
    if reading.valid_events:
        valid = reading.valid_events
        hidden *= max(valid / seconds, unmeasured.busiest or Decimal(0))
    hidden += reading.unknown_events or Decimal(0)
    return (measured * valid + hidden) / (valid + hidden)
