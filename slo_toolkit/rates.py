"""The one place where an Sli becomes PromQL that counts.

An SLI is read as two rates: valid events per second and error events per second. Most are read once, over the base
window, and what a longer window needs is summed from that (see plan/), so that the number of samples which Prometheus
reads does not depend on the number of series behind the SLI. A query that is no sum of its pieces is read over each
window as a whole, as its owner wrote it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from slo_toolkit.buckets import Histogram, histogram_of
from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.marks import Marks
from slo_toolkit.meaning.linear import Term, Unit
from slo_toolkit.meaning.query import is_born_with, may_be_nan, needed, read, series_of
from slo_toolkit.meaning.text import outermost
from slo_toolkit.pieces import labelled, sum_of
from slo_toolkit.promql import braces, by, fill_window, number, written
from slo_toolkit.replicas import counted, queried, sampled
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Sli, Slo


@dataclass(frozen=True, slots=True)
class EventRates:
    """Two expressions, each with the `group_by` labels alone and in events per second."""

    valid: str
    errors: str


def reads_directly(slo: Slo) -> bool:
    """Whether each window must be read from the source as a whole: pieces of it say something else."""
    return is_read_directly(slo.sli)


def is_read_directly(sli: Sli) -> bool:
    """The same of an SLI."""
    match sli:
        case EventSli(total, errors, good):
            # Where the units differ, so does the ratio of the two in windows of different lengths.
            queries = (read(total), read(errors or good or ""))
            return None in [query.linear for query in queries] or queries[0].unit is not queries[1].unit
        case RawSli():
            return True
        case _:
            return False


def subtracts(slo: Slo) -> bool:
    """Whether errors come out of a subtraction, which can leave them a little below 0.

    Such noise evens out in a sum. So ratios are clamped at 0, and not what they are made of: clamped pieces would
    keep the half of it that is above 0.
    """
    match slo.sli:
        case EventSli(_, str() as errors):
            return read(errors).subtracts
        case EventSli() | LatencySli() | RawSli():
            return True
        case _:
            return False


def counters(sli: Sli, ago: str = "") -> tuple[str, ...]:
    """The counters of valid events, as PromQL; `ago` is an offset.

    What they rose by tells of a time without scrapes, too.

    None where the SLI counts samples, of which nobody knows afterwards, or is read over the whole period anyway.
    """
    match sli:
        case EventSli(total):
            if is_read_directly(sli) or read(total).unit is Unit.SAMPLES:
                return ()
            return tuple(written(metric, matchers) + ago for metric, matchers in series_of(total))
        case AvailabilitySli(metric, _, matchers):
            return (metric + braces(matchers) + ago,)
        case LatencySli(histogram, _, matchers, native):
            series = histogram + ("" if native else "_count") + braces(matchers) + ago
            return (f"histogram_count({series})" if native else series,)
        case ProbeSli() | RawSli():
            return ()
        case _ as unreachable:
            assert_never(unreachable)


def event_rates(slo: Slo, window: Duration, valid_events: str, left_out: str = "") -> EventRates:
    """Valid and error events per second over `window`.

    `valid_events` is what the error expression may use for the valid events of the same window: a
    recorded series, so that the source series behind them are read once. An error series that does not
    exist means no errors, but only where there are valid events; no latency bucket, on the other
    hand, means that nothing is known, so then there are no valid events either: only the series of a histogram are
    counted that have the bucket. `left_out` are series of it that are not to be counted at all.
    """
    groups = slo.group_by
    if (histogram := histogram_of(slo)) is not None:
        return _histogram_rates(slo, histogram, window, valid_events, left_out)
    match slo.sli:
        case EventSli():
            return _query_rates(slo, slo.sli, window, valid_events)
        case AvailabilitySli(metric, errors, matchers):
            length = counter_range(slo, window)
            every, failed = (metric + braces(*each) for each in ((matchers,), (matchers, errors)))
            return EventRates(
                valid=_sum(f"rate({counted(every, length, slo)})", groups),
                errors=_or_none(_sum(f"rate({counted(failed, length, slo)})", groups), slo, valid_events),
            )
        case LatencySli():
            return _native_rates(slo, slo.sli, window, valid_events)
        case ProbeSli(metric, matchers):
            series = sampled(metric + braces(matchers), _sample_range(window), slo)
            per_second = number(Decimal(window.ms) / 1000)
            failed = f"count_over_time({series}) - sum_over_time({series})"
            return EventRates(
                valid=f"{_sum(f'count_over_time({series})', groups)} / {per_second}",
                errors=f"{_sum(failed, groups)} / {per_second}",
            )
        case RawSli(query):
            # A ratio has no events to weigh it by. Every second counts the same: one valid event per
            # second while the ratio is known. NaN is none, and below 0 there is nothing but noise.
            ratio = f"clamp_min(max{by(groups)}({fill_window(query, window)}), 0) >= 0"
            return EventRates(valid=f"({ratio}) * 0 + 1", errors=ratio)
        case _ as unreachable:
            assert_never(unreachable)


def _query_rates(slo: Slo, sli: EventSli, window: Duration, valid_events: str) -> EventRates:
    if reads_directly(slo):
        return _direct_rates(slo, sli, window, valid_events)
    total, part = read(sli.total_query).linear, read(_counted(sli)).linear
    assert total is not None
    assert part is not None
    length = _sample_range(window) if total.unit is Unit.SAMPLES else counter_range(slo, window)
    counted_over = window if total.unit is Unit.SAMPLES else length
    scale = "" if total.unit is Unit.PER_SECOND else f" / {number(Decimal(counted_over.ms) / 1000)}"

    def summed(terms: Sequence[Term]) -> str:
        return _summed(terms, slo, length) + scale

    errors = part.terms if sli.error_query is not None else _difference(total.terms, part.terms)
    more = [term for term in errors if term.factor >= 0]
    less = [Term(term.text, -term.factor) for term in errors if term.factor < 0]
    on = f"on ({', '.join(slo.group_by)})"
    valid = summed(total.terms)
    if not less:
        return EventRates(valid, _or_none(summed(more), slo, valid_events))
    # Buckets are born with their histogram: without one of this bound nothing is known. A bucket of the good events
    # alone may well be missing, in an outage.
    all_known = any(is_born_with(part.text, whole.text) for part in less for whole in more)
    if all_known:
        valid = f"{valid} and {on} ({summed(less)})"
    if Counter(map(_key, more)) == Counter(map(_key, total.terms)):
        good = summed(less)
        if not all_known:
            good = f"({good}) or {on} {_no_events(slo, valid_events)}"
        return EventRates(valid, f"{valid_events} - {on} ({good})")
    if more:
        valid = f"{valid} and {on} ({summed(more)})"
    return EventRates(valid, f"({summed(errors)}) and {on} ({valid_events})")


def _direct_rates(slo: Slo, sli: EventSli, window: Duration, valid_events: str) -> EventRates:
    """The queries as their owner wrote them, over exactly this window."""
    total, part = read(sli.total_query), read(_counted(sli))
    same = total.unit is part.unit and total.unit not in (None, Unit.PER_SECOND)
    scale = f" / {number(Decimal(window.ms) / 1000)}" if same else ""
    on = f"on ({', '.join(slo.group_by)})"

    def whole(query: str) -> str:
        linear = read(query).linear
        if linear is not None and len(linear.terms) > 1:
            return _summed(linear.terms, slo, window) + scale
        return f"sum{by(slo.group_by)}({fill_window(query, window)}){scale}"

    valid, events = whole(sli.total_query), whole(_counted(sli))
    if may_be_nan(_counted(sli)):
        # Nothing is known then: NaN would stay for as long as a sum that it is in.
        valid = f"({valid}) unless {on} (({events}) != ({events}))"
        events = f"({events}) >= -Inf"
    if may_be_nan(sli.total_query):
        valid = f"({valid}) >= -Inf"
    if part.subtracts and not needed(_counted(sli)) <= needed(sli.total_query):
        valid = f"{valid} and {on} ({events})"
        events = f"({events}) and {on} ({valid_events})"
    else:
        events = _or_none(events, slo, valid_events)
    if sli.error_query is not None:
        return EventRates(valid, events)
    return EventRates(valid, f"{valid_events} - {on} ({events})")


def _counted(sli: EventSli) -> str:
    counted = sli.error_query if sli.error_query is not None else sli.good_query
    assert counted is not None
    return counted


def _histogram_rates(
    slo: Slo, histogram: Histogram, window: Duration, valid_events: str, left_out: str
) -> EventRates:
    length = counter_range(slo, window)
    good = histogram.fast_events(slo, length, left_out)
    on = f"on ({', '.join(slo.group_by)})"
    return EventRates(histogram.known_events(slo, length, left_out), f"{valid_events} - {on} ({good})")


def _native_rates(slo: Slo, sli: LatencySli, window: Duration, valid_events: str) -> EventRates:
    on = f"on ({', '.join(slo.group_by)})"
    series = counted(sli.histogram + braces(sli.filter), counter_range(slo, window), slo)
    rate = _sum(f"rate({series})", slo.group_by)
    total = f"histogram_count({rate})"
    good = f"histogram_fraction(0, {plain(sli.threshold)}, {rate}) * {total}"
    # Without events the fraction is NaN, which `>= 0` drops.
    return EventRates(total, f"{valid_events} - {on} ({_or_none(f'{good} >= 0', slo, valid_events)})")


def latency_quantile(slo: Slo, sli: LatencySli, quantile: Decimal, window: Duration) -> str:
    """The duration below which `quantile` of the events stayed, over all series of the SLI together."""
    return latency_quantile_over(slo, sli, quantile, str(window + slo.scrape_interval))


def latency_quantile_over(slo: Slo, sli: LatencySli, quantile: Decimal, look_back: str) -> str:
    """The same over a look-back that may be a variable of a dashboard's."""
    metric = sli.histogram if sli.native else f"{sli.histogram}_bucket"
    groups = slo.group_by if sli.native else ("le", *slo.group_by)
    rate = f"rate({counted(metric + braces(sli.filter), look_back, slo)})"
    return f"histogram_quantile({plain(quantile)}, {_sum(rate, groups)})"


