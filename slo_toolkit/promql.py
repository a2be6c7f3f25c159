"""The one place where an Sli becomes PromQL.

Every SLI is read once, over five minutes, as two rates: valid events per second and error events per
second. What a longer window needs is summed from those (see plan/), so the number of samples that
Prometheus reads does not depend on the number of series behind the SLI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, assert_never

from slo_toolkit import naming
from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.slo import (
    AvailabilitySli,
    EventSli,
    Labels,
    LatencySli,
    ProbeSli,
    RawSli,
    Slo,
)

WINDOW = re.compile(r"\{\{-?\s*\.window\s*-?\}\}")
"""Sloth's template for the look-back; Go's template language allows spaces and trim marks."""


def fill_window(query: str, window: Duration) -> str:
    """The query with its look-back filled in."""
    return WINDOW.sub(str(window), query.strip())


@lru_cache(maxsize=1024)
def number(value: Decimal) -> str:
    """The float64 nearest to `value`, in the shortest notation that Prometheus reads back as it."""
    return plain(Decimal(repr(float(value))))


def quote(text: str) -> str:
    """A PromQL string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def selector(metric: str, labels: Labels) -> str:
    """`metric{name="value", ...}`, in the order of `labels`."""
    matchers = ", ".join(f"{name}={quote(value)}" for name, value in labels.items())
    return f"{metric}{{{matchers}}}"


def by(labels: tuple[str, ...]) -> str:
    """What stands between an aggregation and its parenthesis."""
    return f" by ({', '.join(labels)}) " if labels else ""


@dataclass(frozen=True, slots=True)
class EventRates:
    """Two expressions, each with the `group_by` labels alone and in events per second."""

    valid: str
    errors: str


def event_rates(slo: Slo, window: Duration, valid_events: str) -> EventRates:
    """Valid and error events per second over `window`.

    `valid_events` is what the error expression may use for the valid events of the same window: a
    recorded series, so that the source series behind it are read once. An error series that does not
    exist means no errors, but only where there are valid events; no latency bucket, on the other
    hand, means that nothing is known, so then there are no valid events either.
    """
    groups = slo.group_by
    match slo.sli:
        case EventSli():
            return _query_rates(slo, slo.sli, window, valid_events)
        case AvailabilitySli(metric, errors, matchers):
            counted = _counter_range(slo, window)
            return EventRates(
                valid=_sum(f"rate({metric}{braces(matchers)}[{counted}])", groups),
                errors=_or_none(
                    _sum(f"rate({metric}{braces(matchers, errors)}[{counted}])", groups), slo, valid_events
                ),
            )
        case LatencySli():
            return _latency_rates(slo, slo.sli, window, valid_events)
        case ProbeSli(metric, matchers):
            # Every sample is an event, so neighbouring windows must not share one.
            series = f"{metric}{braces(matchers)}[{window}]"
            per_second = number(Decimal(window.ms) / 1000)
            failed = f"count_over_time({series}) - sum_over_time({series})"
            return EventRates(
                valid=f"{_sum(f'count_over_time({series})', groups)} / {per_second}",
                errors=f"{_sum(failed, groups)} / {per_second}",
            )
        case RawSli(query):
            # A ratio has no events to weigh it by. Every second counts the same: one valid event per
            # second while the ratio is known.
            ratio = raw_ratio(slo, query, window)
            return EventRates(valid=f"{ratio} * 0 + 1", errors=ratio)
        case _ as unreachable:
            assert_never(unreachable)


def raw_ratio(slo: Slo, query: str, window: Duration) -> str:
    """The user's ratio; the worst where the query returns several series, nothing where it is NaN."""
    return f"max{by(slo.group_by)}({fill_window(query, window)} >= 0)"


