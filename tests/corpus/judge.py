"""The judge: what the rules of a spec record, beside what its owner's own queries give.

Both are read from the same Prometheus at the same moments. A window that is put together from pieces holds one scrape
more at its start than the raw query of the same length sees, since the increase before its first sample is not lost.
And what stands at the very start of a window, a ruler's sample or a step of a subquery, is within the window of
Prometheus 2 and not within that of Prometheus 3. So there are three readings of the owner's that are right: over the
window, over one scrape more, and over a millisecond less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, isfinite
from typing import TypeAlias

from deploy.live.api import query_range
from deploy.live.rules import seconds as seconds_of
from tests.corpus.forms import Form
from tests.corpus.timeline import BETWEEN_MOMENTS, END, EPOCH, HOUR

WINDOW = re.compile(r"\{\{-?\s*\.window\s*-?\}\}")

SCRAPE = 30.0
RELATIVE = 0.02
"""Of a window of sixty scrapes one is nearly this much."""
ABSOLUTE = 1e-4
EXACT = 1e-9

LAG = 600.0
"""Events of five minutes are added to the period every five minutes."""

Group: TypeAlias = frozenset[tuple[str, str]]
Readings: TypeAlias = Mapping[Group, Mapping[float, float]]
"""For each group its values by Unix time."""


@dataclass(frozen=True)
class Difference:
    """One moment at which the recorded ratio is not the owner's."""

    window: str
    seconds: float
    group: Group
    recorded: float | None
    right: str

    def __str__(self) -> str:
        hours, minutes = divmod(int(self.seconds) // 60, 60)
        group = "".join(f" {name}={value}" for name, value in sorted(self.group))
        recorded = "nothing" if self.recorded is None else f"{self.recorded:.6g}"
        return f"{self.window} at {hours}h{minutes:02}{group}: recorded {recorded}, right is {self.right}"


@dataclass(frozen=True)
class Queries:
    """The owner's queries for the errors, the total and their ratio, with the template in them."""

    errors: str | None
    total: str | None
    ratio: str

    @staticmethod
    def of(form: Form) -> Queries:
        """As the spec says it, or its head where the spec has no such queries."""
        sli = form.slo["sli"]
        events, raw = sli.get("events", {}), sli.get("raw", {})
        errors = events.get("error_query") or events.get("errorQuery")
        total = events.get("total_query") or events.get("totalQuery")
        if form["ratio"]:
            return Queries(None, None, form["ratio"])
        if raw:
            return Queries(None, None, raw.get("error_ratio_query") or raw["errorRatioQuery"])
        # A comment may end a query, and must not take the rest with it.
        return Queries(errors, total, f"({errors}\n)\n/\n({total}\n)")


def filled(query: str, window: str) -> str:
    return WINDOW.sub(window, query)


@dataclass(frozen=True)
class Truth:
    """What the owner's queries give over one window."""

    ratio: Readings
    also_right: Sequence[Readings]
    errors: Readings
    total: Readings | None
    """None where there is no query that tells whether there were events."""


def of_a_window(address: str, form: Form, window: str, recorded: Readings) -> list[Difference]:
    """Where the recorded ratio of a window is not its owner's, from the first moment on at which the window is full."""
    queries, length = Queries.of(form), seconds_of(window)
    lengths: list[str] = []
    if not form.says("exact"):
        lengths.append(f"{length + form.scrape:.0f}s")
        if ":" in queries.ratio:  # a subquery, or a series that rules record
            lengths.append(f"{length * 1000 - 1:.0f}ms")
    also_right = [read(address, filled(queries.ratio, other), BETWEEN_MOMENTS) for other in lengths]
    truth = _truth(address, queries, window, also_right, BETWEEN_MOMENTS)
    slack = _half_a_scrape(form, truth, length) if form.scrape > SCRAPE else ABSOLUTE
    return list(_differences(form, window, recorded, truth, _moments(length, BETWEEN_MOMENTS), slack))


def _half_a_scrape(form: Form, truth: Truth, length: float) -> float:
    """How much of a ratio may lie within half a scrape, where scrapes are so rare that this is told by the readings."""
    highest = max(ratio for found in truth.ratio.values() for ratio in found.values() if isfinite(ratio))
    return highest * form.scrape / length / 2


def of_the_period(address: str, form: Form, period: str, recorded: Readings) -> list[Difference]:
    """The same for the period, which is longer than the history: of what came so far, at full hours.

    A period that is read as a whole is read hourly, and one that is counted follows by some minutes.
    """
    queries = Queries.of(form)
    lag = max(LAG, 4 * form.scrape)
    before = read(address, filled(queries.ratio, period), HOUR, HOUR - lag)
    also_right = {group: {at + lag: ratio for at, ratio in found.items()} for group, found in before.items()}
    truth = _truth(address, queries, period, [] if form.says("exact") else [also_right], HOUR)
    return list(_differences(form, period, recorded, truth, _moments(HOUR, HOUR), ABSOLUTE))


def _truth(
    address: str, queries: Queries, window: str, also_right: Sequence[Readings], every: float
) -> Truth:
    ratio = read(address, filled(queries.ratio, window), every)
    if queries.errors is None or queries.total is None:
        return Truth(ratio, also_right, ratio, None)
    errors, total = (read(address, filled(query, window), every) for query in (queries.errors, queries.total))
    return Truth(ratio, also_right, errors, total)


def _differences(
    form: Form,
    window: str,
    recorded: Readings,
    truth: Truth,
    moments: Iterable[float],
    slack: float,
) -> Iterator[Difference]:
    groups = sorted({*truth.ratio, *(truth.total or ()), *recorded}, key=sorted)
    for group, seconds in product(groups, moments):
        at = EPOCH + seconds
        found, own = _at(recorded, group, at), _at(truth.ratio, group, at)
        ratios = [own, *(_at(readings, group, at) for readings in truth.also_right)]
        known = [ratio for ratio in ratios if ratio is not None and isfinite(ratio)]
        may_be_nothing = own is None or not known
        # Where a raw query is empty, it does not tell whether there were events.
        has_events = truth.total is None or (_at(truth.total, group, at) or 0) > 0
        if has_events and _at(truth.errors, group, at) is None:
            known.append(_WITHOUT_ERRORS[form["missing"]])
            may_be_nothing = form["missing"] == "unknown" or truth.total is None
        may_be_nothing = may_be_nothing or form.says("nothing")
        if not (may_be_nothing if found is None else _is_near(found, known, form, slack)):
            right = [f"{max(ratio, 0):.6g}" for ratio in known] + ["nothing"] * may_be_nothing
            yield Difference(window, seconds, group, found, " or ".join(right))


_WITHOUT_ERRORS = {"zero": 0.0, "unknown": 1.0}
"""The ratio where there are events and no series of errors."""


def _at(readings: Readings, group: Group, at: float) -> float | None:
    return readings.get(group, {}).get(at)


def _is_near(found: float, known: list[float], form: Form, slack: float) -> bool:
    """Whether it lies between the ratios, which are not below zero; where one is above one, one is right, too."""
    if not known:
        return False
    low, high = max(min(known), 0.0), max(*known, 0.0)
    relative, absolute = (EXACT, EXACT) if form.says("exact") else (RELATIVE, slack)
    return min(low, 1.0) * (1 - relative) - absolute <= found <= high * (1 + relative) + absolute


def _moments(first: float, every: float) -> list[float]:
    """Seconds from the start of the history."""
    return [number * every for number in range(ceil(first / every), int(END / every) + 1)]


def read(address: str, query: str, every: float, first: float | None = None) -> Readings:
    """A query all over the history, or from `first` on."""
    found: dict[Group, dict[float, float]] = {}
    for labels, values in query_range(
        address, query, EPOCH + (every if first is None else first), EPOCH + END, every
    ):
        group = frozenset((name, value) for name, value in labels.items() if name != "__name__")
        found[group] = {float(at): float(value) for at, value in values}
    return found
