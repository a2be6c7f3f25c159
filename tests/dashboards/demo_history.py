"""A month of the demo service as Prometheus scraped it: traffic with nights, two outages, a slow morning.

The metrics and labels are the service's own (demo_service/metrics.py), with few of its routes and buckets.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import accumulate

from deploy.live.remote_write import Series, labels_of
from tests.live.events import DAY, EPOCH, HOUR, Life, Outage, Shape, happen
from tests.live.history import Exposed

DAYS = 31
START, END = EPOCH, EPOCH + DAYS * DAY
HOSTS_FROM = END - 2 * DAY

_SHAPE = Shape(
    days=DAYS,
    scrape_interval=60,
    instances=1,
    events_per_second=4.0,
    night_share=0.3,
    error_ratio=0.0005,
    outages=(
        Outage(3.4 * DAY, 40 * 60, error_ratio=0.6),
        Outage(17.6 * DAY, 3 * HOUR, error_ratio=0.05),
        Outage(30.5 * DAY, 40 * 60, error_ratio=0.4),
    ),
    seed=7,
)
_SLOW_MORNING = (12.3 * DAY, 12.5 * DAY)
_ROUTES = {"/contact": 0.3, "/documents/search": 0.7}
_BUCKETS = ("0.1", "0.5", "1.0", "3.0", "10.0", "+Inf")
_USUAL, _SLOW = (0.5, 0.44, 0.04, 0.018, 0.002), (0.2, 0.5, 0.15, 0.13, 0.02)
"""Which share of the successes falls into each bucket but the last."""
_MEAN_SECONDS = 0.14


def series() -> Iterator[Series]:
    for life in happen(_SHAPE):
        chance = random.Random(7)
        for route, share in _ROUTES.items():
            yield from _route(life, route, share, chance)
        yield from _process(life)
        yield from _probe(life, chance)
        yield from _host(life)


def _route(life: Life, route: str, share: float, chance: random.Random) -> Iterator[Series]:
    labels = {"method": "POST", "route": route, "job": "demo-service"}
    statuses = {
        code: Exposed(life, "http_requests_total", {**labels, "status": code})
        for code in ("200", "404", "500")
    }
    successes = _Durations(life, {**labels, "outcome": "success"})
    failures = _Durations(life, {**labels, "outcome": "server_error"})
    for number, valid, errors in life.scrapes():
        failed = _part(errors, share, chance)
        wrong = _part(valid, 0.01 * share, chance)
        good = max(0, _part(valid, share, chance) - failed - wrong)
        for code, count in (("200", good), ("404", wrong), ("500", failed)):
            statuses[code].scrape(number, count)
        slow = _SLOW_MORNING[0] < life.time(number) < _SLOW_MORNING[1]
        successes.scrape(number, good, _SLOW if slow else _USUAL, chance)
        failures.scrape(number, failed, _USUAL, chance)
    for exposed in (*statuses.values(), *successes.all, *failures.all):
        yield exposed.finished()


def _part(count: int, share: float, chance: random.Random) -> int:
    return min(count, int(count * share + chance.random()))


class _Durations:
    """One histogram: its buckets, its count and its sum."""

    def __init__(self, life: Life, labels: Mapping[str, str]) -> None:
        name = "http_request_duration_seconds"
        self.buckets = [Exposed(life, f"{name}_bucket", {**labels, "le": le}) for le in _BUCKETS]
        self.count = Exposed(life, f"{name}_count", dict(labels))
        self.sum = Exposed(life, f"{name}_sum", dict(labels))
        self.all = (*self.buckets, self.count, self.sum)

    def scrape(self, number: int, count: int, shares: tuple[float, ...], chance: random.Random) -> None:
        for bucket, share in zip(self.buckets, accumulate(shares), strict=False):
            bucket.scrape(number, min(count, int(count * share + chance.random())))
        self.buckets[-1].scrape(number, count)
        self.count.scrape(number, count)
        self.sum.scrape(number, round(count * _MEAN_SECONDS))


def _process(life: Life) -> Iterator[Series]:
    gauges = {
        "process_resident_memory_bytes": 90e6,
        "process_virtual_memory_bytes": 400e6,
        "process_open_fds": 21,
        "process_max_fds": 1024,
        "process_start_time_seconds": START,
    }
    for metric, value in gauges.items():
        yield _steady(life, metric, value)
    seconds = Exposed(life, "process_cpu_seconds_total", {"job": "demo-service"})
    for number, valid, _ in life.scrapes():
        seconds.scrape(number, valid // 100)
    yield seconds.finished()


def _probe(life: Life, chance: random.Random) -> Iterator[Series]:
    """A probe that fails once in fifty times."""
    made = Exposed(life, "probe_success", {"target": "front-door"})
    for number in range(life.first, life.end):
        made.show(number, float(chance.random() > 0.02))
    yield made.finished()


def _host(life: Life) -> Iterator[Series]:
    """A node exporter that was installed two days before the end."""
    gauges = {
        ("node_memory_MemTotal_bytes", ""): 4e9,
        ("node_memory_MemAvailable_bytes", ""): 1e9,
        ("node_filesystem_size_bytes", "/"): 40e9,
        ("node_filesystem_avail_bytes", "/"): 10e9,
    }
    for (metric, mountpoint), value in gauges.items():
        labels = {"mountpoint": mountpoint, "fstype": "ext4"} if mountpoint else {}
        yield _since(HOSTS_FROM, _steady(life, metric, value, job="node", **labels))
    counters = {
        "node_cpu_seconds_total": {"cpu": "0", "mode": "user"},
        "node_network_receive_bytes_total": {"device": "eth0"},
        "node_network_transmit_bytes_total": {"device": "eth0"},
    }
    for metric, labels in counters.items():
        made = Exposed(life, metric, {"job": "node", **labels})
        for number in range(life.first, life.end):
            made.scrape(number, 7)
        yield _since(HOSTS_FROM, made.finished())


def _since(start: float, series: Series) -> Series:
    kept = Series(series.labels)
    for time, value in zip(series.times_ms, series.values, strict=True):
        if time >= start * 1000:
            kept.add(time, value)
    return kept


def _steady(life: Life, metric: str, value: float, **labels: str) -> Series:
    made = Series(labels_of({"__name__": metric, "instance": life.name, "job": "demo-service", **labels}))
    for number in range(life.first, life.end):
        made.add(round((EPOCH + life.time(number)) * 1000), value)
    return made