def _query_rates(slo: Slo, sli: EventSli, window: Duration, valid_events: str) -> EventRates:
    counted = sli.error_query if sli.error_query is not None else sli.good_query
    assert counted is not None
    unit = _common_unit(sli.total_query, counted)
    length = window if unit is Unit.SAMPLES else _counter_range(slo, window)
    scale = f" / {number(Decimal(length.ms) / 1000)}" if unit.counts_per_window else ""

    total = _sum(fill_window(sli.total_query, length), slo.group_by) + scale
    events = _sum(fill_window(counted, length), slo.group_by) + scale
    if sli.error_query is not None:
        return EventRates(total, _or_none(events, slo, valid_events))
    return EventRates(total, _rest(_or_none(events, slo, valid_events), slo, valid_events))


def _latency_rates(slo: Slo, sli: LatencySli, window: Duration, valid_events: str) -> EventRates:
    length = _counter_range(slo, window)
    if sli.native:
        rate = _sum(f"rate({sli.histogram}{braces(sli.filter)}[{length}])", slo.group_by)
        total = f"histogram_count({rate})"
        good = f"histogram_fraction(0, {plain(sli.threshold)}, {rate}) * {total}"
        # Without events the fraction is NaN, which `>= 0` drops.
        return EventRates(total, _rest(_or_none(f"{good} >= 0", slo, valid_events), slo, valid_events))
    count = f"rate({sli.histogram}_count{braces(sli.filter)}[{length}])"
    bucket = f"rate({sli.histogram}_bucket{braces(sli.filter, le_matcher(sli.threshold))}[{length}])"
    good = _sum(bucket, slo.group_by)
    return EventRates(
        valid=f"{_sum(count, slo.group_by)} and {good}",
        errors=_rest(good, slo, valid_events),
    )


def latency_quantile(slo: Slo, sli: LatencySli, quantile: Decimal, window: Duration) -> str:
    """The duration below which `quantile` of the events stayed, over all series of the SLI together."""
    return latency_quantile_over(slo, sli, quantile, str(_counter_range(slo, window)))


def latency_quantile_over(slo: Slo, sli: LatencySli, quantile: Decimal, look_back: str) -> str:
    """The same over a look-back that may be a variable of a dashboard's."""
    metric = sli.histogram if sli.native else f"{sli.histogram}_bucket"
    groups = slo.group_by if sli.native else ("le", *slo.group_by)
    rate = f"rate({metric}{braces(sli.filter)}[{look_back}])"
    return f"histogram_quantile({plain(quantile)}, {_sum(rate, groups)})"


def le_matcher(threshold: Decimal) -> str:
    """Matches the bucket of `threshold` however the server spells it: `1`, `1.0`, `1e+06`."""
    spellings = [plain(threshold)]
    if threshold == threshold.to_integral_value():
        spellings.append(f"{spellings[0]}.0")
    go = f"{float(threshold):g}"
    if go not in spellings:
        spellings.append(go)
    if len(spellings) == 1:
        return f"le={quote(spellings[0])}"
    return f"le=~{quote('|'.join(re.escape(spelling) for spelling in spellings))}"


def _counter_range(slo: Slo, window: Duration) -> Duration:
    """`window` and one scrape more, so that a window ends on the very sample that the next begins with.

    rate() sees the increase between the first and the last sample in its range. Over a range of whole
    scrape intervals the increase across the border of two neighbouring windows is in neither of them.
    """
    return window + slo.scrape_interval


def _sum(expression: str, groups: tuple[str, ...]) -> str:
    if _is_sum_by(expression, groups):
        return expression
    return f"sum{by(groups)}({expression})"


def _or_none(events: str, slo: Slo, valid_events: str) -> str:
    return f"({events}) or on ({', '.join(slo.group_by)}) {_no_events(slo, valid_events)}"


def _no_events(slo: Slo, valid_events: str) -> str:
    """Labelled as the events are: over a range, both sides of the `or` are one series then."""
    return f"0 * sum{by(slo.group_by)}({valid_events})"