def counter_range(slo: Slo, window: Duration) -> Duration:
    """`window` and one scrape more, so that a window ends on the very sample that the next begins with.

    rate() sees the increase between the first and the last sample in its range. Over a range of whole
    scrape intervals the increase across the border of two neighbouring windows is in neither of them. A millisecond
    less, since a range of Prometheus 2 includes both of its ends: with a scrape on either, it would hold one sample
    more, and the increase between two scrapes would be in two windows. Marks share theirs by themselves.
    """
    if isinstance(window, Marks):
        return window
    return Duration((window + slo.scrape_interval).ms - 1)


def _sample_range(window: Duration) -> Duration:
    """`window` for functions that count samples or steps: neighbouring windows must not share one.

    A range of Prometheus 2 includes both of its ends.
    """
    return Duration(window.ms - 1)


def _summed(terms: Sequence[Term], slo: Slo, length: Duration) -> str:
    """The sum of those terms that have a value; nothing where none has."""
    groups = slo.group_by
    texts = [_times(term.factor, queried(term.text, length, slo)) for term in terms]
    if len(texts) == 1:
        return _sum(texts[0], groups, labels_are_groups=_has_just(terms[0], groups))
    return sum_of((text if i == 0 else labelled(text, i) for i, text in enumerate(texts)), groups)


