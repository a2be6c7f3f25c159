"""What the generated tests of an SLO leave out, and why: told in the test file and by `slo compile`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from slo_toolkit.duration import Duration
from slo_toolkit.emit.scenarios import whole_outage
from slo_toolkit.emit.source_series import Source, source_series
from slo_toolkit.meaning.query import read
from slo_toolkit.meaning.tree import children, is_window, kind, name, parse
from slo_toolkit.plan.tiers import alerts
from slo_toolkit.rates import is_read_directly
from slo_toolkit.slo import EventSli, LatencySli, RawSli, Sli, Slo

_NO_TEST, _NO_TRAFFIC, _NO_SLOW_BURNS = "any promtool test", "any traffic", "slow burns"

_MOST_SAMPLES = 10_000
"""What promtool holds of one query; a number within a subquery counts once for each of its steps."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What SLOs are tested without, and the reason, both in words."""

    what: str
    reason: str


def gap(slo: Slo, source: Source | None) -> Gap | None:
    """What the tests of `slo` are without, None where its alerts are tested in every way."""
    if source is None:
        return Gap(_NO_TRAFFIC, _unknown(slo))
    if source.mixes or not alerts(slo):
        return None
    if whole_outage(slo, source, slo.evaluation_interval) is None:
        return Gap(_NO_TRAFFIC, "there is no page that an outage of an hour must bring")
    return Gap(_NO_SLOW_BURNS, _unmixed(slo, source))


def gaps(slos: Iterable[Slo]) -> dict[Gap, list[Slo]]:
    """The SLOs of each gap, in their order."""
    services: dict[str, list[Slo]] = {}
    for slo in slos:
        services.setdefault(slo.service, []).append(slo)
    found: dict[Gap, list[Slo]] = {}
    for together in services.values():
        of_all = untestable(together)
        for slo in together:
            left_out = of_all or gap(slo, source_series(slo))
            if left_out is not None:
                found.setdefault(left_out, []).append(slo)
    return found


def untestable(slos: Iterable[Slo]) -> Gap | None:
    """Why promtool cannot evaluate the rules of one file, which it does as a whole for each test."""
    for slo in slos:
        queries = _queries(slo.sli)
        if slo.plugins.metricsql and not all(read(query).known for query in queries):
            return _UNREAD
        numbers = [each for query in queries for each in _numbers(query)] if is_read_directly(slo.sli) else ()
        samples = (slo.period.ms / (step or slo.evaluation_interval).ms * count for step, count in numbers)
        if any(count > _MOST_SAMPLES for count in samples):
            return _TOO_MANY_SAMPLES
    return None


_UNREAD = Gap(_NO_TEST, "promtool reads no MetricsQL, of which the service has a query")
_TOO_MANY_SAMPLES = Gap(
    _NO_TEST,
    f"promtool takes {_MOST_SAMPLES:,} samples of a query, and a subquery of the service has more steps in a period",
)


def _queries(sli: Sli) -> tuple[str, ...]:
    match sli:
        case EventSli(total, errors, good):
            return total, errors or good or ""
        case RawSli(ratio):
            return (ratio,)
        case _:
            return ()


@lru_cache(maxsize=256)
def _numbers(query: str) -> tuple[tuple[Duration | None, int], ...]:
    """How often each subquery over the window looks at how many numbers that need no series.

    None stands for as often as rules are evaluated.
    """
    try:
        return tuple(_of_subqueries(parse(query)))
    except ValueError:
        return ()


def _of_subqueries(node: Any) -> Iterator[tuple[Duration | None, int]]:
    if kind(node) == "SubqueryExpr" and is_window(node.range):
        step = None if node.step is None else Duration(node.step // timedelta(milliseconds=1))
        yield step, _count_of_numbers(node.expr)
    for child in children(node):
        yield from _of_subqueries(child)


def _count_of_numbers(node: Any) -> int:
    own = kind(node) == "NumberLiteral" or name(node) in (
        "vector",
        "scalar",
        "time",
        "absent",
        "absent_over_time",
    )
    return int(own) + sum(map(_count_of_numbers, children(node)))


def _unknown(slo: Slo) -> str:
    if isinstance(slo.sli, LatencySli) and slo.sli.native:
        return "not every promtool can simulate native histograms"
    return "no series are known that the queries would count as good events, and others as errors"


def _unmixed(slo: Slo, source: Source) -> str:
    if source.lag.ms:
        return "the queries look back further than the window"
    if slo.alerting.min_error_events:
        return "a small share of the samples is less than `min_error_events`"
    return "the queries compare with a threshold, so a share of errors may be none"