def _rest(good: str, slo: Slo, valid_events: str) -> str:
    """Valid events that are not good. Never below 0, which subtracting two floats could give."""
    on = f"on ({', '.join(slo.group_by)})"
    return f"clamp_min({valid_events} - {on} ({good}), 0)"


def braces(*matchers: str) -> str:
    """All matchers together in braces, nothing where there are none."""
    inner = ",".join(text for text in (matcher.strip().strip(",") for matcher in matchers) if text)
    return f"{{{inner}}}" if inner else ""


class Unit(Enum):
    """What a query of the user's counts in, told by the functions that it applies to `{{.window}}`."""

    PER_SECOND = "rate"
    INCREASE = "increase"
    SAMPLES = "over_time"

    @property
    def counts_per_window(self) -> bool:
        return self is not Unit.PER_SECOND


_UNIT_OF_FUNCTION = {"rate": Unit.PER_SECOND, "irate": Unit.PER_SECOND, "increase": Unit.INCREASE}


def _common_unit(total_query: str, events_query: str) -> Unit:
    """The unit of both queries; where they differ, their ratio is left as the user wrote it."""
    units = {query_unit(total_query), query_unit(events_query)}
    return units.pop() if len(units) == 1 else Unit.PER_SECOND


@lru_cache(maxsize=4096)
def query_unit(query: str) -> Unit:
    """Events per second, or events per window. A query that mixes both is taken to be a rate."""
    filled = fill_window(query, _ANY_WINDOW)
    # Parsing costs twenty times as much as this look, which settles most queries.
    bare = STRING.sub("", filled)
    functions = _FUNCTION_OF_SELECTOR.findall(bare)
    if len(functions) != bare.count("["):
        tree = _parse(filled)
        functions = list(_functions_over_ranges(tree)) if tree is not None else []
    units = {_UNIT_OF_FUNCTION.get(name, Unit.SAMPLES) for name in functions}
    return units.pop() if len(units) == 1 else Unit.PER_SECOND


_ANY_WINDOW = Duration.of(minutes=5)
STRING = re.compile(r"""\"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""")
_FUNCTION_OF_SELECTOR = re.compile(r"(\w+)\s*\(\s*[\w:]*\s*(?:\{[^{}]*\})?\s*\[[^:\]]*\]")
_PARENTHESIS = re.compile(r"[()]")


def _is_sum_by(expression: str, groups: tuple[str, ...]) -> bool:
    return not groups and expression.startswith("sum(") and _is_one_call(expression)


def _is_one_call(expression: str) -> bool:
    """Whether the first parenthesis closes at the very end, so that nothing stands beside the call."""
    bare = STRING.sub("", expression)
    depth = 0
    for match in _PARENTHESIS.finditer(bare):
        depth += 1 if match[0] == "(" else -1
        if depth == 0:
            return match.end() == len(bare)
    return False


@lru_cache(maxsize=64)
def _parse(expression: str) -> Any | None:
    import promql_parser

    try:
        return promql_parser.parse(expression)
    except ValueError:
        return None  # the spec's checks have judged it, perhaps by a newer parser than this one


def _functions_over_ranges(tree: Any) -> Iterator[str]:
    """The functions whose argument is a range, outermost first."""
    import promql_parser

    ranges = (promql_parser.MatrixSelector, promql_parser.SubqueryExpr)
    found: list[str] = []

    def visit(node: Any) -> bool:
        if isinstance(node, promql_parser.Call) and any(isinstance(arg, ranges) for arg in node.args):
            found.append(node.func.name)
        return True

    promql_parser.walk(tree, visit)
    yield from found


def identity_selector(metric: str, slo: Slo) -> str:
    """The series of one SLO of a generated metric."""
    return metric + identity_matchers(slo)


def identity_matchers(slo: Slo) -> str:
    return f"{{{naming.ID}={quote(slo.id)}}}"
