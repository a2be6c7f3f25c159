"""The queries that somebody runs first when an SLO's alert fires."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.emit.query_reading import counters
from slo_toolkit.emit.selectors import Selector
from slo_toolkit.promql import by, identity_selector, quote, selector
from slo_toolkit.rates import latency_quantile
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, Slo
from slo_toolkit.windows import base_window


@dataclass(frozen=True, slots=True)
class Step:
    question: str
    query: str


def first_queries(slo: Slo) -> Iterator[Step]:
    """From "how bad is it" to "where is it", each as a query that runs as it stands."""
    ratios = quote(naming.error_ratio(slo.period).removesuffix(str(slo.period)) + ".+")
    ours = {naming.SERVICE: slo.service, naming.SLO: slo.name, **slo.extra_labels}
    matchers = selector("", ours)[1:-1]
    on = f"on ({', '.join(naming.identity_names(slo))}) group_left ()"
    yield Step(
        "How fast does the budget burn, in every window? Above 1 it will not last.",
        f"{{__name__=~{ratios}, {matchers}}}\n/ {on}\n{identity_selector(naming.ERROR_BUDGET, slo)}",
    )
    yield from _where(slo)
    yield Step(
        f"How much of the budget of {slo.period.words()} is left? 0.25 is a quarter, below 0 is overdrawn.",
        identity_selector(naming.BUDGET_REMAINING, slo),
    )
    yield Step(
        f"How much of the {slo.period.words()} was measured? Below 1 the answer above knows only so much.",
        identity_selector(naming.coverage(slo.period), slo),
    )


def _where(slo: Slo) -> Iterator[Step]:
    base = base_window(slo.scrape_interval)
    match slo.sli:
        case EventSli(error_query=str() as errors):
            yield from _breakdown(counters(errors), base, "Which errors are they?")
        case EventSli(total_query=total):
            yield from _breakdown(counters(total), base, "Which events are they, good and bad?")
        case AvailabilitySli(metric, errors, matchers):
            inner = ",".join(text for text in (matchers, errors) if text)
            selectors = counters(f"sum(rate({metric}{{{inner}}}[{{{{.window}}}}]))")
            yield from _breakdown(selectors, base, "Which errors are they?")
        case LatencySli():
            yield Step(
                f"How slow is it? The 99th percentile of the last {base.as_last()}, in the unit of the histogram.",
                latency_quantile(slo, slo.sli, Decimal("0.99"), base),
            )
        case _:
            return


def _breakdown(selectors: Sequence[Selector], window: Duration, question: str) -> Iterator[Step]:
    """By every label that the query does not pin to one value."""
    for found in selectors:
        labels = tuple(dict.fromkeys(m.name for m in found.matchers if m.op != "="))
        if labels:
            rate = f"sum{by(labels)}(rate({found}[{window}]))"
            yield Step(f"{question} Per second, the ten most frequent.", f"topk(10, {rate})")
