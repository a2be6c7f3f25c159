"""What counters were born with: events that no rate ever shows.

rate() and increase() see what a counter rises by, and not the value with which it appears. A client that makes the
series of an error with its first error so hides that error, with every new instance. Once an hour the first value of
each series that appeared within the hour is added, where it is known that its events are not older than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.buckets import histogram_of
from slo_toolkit.duration import Duration
from slo_toolkit.meaning.counters import with_counters
from slo_toolkit.meaning.query import read, series_of
from slo_toolkit.pieces import labelled, sum_of
from slo_toolkit.plan.intervals import (
    COUNT_INTERVAL,
    SETTLE_INTERVAL,
    at_the_mark,
    just_recorded,
    just_within,
)
from slo_toolkit.plan.model import RecordingRule
from slo_toolkit.plan.targets import sources
from slo_toolkit.promql import braces, by, identity_selector, number, written
from slo_toolkit.rates import counters
from slo_toolkit.slo import AvailabilitySli, EventSli, Sli, Slo

REACH = SETTLE_INTERVAL * 5
"""What was there within so long before the end of the hour is not born in it: the counters' increase over five hours
tells how it went on.
"""

FEW_EVENTS = 100
"""With so many at most, the new series of an instance that was there all the time may hold more than it counted in the
rest of the hour. With more, they are hardly those of a first request, but of a metric that was not scraped until now.
"""

_STEP = COUNT_INTERVAL
_FINE_STEP = Duration.of(minutes=3)
"""Two of these see how an instance counts that appeared shortly before the hour ended."""

_HOUR = just_within(SETTLE_INTERVAL)
_BEFORE = just_within(Duration(REACH.ms - SETTLE_INTERVAL.ms))
_INSTANCE = ("job", "instance")
_ON = f"on ({', '.join(_INSTANCE)})"
_MOST_COUNTERS = 4
"""Of an SLI of more metrics than that, the first ones tell of the instances."""


def born_rules(slo: Slo) -> Iterator[RecordingRule]:
    """Once an hour, where anything was born: the valid and the error events that counters appeared with.

    None of native histograms, whose values are no numbers to compare, nor of replicas, which show a birth each.
    """
    told = _born_events(slo)
    if told is None:
        return
    identity = naming.identity(slo)
    for name, text in zip((naming.VALID_EVENTS_BORN, naming.ERROR_EVENTS_BORN), told, strict=True):
        yield RecordingRule(name, text, identity)


def _born_events(slo: Slo) -> tuple[str, str] | None:
    """The expressions of valid and of error events."""
    series = _counters(slo.sli)
    if not series or slo.replica_labels:
        return None
    plausible = _plausible(slo, series)

    def born(selector: str) -> str:
        return _born(slo, selector, plausible)

    def told(*pieces: str) -> str:
        return at_the_mark(_sum(pieces, slo.group_by), SETTLE_INTERVAL)

    if (histogram := histogram_of(slo)) is not None:
        # Of a series without the bucket nobody knows which of its events were errors.
        known = f"({born(histogram.every)})\n  and ignoring (le) last_over_time({histogram.fast}[{_HOUR}:{_STEP}])"
        return told(known), _less(slo, told(born(histogram.fast)))
    match slo.sli:
        case AvailabilitySli(metric, errors, matchers):
            valid = told(born(metric + braces(matchers)))
            return valid, told(born(metric + braces(matchers, errors)))
        case EventSli(total, errors, good_query):
            terms, counted = _terms(total, born), _terms(errors or good_query or "", born)
            if terms is None or counted is None:
                return None
            return told(*terms), told(*counted) if errors is not None else _less(slo, told(*counted))
        case _:
            return None


def _less(slo: Slo, good: str) -> str:
    """What was just recorded as valid, without what is good of it."""
    valid = just_recorded(identity_selector(naming.VALID_EVENTS_BORN, slo))
    return sum_of((valid, labelled(f"-{good}", "good")), slo.group_by)


def _terms(query: str, born: Callable[[str], str]) -> list[str] | None:
    linear = read(query).linear
    if linear is None:
        return None
    found = []
    for term in linear.terms:
        text = with_counters(term.text, born)
        if text is None:
            return None
        found.append(text if term.factor == 1 else f"{number(Decimal(repr(term.factor)))} * ({text})")
    return found


def _sum(pieces: Sequence[str], groups: tuple[str, ...]) -> str:
    if len(pieces) == 1:
        return f"sum{by(groups)}({pieces[0]})"
    return sum_of(
        (piece if place == 0 else labelled(piece, place) for place, piece in enumerate(pieces)), groups
    )


def _born(slo: Slo, selector: str, plausible: str) -> str:
    """The first value of each series that appeared within the hour, of the instances where that is `plausible`.

    The least value is the first one, or less where the counter was reset within the hour. A rate goes on for half a
    scrape interval before the first sample of a series, as steeply as after it: so much of that value is told already.
    """
    first = f"min_over_time({selector}[{_HOUR}])"
    half = number(Decimal(slo.scrape_interval.ms) / 2000)
    steps = f"{selector}[{_HOUR}:{_STEP}]"
    told = f"({half} * clamp_min(deriv({steps}), 0) or 0 * max_over_time({steps}))"
    # timestamp() would do for the moments in which a series is there, but Prometheus 2 takes long over it.
    seen_first = f"min_over_time((time() + 0 * {selector})[{just_within(REACH)}:{_STEP}])"
    began = f"time() - {number(Decimal(SETTLE_INTERVAL.ms) / 1000)}"
    return f"clamp_min({first} - {told}, 0)\n  and ({seen_first} > {began})\n  and {_ON} (\n{plausible}\n  )"


def _plausible(slo: Slo, series: Sequence[str]) -> str:
    """The instances whose new series hold what may have been counted since the scrape before they appeared.

    After a change of labels, or where an old process is scraped at last, they hold the counts of a lifetime. That is
    far more than such an instance counts within an hour. Few events may be all of an hour: then the instance has to
    have answered when the hour began, and must have lost no series since.
    """
    ago = f"offset {SETTLE_INTERVAL}"

    def new(now: str, one: str) -> str:
        return f"{now} unless last_over_time({one}[{_BEFORE}:{SETTLE_INTERVAL}] {ago})"

    held = _over(series, lambda one: new(f"max_over_time({one}[{_HOUR}:{_STEP}])", one))
    counted = _over(series, lambda one: f"increase({one}[{_HOUR}:{_FINE_STEP}])")
    few = _over(series, lambda one: new(one, one))
    answered = f"{sources(slo.sli).up} {ago} > 0"
    lost = " ".join(f"unless {_ON} ({one} {ago} unless {one})" for one in series)
    return f"    {held} <= 2 * {counted}\n  or\n    {few} <= {FEW_EVENTS} and {_ON} ({answered}) {lost}"


def _over(series: Sequence[str], of: Callable[[str], str]) -> str:
    """The sum for each instance, over all its series."""
    pieces = [of(one) if place == 0 else labelled(of(one), place) for place, one in enumerate(series)]
    return f"sum by ({', '.join(_INSTANCE)}) ({' or '.join(pieces)})"


def _counters(sli: Sli) -> tuple[str, ...]:
    """The counters of valid events, and those of error or good events that have another name."""
    valid = counters(sli)
    if isinstance(sli, EventSli) and valid:
        names = {name for name, _ in series_of(sli.total_query)}
        others = series_of(sli.error_query or sli.good_query or "")
        valid += tuple(written(*one) for one in others if one[0] not in names)
    return valid[:_MOST_COUNTERS]
