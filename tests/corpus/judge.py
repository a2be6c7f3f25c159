"""The judge: what the rules of a spec record, beside what its owner's own queries give.

Both are read from the same Prometheus at the same moments. A window that is put together from pieces holds one scrape
more at its start than the raw query of the same length sees, since the increase before its first sample is not lost. So
there are two readings of the owner's that are right: that over the window, and that over the window and one scrape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TypeAlias

from deploy.live.api import query_range
from deploy.live.rules import seconds as seconds_of
from tests.corpus.forms import Form
from tests.corpus.timeline import BETWEEN_MOMENTS, END, EPOCH

WINDOW = re.compile(r"\{\{-?\s*\.window\s*-?\}\}")

RELATIVE = 0.01
ABSOLUTE = 1e-4
EXACT = 1e-9

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


def differences(
    address: str,
    form: Form,
    window: str,
    recorded: Readings,
    *,
    every: float = BETWEEN_MOMENTS,
    lag: float = 0,
) -> Iterator[Difference]:
    """Where the recorded ratio of one window is not what the owner's queries give, all over the history.

    With a lag, in seconds, what the owner's queries gave that long ago is right as well.
    """
    queries = Queries.of(form)
    owner = read(address, filled(queries.ratio, window), every)
    longer: Readings = {}
    if lag:
        longer = _later(read(address, filled(queries.ratio, window), every, every - lag), lag)
    elif not form.says("exact"):
        longer = read(address, filled(queries.ratio, _longer(form, window)), every)
    errors = read(address, filled(queries.errors, window), every) if queries.errors else owner
    total = read(address, filled(queries.total, window), every) if queries.total else owner
    for group in sorted({*owner, *total, *recorded}, key=sorted):
        for seconds in moments(every):
            at = EPOCH + seconds
            found, own, events = (_at(readings, group, at) for readings in (recorded, owner, total))
            known = [
                ratio for ratio in (own, _at(longer, group, at)) if ratio is not None and isfinite(ratio)
            ]
            may_be_nothing = not known or own is None
            # A raw query that is empty does not say whether there were events.
            if _at(errors, group, at) is None and (queries.total is None or (events or 0) > 0):
                known.append(_WITHOUT_ERRORS[form["missing"]])
                may_be_nothing = form["missing"] == "unknown" or queries.total is None
            if not (may_be_nothing if found is None else _is_near(found, known, form)):
                right = [f"{max(ratio, 0):.6g}" for ratio in known] + ["nothing"] * may_be_nothing
                yield Difference(window, seconds, group, found, " or ".join(right))


_WITHOUT_ERRORS = {"zero": 0.0, "unknown": 1.0}
"""The ratio where there are events and no series of errors."""


def _at(readings: Readings, group: Group, at: float) -> float | None:
    return readings.get(group, {}).get(at)


def _later(readings: Readings, lag: float) -> Readings:
    return {group: {at + lag: value for at, value in values.items()} for group, values in readings.items()}


def _longer(form: Form, window: str) -> str:
    return f"{int(seconds_of(window) + form.scrape)}s"


def _is_near(found: float, known: list[float], form: Form) -> bool:
    """Whether it lies between the ratios, which are not below zero; where one is above one, one is right, too."""
    if not known:
        return False
    low, high = max(min(known), 0.0), max(*known, 0.0)
    relative, absolute = (EXACT, EXACT) if form.says("exact") else (RELATIVE, ABSOLUTE)
    return min(low, 1.0) * (1 - relative) - absolute <= found <= high * (1 + relative) + absolute


def moments(every: float) -> list[float]:
    """Seconds from the start of the history."""
    return [number * every for number in range(1, int(END / every) + 1)]


def read(address: str, query: str, every: float, first: float | None = None) -> Readings:
    """A query all over the history, or from `first` on."""
    found: dict[Group, dict[float, float]] = {}
    for labels, values in query_range(
        address, query, EPOCH + (every if first is None else first), EPOCH + END, every
    ):
        group = frozenset((name, value) for name, value in labels.items() if name != "__name__")
        found[group] = {float(at): float(value) for at, value in values}
    return found
