"""A first look at two queries: whether they are worth to be read as trees.

Most pairs of queries are not. Loading and running what reads trees would take longer than the rest of their
specs, so this looks at their text alone, and rather says yes once too often.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from slo_toolkit.meaning.text import STRING


class Says(Enum):
    """What a label says about an event."""

    OUTCOME = "how it ended"
    PLACE = "in which part of the world it happened; the same name on every metric"
    TARGET = "which program it happened in; other programs count other metrics"
    REQUEST = "what was asked for"
    UNKNOWN = "nothing that its name tells"


def vocabulary(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_OUTCOME = vocabulary(
    """
    action cancelled canceled category class cause code condition decision denied dropped err error
    errors event exception fail failed failure failures flag flags health healthy kind le level ok
    outcome phase quantile rcode reason rejected result retry severity state status success successful
    timeout type valid verdict
    """
)
_PLACE = vocabulary(
    """
    cell cluster country datacenter dc env environment farm geo landscape location region site stage
    stack zone az
    """
)
_TARGET = vocabulary(
    """
    app application component container controller daemonset deployment exporter host hostname image
    instance job machine model namespace node ns owner pod project rack replica release server service
    statefulset target team unit vm workload
    """
)
_REQUEST = vocabulary(
    """
    account api backend bucket channel client command consumer customer database db destination device
    domain endpoint entrypoint frontend function group handler index ingress interface listener method
    operation org organization path partition peer port procedure product protocol proxy query queue
    route router rpc scheme shard source subject table tenant topic upstream uri url user verb vhost
    view
    """
)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
"""The words of a label or metric in snake_case or camelCase."""

_LEAST_MATCHER = re.compile(rf"(\w+)\s*(=~|!=|!~|=)\s*({STRING.pattern})")


def pair_is_worth_reading(counted: str, total: str) -> bool:
    """Whether two queries have buckets, a hundred, a fallback for a difference, or unlike filters."""
    return _is_worth_reading(counted) or "_bucket" in total or _scopes(counted) != _scopes(total)


def ratio_is_worth_reading(query: str) -> bool:
    """The same for one query; the filters of a division are told apart only by reading it."""
    return ("/" in query and "{" in query.replace("{{", "")) or _is_worth_reading(query)


def _is_worth_reading(query: str) -> bool:
    has_fallback = "-" in query and ("vector" in query or "*" in query)
    return "_bucket" in query or "100" in query or "1e" in query or has_fallback


def _scopes(query: str) -> set[tuple[str, int]]:
    """The matchers that are no outcomes, with the share of the selectors that have them all alike."""
    matchers = [match.groups() for match in _LEAST_MATCHER.finditer(query)]
    scopes = ["".join(matcher) for matcher in matchers if says(matcher[0]) is not Says.OUTCOME]
    ranges = query.count("[")
    return {(scope, 0 if scopes.count(scope) == ranges else scopes.count(scope)) for scope in scopes}


@lru_cache(maxsize=1024)
def says(label: str) -> Says:
    """What a label says, by the words of its name; one word of an outcome makes an outcome of it."""
    words = {word.lower() for word in WORD.findall(label)}
    for meaning, known in (
        (Says.OUTCOME, _OUTCOME),
        (Says.PLACE, _PLACE),
        (Says.TARGET, _TARGET),
        (Says.REQUEST, _REQUEST),
    ):
        if words & known:
            return meaning
    return Says.UNKNOWN
