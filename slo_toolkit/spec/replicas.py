"""Checks that an SLI can be read once where several replicas wrote its series into one store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slo_toolkit.meaning.query import read
from slo_toolkit.rates import is_read_directly
from slo_toolkit.replicas import names_label, queried
from slo_toolkit.slo import EventSli, LatencySli, RawSli, Slo
from slo_toolkit.spec.flaws import Place

_RULE = "replica-labels"
_NO_REPLICAS = frozenset({"__name__", "instance", "job", "le", "pod"})
"""By these a service's own series are told apart, of which the greatest is one of many."""


def check_replica_labels(slo: Slo, queries: Mapping[str, str], at: Place, labels_at: Place) -> None:
    """Report what would count replicas twice, or more than replicas once.

    `queries` are the owner's own by their keys, at `at`; the labels stand at `labels_at`, or came from an option.
    """
    for label in slo.replica_labels:
        if label in _NO_REPLICAS:
            labels_at.wrong(
                f"`{label}` tells the service's own series apart, of which all count",
                _FOR_EXAMPLE,
                rule=_RULE,
            )
        if label in slo.group_by:
            labels_at.wrong(
                f"the SLO is grouped by `{label}`, so that each replica would have a budget",
                "group by another label",
                rule=_RULE,
            )
    label = slo.replica_labels[0]
    if isinstance(slo.sli, LatencySli) and slo.sli.native:
        (at / "native").wrong(
            "of native histograms there is no greatest, so no replica can be chosen",
            _ELSEWHERE,
            rule=_RULE,
        )
    for key in _unread(slo, queries):
        place, culprit = at / key, read(queries[key]).culprit
        place.report(
            place.path,
            f"nothing says how to read each series once in this query: {_why(queries[key])}",
            f"write `max without ({label}) (...)` around its selectors yourself, or {_ELSEWHERE}",
            rule=_RULE,
            offset=queries[key].find(culprit.split()[0]) if culprit else -1,
        )
    if not queries and isinstance(slo.sli, EventSli | RawSli) and next(_unread_of_plugin(slo), ""):
        at.wrong("nothing says how to read each series once in the plugin's query", _ELSEWHERE, rule=_RULE)


_FOR_EXAMPLE = "write for example prometheus_replica"
_ELSEWHERE = "have the store deduplicate, as Thanos does with --query.replica-label"


def _unread(slo: Slo, queries: Mapping[str, str]) -> Iterator[str]:
    """The keys of queries that cannot be read once by us, and were not written so."""
    if is_read_directly(slo.sli):
        decide = [key for key, query in queries.items() if read(query).linear is None] or list(queries)
        yield from (key for key in decide if not _names(queries[key], slo))
        return
    for key, query in queries.items():
        sums = [query]
        if isinstance(slo.sli, EventSli) and query == slo.sli.error_ratio_query:
            sums = [slo.sli.total_query, slo.sli.error_query or slo.sli.good_query or ""]
        if not all(_can_be_read_once(one, slo) for one in sums) and not _names(query, slo):
            yield key


def _unread_of_plugin(slo: Slo) -> Iterator[str]:
    match slo.sli:
        case EventSli(total, errors, good):
            yield from _unread(slo, {"total": total, "part": errors or good or ""})
        case RawSli(ratio):
            yield from _unread(slo, {"ratio": ratio})


def _can_be_read_once(query: str, slo: Slo) -> bool:
    try:
        queried(query, slo.period, slo)
    except ValueError:
        return False
    return True


def _names(query: str, slo: Slo) -> bool:
    """Whether the query names a replica label: then its owner knows of the replicas."""
    return any(names_label(query, label) for label in slo.replica_labels)


def _why(query: str) -> str:
    found = read(query)
    if found.linear is not None:
        return "a range in it is none of one metric"
    return (
        f"`{found.culprit}` over it is no sum of what its series count" if found.known else "unknown PromQL"
    )
