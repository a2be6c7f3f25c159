"""Series that several Prometheus replicas wrote into one store, read as the one series that they are of.

Each replica scrapes at moments of its own. The greatest of what the replicas show of a counter at one moment is what
the latest scrape saw, of all of a target's counters alike: so a histogram's count and its buckets are of one scrape,
and what one replica missed the other one has. It takes a subquery, one step for each scrape. The greatest *rate* would
not do: an error on the border of two windows is in the one for one replica and in the other for the other, and so in
both for the greatest of each.
"""

from __future__ import annotations

import re

from slo_toolkit.duration import Duration
from slo_toolkit.marks import Marks
from slo_toolkit.meaning.linear import UNITS, Unit
from slo_toolkit.meaning.ranges import with_ranges
from slo_toolkit.promql import fill_window
from slo_toolkit.slo import EventSli, RawSli, Slo

_LOOK_BACK = Duration.of(minutes=4)
"""Where scrapes are more seldom, one that comes late is beyond the five minutes of a plain selector."""


def once(selector: str, slo: Slo) -> str:
    """The counters that a selector selects, each once, whichever replica showed it last."""
    return _over_replicas("max", selector, slo) if slo.replica_labels else selector


def last_scraped(selector: str, slo: Slo) -> str:
    """The value of the last scrape, also where scrapes are so seldom that a plain selector would not see it."""
    if slo.scrape_interval <= _LOOK_BACK:
        return selector
    series, _, ago = selector.partition(" offset ")
    return f"last_over_time({series}[{slo.scrape_interval * 2}]{ago and ' offset '}{ago})"


def counted(selector: str, length: object, slo: Slo) -> str:
    """The range over `length` of counters, each once."""
    return _range("max", selector, length, slo) if slo.replica_labels else f"{selector}[{length}]"


def sampled(selector: str, length: object, slo: Slo) -> str:
    """The range over `length` of gauges whose samples are events.

    Two replicas that probe see the same moment twice, so that it counts once, by halves where they disagree.
    """
    return _range("avg", selector, length, slo) if slo.replica_labels else f"{selector}[{length}]"


def queried(text: str, length: Duration, slo: Slo) -> str:
    """A sum of the owner's over `length`, whose ranges are of each series once. Raises ValueError for others."""
    if not slo.replica_labels:
        return fill_window(text, length)

    def replaced(function: str, selector: str, _: str) -> str:
        samples = UNITS[function] is Unit.SAMPLES
        return (sampled if samples else counted)(selector, length, slo)

    return fill_window(with_ranges(text, frozenset(UNITS), replaced), length)


def is_handled(label: str, slo: Slo) -> bool:
    """Whether replicas that a label tells apart are dealt with: by us, or by a query that names it."""
    return label in slo.replica_labels or any(names_label(query, label) for query in _queries(slo))


def names_label(query: str, label: str) -> bool:
    return re.search(rf"\b{re.escape(label)}\b", query) is not None


def _queries(slo: Slo) -> tuple[str, ...]:
    match slo.sli:
        case EventSli(total, errors, good):
            return total, errors or good or ""
        case RawSli(ratio):
            return (ratio,)
    return ()


def _range(which: str, selector: str, length: object, slo: Slo) -> str:
    steps = "" if isinstance(length, Marks) else f":{slo.scrape_interval}"
    return f"({_over_replicas(which, selector, slo)})[{length}{steps}]"


def _over_replicas(which: str, selector: str, slo: Slo) -> str:
    return f"{which} without ({', '.join(slo.replica_labels)}) ({last_scraped(selector, slo)})"
