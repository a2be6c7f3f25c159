"""Scrapes that come less often than the rules were told, seen once an hour, and how counters are read then.

rate() guesses what rose beyond the first and the last scrape in its range. With a scrape a minute that is a sixtieth of
an hour, with one in five minutes a tenth, and of a count of five minutes there is nothing left to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.pieces import labelled, sum_of
from slo_toolkit.plan.intervals import (
    SETTLE_INTERVAL,
    at_the_mark,
    just_recorded,
    just_within,
)
from slo_toolkit.plan.model import RecordingRule
from slo_toolkit.plan.targets import sources
from slo_toolkit.promql import identity_selector, number
from slo_toolkit.rates import counters
from slo_toolkit.slo import Slo

_FEWEST = 5
_SHORTEST = Duration.of(minutes=10)
"""Twenty scrapes of half a minute, of which one may fail."""
_SLOWER = Decimal("1.2")
"""So many times the interval that was told: one scrape in six is missing."""

HALF_SEEN = Duration.of(seconds=145)
"""Of scrapes that are further apart, a count of five minutes no longer sees two for sure. (Two minutes are the most
that the base window takes; five scrapes in ten minutes, of which one failed, look like 150 seconds.)
"""


def scrape_rules(slo: Slo) -> Iterator[RecordingRule]:
    """How far scrapes are apart, where that is more than was told."""
    found = sources(slo.sli).series
    if not found:
        return
    window = max(_SHORTEST, slo.scrape_interval * _FEWEST)
    scrapes = at_the_mark(f"avg(count_over_time({found[0]}[{just_within(window)}]))", SETTLE_INTERVAL)
    seconds = f"{number(Decimal(window.ms) / 1000)} / {scrapes}"
    told = number(_SLOWER * slo.scrape_interval.ms / 1000)
    yield RecordingRule(naming.SCRAPES_SEEN, f"{seconds} > {told}", naming.identity(slo))


def marked_rule(slo: Slo, reach: Duration) -> RecordingRule:
    """Whether counters are read at marks: where counts of five minutes see too little, else where none ended or fell.

    What a counter counted between the last mark and its end is not seen there, and then the rates see more.
    """
    seen = just_recorded(identity_selector(naming.SCRAPES_SEEN, slo))
    ended = " or ".join(at_the_mark(_ended(slo, ago), SETTLE_INTERVAL) for ago in (SETTLE_INTERVAL, reach))
    text = f"{seen} unless on () ({ended})\nor\n{seen} > {number(Decimal(HALF_SEEN.ms) / 1000)}"
    return RecordingRule(naming.READ_AT_MARKS, text, naming.identity(slo))


def _ended(slo: Slo, ago: Duration) -> str:
    kept, had = [], []
    for place, (series, former) in enumerate(
        zip(counters(slo.sli), counters(slo.sli, f" offset {ago}"), strict=True)
    ):
        kept.append(labelled(f"count({series} >= {former})", place))
        had.append(labelled(f"count({former})", place))
    return f"{sum_of(had, ())} > ({sum_of(kept, ())} or vector(0))"


def read_at_marks(slo: Slo, at_marks: str, else_: str, *, half_seen: bool = False) -> str:
    """The one expression where counters are read at marks, and else the other; `half_seen` only where they must be."""
    flag = f"last_over_time({identity_selector(naming.READ_AT_MARKS, slo)}[{just_within(SETTLE_INTERVAL)}])"
    if half_seen:
        flag = f"{flag} > {number(Decimal(HALF_SEEN.ms) / 1000)}"
    return f"({at_marks} and on () {flag})\nor\n{else_}"
