"""What two Prometheus replicas make of one history: each scrapes at moments of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deploy.live.remote_write import Series, labels_of
from deploy.live.replay import Span

from .events import EPOCH

REPLICA = "prometheus_replica"
HALF_SCRAPE = 15
"""Histories for two replicas have a sample twice as often as each of them scrapes."""


def both(series: Iterable[Series], name: str = REPLICA) -> Iterator[tuple[Series, Series]]:
    """Every other sample for each of two replicas, which a label of that name tells apart."""
    for one in series:
        pair = [Series(labels_of({**dict(one.labels), name: text})) for text in ("a", "b")]
        for time, value in zip(one.times_ms, one.values, strict=True):
            if value is None:
                for replica in pair:
                    replica.add(time, None)
            else:
                pair[_turn(time)].add(time, value)
        yield pair[0], pair[1]


def twice(series: Iterable[Series], away: Iterable[Span] = (), name: str = REPLICA) -> Iterator[Series]:
    """Both replicas' series, as a store without deduplication has them; the second one was away for a while."""
    gaps = [(int((EPOCH + span.start) * 1000), int((EPOCH + span.end) * 1000)) for span in away]
    for first, second in both(series, name):
        kept = Series(second.labels)
        for time, value in zip(second.times_ms, second.values, strict=True):
            if not any(low < time < high for low, high in gaps):
                kept.add(time, value)
        yield first
        yield kept


def switched(
    series: Iterable[Series], span: Span, every: float = 180, lag: int = 3 * HALF_SCRAPE
) -> Iterator[Series]:
    """One replica's series, but for a while, every so often, those of another one that lags behind.

    So does a store that deduplicates by taking one replica at a time, where the other's clock is behind, or a slow
    scrape is told with the time at which it began.
    """
    for one in series:
        shown = dict(zip(one.times_ms, one.values, strict=True))
        kept = Series(one.labels)
        for time, value in shown.items():
            since = time / 1000 - EPOCH - span.start
            if 0 <= since < span.end - span.start and since // every % 2:
                value = shown.get(time - lag * 1000, value)
            if _turn(time) == 0:
                kept.add(time, value)
        yield kept


def _turn(time_ms: int) -> int:
    return time_ms // (HALF_SCRAPE * 1000) % 2
