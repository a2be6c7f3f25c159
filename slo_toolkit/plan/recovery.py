"""Counts of events, and what counters tell afterwards of a time in which nobody looked.

A count of five minutes sees a rise of a counter only where both its samples are near. So what happened while scrapes
failed, or while Prometheus was away, is in none of them. Once an hour the counters are asked again: for their increase
over the last hour, which spans every gap within it, and over the last five, which spans longer ones. What the counts
of the same time lack is recorded as a correction of its own, so that nothing is ever counted anew. So is what counters
were born with (see births).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.marks import Marks
from slo_toolkit.pieces import labelled, sum_of
from slo_toolkit.plan.births import born_rules
from slo_toolkit.plan.buckets import got_or_lost, left_out
from slo_toolkit.plan.intervals import (
    COUNT_INTERVAL,
    SETTLE_INTERVAL,
    at_the_mark,
    just_recorded,
    just_within,
)
from slo_toolkit.plan.model import MATCHERS, RecordingRule
from slo_toolkit.plan.scrapes import marked_rule, read_at_marks
from slo_toolkit.plan.sli import Recorded
from slo_toolkit.promql import by, identity_matchers, identity_selector, number
from slo_toolkit.rates import counters, event_rates
from slo_toolkit.replicas import once
from slo_toolkit.slo import Slo
from slo_toolkit.windows import BASE_WINDOWS, base_window

REACH = SETTLE_INTERVAL * 5
"""A gap of up to four hours has a sample before it within this, wherever in the hour it ended. An hour more would cost
a twelfth of the plan; what lies in a longer gap stays unknown.
"""

MISSED = (naming.VALID_EVENTS_MISSED, naming.ERROR_EVENTS_MISSED)


def recovers(slo: Slo) -> bool:
    """Whether counters are asked again: not where samples are counted, which are gone, nor where scrapes are seldom.

    A longer base window spans short gaps by itself, and its rates are no counts of five minutes.
    """
    return bool(counters(slo.sli)) and base_window(slo.scrape_interval) == BASE_WINDOWS[0]


def counts_of_counters(slo: Slo) -> Iterator[RecordingRule]:
    """The events between the last two full five minutes, and once an hour what they are to be corrected by."""
    identity, matchers = naming.identity(slo), identity_matchers(slo)
    yield marked_rule(slo, REACH)
    for names, length, marks in (
        (_COUNTS, COUNT_INTERVAL, COUNT_INTERVAL),
        (_INCREASES, SETTLE_INTERVAL, SETTLE_INTERVAL),
        (_INCREASES, REACH, SETTLE_INTERVAL),
    ):
        valid, errors = (name(length) for name in names)
        often = events_within(slo, length, valid, errors, marks)
        seldom = events_within(slo, Marks(length.ms), valid, errors, marks)
        for rule, at_marks in zip(often, seldom, strict=True):
            text = read_at_marks(slo, at_marks.text, rule.text, half_seen=length == COUNT_INTERVAL)
            yield replace(rule, text=text)
    born = tuple(born_rules(slo))
    yield from born
    for record, text in _corrections(slo.group_by, slo.scrape_interval, bool(born)):
        yield RecordingRule(record, text, identity, matchers)
    yield RecordingRule(naming.BRIDGED_SLOTS, _bridged(slo), identity, matchers)


def events_within(
    slo: Slo, window: Duration, valid: str, errors: str, marks: Duration | None = None
) -> Iterator[RecordingRule]:
    """The events in `window`, read from the source as a whole, as series named `valid` and `errors`.

    With `marks` it is the window up to the last multiple of that.
    """
    identity = naming.identity(slo)
    seconds = number(Decimal(window.ms) / 1000)
    # Seen from the mark, what was just recorded lies in the future.
    recorded = identity_selector(valid, slo) + (f" offset -{just_within(COUNT_INTERVAL)}" if marks else "")
    lacking = left_out(slo, window, at_a_mark=True) if marks else ""
    rates = event_rates(slo, window, f"({recorded} / {seconds})", lacking)
    changed = got_or_lost(slo, window) if window.ms > COUNT_INTERVAL.ms else ""
    for name, rate in ((valid, rates.valid), (errors, rates.errors)):
        events = f"({rate}) * {seconds}"
        if changed and name == valid:
            events += f" unless on ({', '.join(slo.group_by)}) {changed}"
        yield RecordingRule(name, at_the_mark(events, marks) if marks else events, identity)


_COUNTS = (naming.valid_events_count, naming.error_events_count)
_INCREASES = (naming.valid_events_increase, naming.error_events_increase)
_BETWEEN = (naming.VALID_EVENTS_BETWEEN, naming.ERROR_EVENTS_BETWEEN)
_BORN = (naming.VALID_EVENTS_BORN, naming.ERROR_EVENTS_BORN)
_HOURS = REACH.ms // SETTLE_INTERVAL.ms

_GUESSED = 2
"""Scrape intervals of which rates guess the events at most, where an instance gives way to another. What two rates
differ by for that is noise, of which only the gains would be added.
"""
_FEW = 2
"""Errors without any gap that may be noise as well: a window may count one twice if scrapes come oftener than told."""


@lru_cache(maxsize=64)
def _corrections(groups: tuple[str, ...], scrape_interval: Duration, with_births: bool) -> Recorded:
    """What rose between the hours, what the counts are to be corrected by, and how many counts there are."""
    texts = []
    noise = number(Decimal((scrape_interval * _GUESSED).ms) / REACH.ms)
    gap = f"{_gained(_BETWEEN[0])} > {noise} * {just_recorded(_INCREASES[0](REACH) + MATCHERS)}"
    for count, increase, between, born, missed in zip(
        _COUNTS, _INCREASES, _BETWEEN, _BORN, MISSED, strict=True
    ):
        counted = f"{count(COUNT_INTERVAL)}{MATCHERS}[{just_within(SETTLE_INTERVAL)}]"
        hour = increase(SETTLE_INTERVAL) + MATCHERS
        now = just_recorded(hour)
        hours = [labelled(now, 0)]
        for index in range(1, _HOURS):
            ago = f"offset {SETTLE_INTERVAL * index}"
            # An hour at whose end nothing was evaluated is known as far as it was counted.
            hours.append(labelled(f"{hour} {ago} or sum_over_time({counted} {ago})", index))
        on = f"on ({', '.join(groups)})"
        texts.append((between, f"{just_recorded(increase(REACH) + MATCHERS)} - {on} {sum_of(hours, groups)}"))
        counts = labelled(f"-sum_over_time({counted}) and {now}", "counted")
        gained = gap
        if between != _BETWEEN[0]:
            alone = f"{_gained(between)} > {noise} * {just_recorded(increase(REACH) + MATCHERS)} + {_FEW}"
            gained = f"{_gained(between)} and {gap} or {alone}"
        pieces = [now, counts, labelled(gained, "between")]
        if with_births:
            pieces.append(labelled(just_recorded(born + MATCHERS), "born"))
        texts.append((missed, sum_of(pieces, groups)))
    return (*texts, *_slots())


def _slots() -> Recorded:
    """The counts since the last full hour that was evaluated, and those that are missing within the reach."""
    counted = naming.valid_events_count(COUNT_INTERVAL) + MATCHERS
    hour = naming.valid_events_increase(SETTLE_INTERVAL) + MATCHERS
    now = just_recorded(hour)

    def within(length: Duration) -> str:
        return f"count_over_time({counted}[{just_within(length)}]) and {now}"

    hours = [SETTLE_INTERVAL * index for index in range(1, _HOURS + 1)]
    since = [f"{within(length)} and {hour} offset {length}" for length in hours]
    first = within(SETTLE_INTERVAL)
    slots = REACH.ms // COUNT_INTERVAL.ms
    asked = just_recorded(naming.valid_events_increase(REACH) + MATCHERS)
    missing = f"{slots} - count_over_time({counted}[{just_within(REACH)}]) and {now} and {asked}"
    return (
        (naming.measured_slots(SETTLE_INTERVAL), "\nor\n".join((*since, first))),
        (naming.MISSING_SLOTS, missing),
    )


_JUST_UNDER_AN_HOUR = Duration(SETTLE_INTERVAL.ms - COUNT_INTERVAL.ms)
"""So that an evaluation that comes a little early or late still finds the one before it, and not itself."""


def _gained(metric: str) -> str:
    """What a sum over the reach gained since it was last recorded; what it lost of either sign has left the reach."""
    before = f"last_over_time({metric}{MATCHERS}[{REACH}] offset {_JUST_UNDER_AN_HOUR})"
    return f"clamp_min({just_recorded(metric + MATCHERS)} - clamp_min({before}, 0), 0)"


def _bridged(slo: Slo) -> str:
    """The slots of a gap that ended, by the share of the counters before it that went on counting behind it."""
    groups = slo.group_by
    on = f"on ({', '.join(groups)})"
    earlier = zip(
        *(_counters(slo, f" offset {SETTLE_INTERVAL * hours}") for hours in range(1, _HOURS + 1)),
        strict=True,
    )
    survived, had = [], []
    for place, (series, former) in enumerate(zip(_counters(slo), earlier, strict=True)):
        before = f" or {on} ".join(former)
        survived.append(labelled(f"count{by(groups)}({series} >= ({before}))", place))
        had.append(labelled(f"count{by(groups)}({before})", place))
    share = at_the_mark(f"{sum_of(survived, groups)} / {sum_of(had, groups)}", SETTLE_INTERVAL)
    gained = _gained(naming.MISSING_SLOTS).replace(MATCHERS, identity_matchers(slo))
    return f"{gained} * {on} {share}"


def _counters(slo: Slo, ago: str = "") -> list[str]:
    return [once(series, slo) for series in counters(slo.sli, ago)]
