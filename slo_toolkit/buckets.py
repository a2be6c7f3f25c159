"""The two counters of a latency SLI: all events of a classic histogram, and those of the bucket at the threshold.

A pod, a route or a job whose histogram has no such bucket counts events of which nobody knows whether they were slow.
They are neither good nor errors. So series are told apart here before anything is summed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.meaning.buckets import pair
from slo_toolkit.meaning.linear import Linear
from slo_toolkit.meaning.query import read
from slo_toolkit.promql import braces, by, le_matcher, number, written
from slo_toolkit.replicas import counted, once
from slo_toolkit.slo import EventSli, LatencySli, Slo


@dataclass(frozen=True, slots=True)
class Histogram:
    """Selectors of the series of both counters, and the function that reads them: `rate` or `increase`.

    What it tells over a range of some `length` is in events per second, each with the `group_by` labels alone.
    """

    every: str
    fast: str
    function: str = "rate"

    def known_events(self, slo: Slo, length: Duration, left_out: str = "") -> str:
        """Events of the series that have the bucket, but for those that are `left_out`."""
        read = f"{self._read(self.every, slo, length)} and ignoring (le) {self._read(self.fast, slo, length)}"
        return self._summed(slo, read + _without(slo, left_out), length)

    def fast_events(self, slo: Slo, length: Duration, left_out: str = "") -> str:
        """Those in the bucket."""
        return self._summed(slo, self._read(self.fast, slo, length) + _without(slo, left_out), length)

    def all_events(self, slo: Slo, length: Duration, among: str = "") -> str:
        """Events of all series, have they the bucket or not; or of those that are `among` these alone."""
        only = f" and {ignoring(slo)} {among}" if among else ""
        return self._summed(slo, self._read(self.every, slo, length) + only, length)

    def lacking(self, slo: Slo, ago: str = "") -> str:
        """The series of all events that have no bucket at the moment, or had none at that of an offset."""
        return f"{once(self.every + ago, slo)} unless ignoring (le) {once(self.fast + ago, slo)}"

    def _read(self, selector: str, slo: Slo, length: Duration) -> str:
        return f"{self.function}({counted(selector, length, slo)})"

    def _summed(self, slo: Slo, read: str, length: Duration) -> str:
        scale = "" if self.function == "rate" else f" / {number(Decimal(length.ms) / 1000)}"
        return f"sum{by(slo.group_by)}({read}){scale}"


def _without(slo: Slo, left_out: str) -> str:
    return f" unless {ignoring(slo)} {left_out}" if left_out else ""


def histogram_of(slo: Slo) -> Histogram | None:
    """The histogram of a latency SLI, and of one whose own queries subtract a bucket from all events of the same.

    None where the SLI is anything else, or where it cannot be told.
    """
    match slo.sli:
        case LatencySli(histogram, threshold, matchers, native=False):
            every = f"{histogram}_count{braces(matchers)}"
            fast = f"{histogram}_bucket{braces(matchers, le_matcher(threshold))}"
            return Histogram(every, fast)
        case EventSli():
            return _of_queries(slo.sli, slo.group_by)
        case _:
            return None


def _of_queries(sli: EventSli, group_by: tuple[str, ...]) -> Histogram | None:
    total, counted = (
        read(query).linear for query in (sli.total_query, sli.error_query or sli.good_query or "")
    )
    if total is None or counted is None or total.unit is not counted.unit:
        return None
    if len(total.terms) != 1 or total.terms[0].factor != 1:
        return None
    whole = total.terms[0].text
    bucket = _good(whole, counted) if sli.error_query is not None else _only(counted)
    found = None if bucket is None else pair(whole, bucket, group_by)
    if found is None:
        return None
    return Histogram(written(*found.every), written(*found.fast), found.function)


def _good(whole: str, errors: Linear) -> str | None:
    """What is subtracted from all events, and nothing else, to have the errors."""
    if len(errors.terms) != 2 or [term.factor for term in errors.terms] != [1, -1]:
        return None
    minuend, subtrahend = (term.text for term in errors.terms)
    return subtrahend if "".join(minuend.split()) == "".join(whole.split()) else None


def _only(good: Linear) -> str | None:
    return good.terms[0].text if [term.factor for term in good.terms] == [1] else None


def ignoring(slo: Slo) -> str:
    """The labels that tell a counter from its bucket, or from what rules record of either of them."""
    return f"ignoring ({', '.join(('le', *naming.identity_names(slo)))})"
