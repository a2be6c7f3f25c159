"""Histories: the events of a shape as a Prometheus would have scraped them, in three kinds of metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from deploy.live.remote_write import Series, labels_of
from deploy.live.replay import Span

from .events import EPOCH, Count, Life, Shape, Truth, happen

REQUESTS = "http_requests_total"
DURATION = "http_request_duration_seconds"
PROBE = "probe_success"

ExposeLife = Callable[[Life], Iterator[Series]]


@dataclass(frozen=True)
class History:
    start: float
    end: float
    series: list[Series]
    truth: Truth

    def at(self, seconds: float) -> float:
        """The Unix time of a moment in the history."""
        return self.start + seconds

    def count(self, start: float, end: float) -> Count:
        """Exact event counts between two Unix times."""
        return self.truth.count(start - self.start, end - self.start)


def counters(shape: Shape, *, late_errors: bool = False, labels: Mapping[str, str] | None = None) -> History:
    """`http_requests_total` by instance and code; with late errors there is no code 500 before the first."""

    def expose(life: Life) -> Iterator[Series]:
        good = Exposed(life, REQUESTS, {"code": "200", **(labels or {})})
        bad = Exposed(life, REQUESTS, {"code": "500", **(labels or {})}, hidden_at_zero=late_errors)
        for number, valid, errors in life.scrapes():
            good.scrape(number, valid - errors)
            bad.scrape(number, errors)
        yield good.finished()
        yield bad.finished()

    return _history(shape, expose)


def histogram(shape: Shape, threshold: str, *, labels: Mapping[str, str] | None = None) -> History:
    """A classic histogram of durations; an error is slower than the threshold, spelled as in `le`."""

    def expose(life: Life) -> Iterator[Series]:
        given = dict(labels or {})
        fastest = Exposed(life, f"{DURATION}_bucket", {"le": "0.05", **given})
        fast = Exposed(life, f"{DURATION}_bucket", {"le": threshold, **given})
        every = Exposed(life, f"{DURATION}_bucket", {"le": "+Inf", **given})
        count = Exposed(life, f"{DURATION}_count", given)
        for number, valid, errors in life.scrapes():
            fastest.scrape(number, (valid - errors) // 2)
            fast.scrape(number, valid - errors)
            every.scrape(number, valid)
            count.scrape(number, valid)
        for exposed in (fastest, fast, every, count):
            yield exposed.finished()

    return _history(shape, expose)


def probe(shape: Shape, *, labels: Mapping[str, str] | None = None) -> History:
    """A 0/1 gauge, as the blackbox exporter's `probe_success`: every scrape is one event."""

    def expose(life: Life) -> Iterator[Series]:
        exposed = Exposed(life, PROBE, dict(labels or {}))
        for number, valid, errors in life.scrapes():
            exposed.show(number, float(valid - errors))
        yield exposed.finished()

    return _history(shape, expose)


def targets(shape: Shape, *, answers: bool = True, labels: Mapping[str, str] | None = None) -> list[Series]:
    """`up` of every instance: 0 where a scrape fails, and nothing while the target is gone from discovery.

    Targets that are gone are still discovered where `answers` is false, and do not answer.
    """
    found = []
    for life in happen(shape):
        up = Exposed(life, "up", dict(labels or {}))
        for number in range(life.first, life.end):
            if number not in life.unscraped:
                up.show(number, 1.0)
            elif number in life.blind or not answers:
                up.always(number, 0.0)
            else:
                up.hide(number)
        found.append(up.finished())
    return found


def gone(series: Iterable[Series], spans: Iterable[Span], start: float) -> Iterator[Series]:
    """Series that are not exposed for a while, by a target that answers all the time."""
    absent = [(int((start + span.start) * 1000), int((start + span.end) * 1000)) for span in spans]
    for one in series:
        kept, visible = Series(one.labels), False
        for time, value in zip(one.times_ms, one.values, strict=True):
            if not any(low < time < high for low, high in absent):
                kept.add(time, value)
                visible = value is not None
            elif visible:
                kept.add(time, None)
                visible = False
        yield kept


def without(series: Iterable[Series], downtime: Iterable[Span], start: float) -> Iterator[Series]:
    """What a Prometheus that was down in between has: no samples, and no staleness markers either."""
    spans = [(int((start + span.start) * 1000), int((start + span.end) * 1000)) for span in downtime]
    for one in series:
        kept = Series(one.labels)
        for time, value in zip(one.times_ms, one.values, strict=True):
            if not any(low < time < high for low, high in spans):
                kept.add(time, value)
        yield kept


@dataclass
class Exposed:
    """One series of one instance: cumulates, starts again at a restart, goes stale when it is gone."""

    life: Life
    metric: str
    labels: dict[str, str]
    hidden_at_zero: bool = False
    total: int = 0
    visible: bool = False
    series: Series = field(init=False)

    def __post_init__(self) -> None:
        names = {"__name__": self.metric, "instance": self.life.name, "job": "web", **self.labels}
        self.series = Series(labels_of(names))

    def scrape(self, number: int, events: int) -> None:
        if number in self.life.restarts:
            self.total = 0
            events = int(events * self.life.restarts[number])
        elif number in self.life.unscraped and number not in self.life.blind:
            self.total = 0
        self.total += events
        if self.total or not self.hidden_at_zero:
            self.show(number, float(self.total))
        else:
            self.hide(number)

    def show(self, number: int, value: float) -> None:
        if number in self.life.unscraped:
            self.hide(number)
        else:
            self.always(number, value)

    def always(self, number: int, value: float) -> None:
        """What Prometheus itself writes of a target, also when the scrape fails."""
        self.series.add(self._time_ms(number), value)
        self.visible = True

    def hide(self, number: int) -> None:
        if self.visible:
            self.series.add(self._time_ms(number), None)
            self.visible = False

    def finished(self) -> Series:
        if self.life.ends_early:
            self.hide(self.life.end)
        return self.series

    def _time_ms(self, number: int) -> int:
        return round((EPOCH + self.life.time(number)) * 1000)


def _history(shape: Shape, expose: ExposeLife) -> History:
    lives = happen(shape)
    series = [one for life in lives for one in expose(life)]
    return History(EPOCH, EPOCH + shape.days * 86_400, series, Truth(lives))
