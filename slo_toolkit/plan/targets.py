"""Which scrape targets the series of an SLI come from, told by what `up` and they have in common.

A query says at most a part of it, and its labels may be the target's or the metric's own. So it is looked up while
the series are there: `job` and `instance` lead from a series to its `up`, and what of the labels below that carries
is remembered. None of them changes with a deploy, as `instance` and `pod` do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from slo_toolkit.meaning.tree import matchers, names_window, parse, selectors
from slo_toolkit.promql import braces, written
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Sli

USUAL_LABELS = ("job", "namespace", "kubernetes_namespace", "app", "app_kubernetes_io_name", "cluster")
"""Labels by which targets are told apart in most configurations, where `up` has them."""

_MOST_SERIES = 4
"""A sum of more metrics than that is looked up by the first of them."""

_NO_LABELS_OF_TARGETS = ("__name__", "le")


@dataclass(frozen=True, slots=True)
class Sources:
    """`series` are selectors of what an SLI reads; there are none where its query cannot be read.

    `labels` may tell its targets from others: the usual ones and those of which the query asks for one value. `up`
    selects as few targets as all of the selectors allow.
    """

    series: tuple[str, ...]
    labels: tuple[str, ...]
    up: str


@lru_cache(maxsize=4096)
def sources(sli: Sli) -> Sources:
    """What the total of `sli` is made of."""
    try:
        found = [node for node in selectors(parse(_total(sli))) if _is_plain(node)][:_MOST_SERIES]
    except (ValueError, RecursionError):
        found = []
    series = tuple(dict.fromkeys(written(node.name or "", matchers(node)) for node in found))
    asked = (name for node in found for name, sign, _ in matchers(node) if sign == "=")
    labels = dict.fromkeys((*USUAL_LABELS, *(name for name in asked if name not in _NO_LABELS_OF_TARGETS)))
    jobs = {written("up", (one for one in matchers(node) if one[0] == "job")) for node in found}
    return Sources(series, tuple(labels), jobs.pop() if len(jobs) == 1 else "up")


def _total(sli: Sli) -> str:
    match sli:
        case EventSli(total):
            return total
        case RawSli(ratio):
            return ratio
        case LatencySli(histogram, _, matchers, native):
            return f"{histogram}{'' if native else '_count'}{braces(matchers)}"
        case AvailabilitySli(metric, _, matchers) | ProbeSli(metric, matchers):
            return f"{metric}{braces(matchers)}"


def _is_plain(node: Any) -> bool:
    """Whether it selects the same series for every window, and without VictoriaMetrics' `or`."""
    return not names_window(node) and not node.matchers.or_matchers
