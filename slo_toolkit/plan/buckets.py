"""Series of a histogram without the bucket at the threshold, and the events of which only they know.

A rolling deploy that changes the buckets, or a pod of another version, has them. Mostly nothing is recorded here, so
reading it costs nothing. What is counted over some window leaves out the series that lacked the bucket at any moment of
it: of one that got it meanwhile, under the same labels, the counter of all events tells of more time than the bucket.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.buckets import histogram_of, ignoring
from slo_toolkit.duration import Duration
from slo_toolkit.plan.intervals import COUNT_INTERVAL, at_the_mark, just_within
from slo_toolkit.plan.model import RecordingRule
from slo_toolkit.promql import by, identity_selector, number
from slo_toolkit.rates import counter_range
from slo_toolkit.replicas import once
from slo_toolkit.slo import Slo
from slo_toolkit.windows import base_window


def bucket_rules(slo: Slo) -> Iterator[RecordingRule]:
    """At every evaluation, before anything is counted: 1 for each series that has no bucket, with its own labels."""
    if (histogram := histogram_of(slo)) is not None:
        dropped = ", ".join(("le", *naming.identity_names(slo)))
        text = f"group without ({dropped}) ({histogram.lacking(slo)})"
        yield RecordingRule(naming.WITHOUT_BUCKET, text, naming.identity(slo))


def left_out(slo: Slo, window: Duration, *, at_a_mark: bool = False) -> str:
    """The series that lacked the bucket at some moment of the window, as PromQL; empty where the SLI has no bucket.

    One evaluation more on either side tells of scrapes between two of them. Behind the moment there is one only where
    that is `at_a_mark` that passed.
    """
    if histogram_of(slo) is None:
        return ""
    length, ahead = counter_range(slo, window) + slo.evaluation_interval, ""
    if at_a_mark:
        length, ahead = length + slo.evaluation_interval, f" offset -{slo.evaluation_interval}"
    return f"last_over_time({identity_selector(naming.WITHOUT_BUCKET, slo)}[{length}]{ahead})"


def got_or_lost(slo: Slo, window: Duration) -> str:
    """A value for each group of which a series had the bucket for a part of the window alone, as PromQL; at a mark.

    What the counters of such a window rose by is not what was counted in it, so it corrects nothing.
    """
    histogram = histogram_of(slo)
    if histogram is None:
        return ""
    whole, step = Duration(window.ms), Duration(window.ms // _LOOKS)
    some_time = f"last_over_time({once(histogram.fast, slo)}[{whole}:{step}])"
    # Before the rules were loaded nobody recorded it.
    begun = histogram.lacking(slo, f" offset {whole}")
    lacking = f"({left_out(slo, window, at_a_mark=True)} or ({begun}))"
    return f"group{by(slo.group_by)}({lacking} and {ignoring(slo)} {some_time})"


_LOOKS = 12
"""How often within a window it is looked whether a series had the bucket."""


def unknown_rules(slo: Slo) -> Iterator[RecordingRule]:
    """Every five minutes: the events that are left out of the counts, and the last sum of them over the period."""
    histogram, base = histogram_of(slo), base_window(slo.scrape_interval)
    if histogram is None:
        return
    identity = naming.identity(slo)
    lacking = left_out(slo, base, at_a_mark=True)
    rate = histogram.all_events(slo, counter_range(slo, base), lacking)
    events = f"({rate}) * {number(Decimal(COUNT_INTERVAL.ms) / 1000)}"
    counted = at_the_mark(events, COUNT_INTERVAL)
    yield RecordingRule(naming.unknown_events_count(COUNT_INTERVAL), counted, identity)
    settled = naming.unknown_events_count(slo.period) + naming.SETTLED
    text = f"last_over_time({identity_selector(settled, slo)}[{_LAST_FOR}])"
    yield RecordingRule(naming.unknown_events_count(slo.period), text, identity)


def settled_unknown(slo: Slo) -> Iterator[RecordingRule]:
    """Once an hour: the sum of the same over the period."""
    if histogram_of(slo) is not None:
        counts = identity_selector(naming.unknown_events_count(COUNT_INTERVAL), slo)
        text = f"sum_over_time({counts}[{just_within(slo.period)}])"
        settled = naming.unknown_events_count(slo.period) + naming.SETTLED
        yield RecordingRule(settled, text, naming.identity(slo))


_LAST_FOR = Duration.of(hours=2)
"""So that one missed hour hides nothing, and soon after the last of them has left the period nothing is told."""
