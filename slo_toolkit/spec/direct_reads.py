"""Tells what it costs where a query must be read over each window as a whole."""

from __future__ import annotations

from collections.abc import Mapping

from slo_toolkit.duration import Duration
from slo_toolkit.meaning.query import read
from slo_toolkit.rates import reads_directly
from slo_toolkit.slo import Slo
from slo_toolkit.spec.flaws import Place
from slo_toolkit.windows import recorded_windows

_HOUR = Duration.of(hours=1)


def tell_direct_reads(slo: Slo, queries: Mapping[str, str], at: Place) -> None:
    """A note at the query that decides; none where all windows are made from pieces."""
    if not reads_directly(slo):
        return
    key = next((key for key, query in queries.items() if read(query).culprit), next(iter(queries)))
    query = queries[key]
    windows = recorded_windows(slo.alerting.tiers, slo.period, slo.scrape_interval)
    scrapes = sum(window.ms for window in windows) / slo.scrape_interval.ms
    evaluations = _HOUR.ms / slo.evaluation_interval.ms
    period = slo.period.ms / slo.scrape_interval.ms
    direct = scrapes * evaluations + period
    pieces = (windows[0].ms / slo.scrape_interval.ms + 1) * evaluations
    (at / key).note(
        f"{_why(queries, key)}, so each window is read from the source as the query stands",
        f"that reads some {direct:,.0f} samples an hour for each series behind the query, {period:,.0f} of them at "
        f"once for the period; a sum of rates would read {pieces:,.0f}",
        rule="direct-read",
        offset=query.find(read(query).culprit.split()[0]) if read(query).culprit else -1,
    )


def _why(queries: Mapping[str, str], key: str) -> str:
    culprit = read(queries[key]).culprit
    if not culprit:
        return "the queries count in different units"
    return f"`{culprit}` over a long window is not the sum of what it is over short ones"