def _has_just(term: Term, groups: tuple[str, ...]) -> bool:
    labels = read(term.text).labels
    return not labels.open_ and set(labels.names) == set(groups)


def _times(factor: float, text: str) -> str:
    return text if factor == 1 else f"{number(Decimal(repr(factor)))} * {text}"


def _difference(minuend: Iterable[Term], subtrahend: Iterable[Term]) -> tuple[Term, ...]:
    """The terms of one sum less another's, without those that stand in both."""
    left = list(minuend)
    keys = [_key(term) for term in left]
    more: list[Term] = []
    for term in subtrahend:
        if (key := _key(term)) in keys:
            del left[keys.index(key)]
            keys.remove(key)
        else:
            more.append(Term(term.text, -term.factor))
    return (*left, *more)


def _key(term: Term) -> tuple[str, float]:
    return "".join(term.text.split()), term.factor


def _sum(expression: str, groups: tuple[str, ...], *, labels_are_groups: bool = False) -> str:
    """`expression` with no other labels than `groups`, as one call, so that anything may follow it."""
    if (labels_are_groups or (not groups and expression.startswith("sum("))) and _is_one_call(expression):
        return expression
    return f"sum{by(groups)}({expression})"


def _is_one_call(expression: str) -> bool:
    """Whether nothing stands beside a call, such as `sum(x)` or `sum by (a) (x)`."""
    tokens = outermost(expression)
    return tokens[0].kind == "operand" and not any(token.is_operator for token in tokens)


def _or_none(events: str, slo: Slo, valid_events: str) -> str:
    return f"({events}) or on ({', '.join(slo.group_by)}) {_no_events(slo, valid_events)}"


def _no_events(slo: Slo, valid_events: str) -> str:
    """Labelled as the events are: over a range, both sides of the `or` are one series then."""
    return f"0 * sum{by(slo.group_by)}({valid_events})"
