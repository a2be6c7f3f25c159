"""How far back a server's data reach: a period that begins before them is told, once for all SLOs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from slo_toolkit.duration import Duration
from slo_toolkit.errors import NotMeasurable
from slo_toolkit.query.samples import Series
from slo_toolkit.status.model import BudgetStatus
from slo_toolkit.status.moments import rfc3339

_POINTS = 100
_TARGETS = "count(up)"
"""Every server that scrapes has it, at any time, for the price of its chunks at a hundred moments."""
_WHOLE = Decimal("0.98")
"""A period of which so much was measured does not begin before the data."""
_MINUTE = 60.0


class Storage(Protocol):
    """A Prometheus to ask, as `slo_toolkit.query.Prometheus` is one."""

    def range(self, expr: str, start: float, end: float, step: float) -> Sequence[Series]: ...

    def retention(self) -> Duration | None: ...


@dataclass(frozen=True, slots=True)
class _Reach:
    oldest: float | None
    """When the first sample was taken, or a little before; None where the server has no `up` to tell it by."""
    retention: Duration | None
    """How long the server keeps samples; None where it does not say."""

    def begins_after(self, moment: float) -> bool:
        return self.oldest is not None and self.oldest > moment + _MINUTE

    @property
    def keeps(self) -> str:
        return f"; it keeps {self.retention} (its retention)" if self.retention else ""


def short_reach(storage: Storage, statuses: Iterable[BudgetStatus], now: float) -> tuple[str, ...]:
    """What to warn of where a period begins before the data: one warning, or none.

    Asks nothing where every period was measured whole. `now` is in Unix seconds.
    """
    doubtful = [status for status in statuses if status.coverage is None or status.coverage < _WHOLE]
    if not doubtful:
        return ()
    longest = min(doubtful, key=lambda status: status.span.start).span
    reach = _reach(storage, longest.start, now)
    if reach.oldest is None:
        if reach.retention is None or now - reach.retention.seconds <= longest.start:
            return ()
        return (
            f"the server keeps {reach.retention} (its retention), so a part of the period {longest.name} "
            "is not in the figures",
        )
    if reach.begins_after(longest.at):
        return (_nothing_then(longest.at, reach),)
    if reach.oldest - longest.start <= 2 * (now - longest.start) / _POINTS:
        return ()
    return (
        f"the server's data begin about {rfc3339(reach.oldest)}, so a part of the period {longest.name} "
        f"is not in the figures{reach.keeps}",
    )


def before_the_data(storage: Storage, at: float, now: float) -> str:
    """That the server has nothing of the moment `at`, where it is so; empty where it has, or does not say."""
    if now - at < _MINUTE:
        return ""
    reach = _reach(storage, at, now)
    return _nothing_then(at, reach) if reach.begins_after(at) else ""


def _nothing_then(at: float, reach: _Reach) -> str:
    assert reach.oldest is not None
    return f"the server has no data of {rfc3339(at)}: they begin about {rfc3339(reach.oldest)}{reach.keeps}"


def _reach(storage: Storage, start: float, now: float) -> _Reach:
    """Nothing of it is known where the server does not answer: the figures themselves came before."""
    try:
        return _Reach(_oldest(storage, start, now), storage.retention())
    except NotMeasurable:
        return _Reach(None, None)


def _oldest(storage: Storage, start: float, end: float) -> float | None:
    """When there first was a target, to a minute: among a hundred moments, and then before the first that had one."""
    last, span = float(int(end)), end - start
    while True:
        # Whole seconds back from the end, so that it is among the moments: a young server has nothing else.
        step = max(span // _POINTS, 1.0)
        first = last - _POINTS * step
        times = [time for series in storage.range(_TARGETS, first, last, step) for time, _ in series.points]
        if not times:
            return None
        found = min(times)
        if step <= _MINUTE or found == first:
            return found
        last, span = found, step
