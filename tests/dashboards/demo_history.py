"""The month that the live demo writes (deploy/live/past.py), at half of its scrapes, and two neighbours of the service.

The neighbours are a probe of the front door and, for the last two days, a node exporter.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from deploy.live.past import DAY, DAYS, INCIDENTS, lived
from deploy.live.remote_write import Series, labels_of
from tests.live.events import EPOCH

START, END = EPOCH, EPOCH + DAYS * DAY
HOSTS_FROM = END - 2 * DAY

OUTAGE, SLOW = (START + incident.began for incident in INCIDENTS)

SCRAPED_EVERY = 60
_SCRAPES_A_MINUTE = 2


def series() -> Iterator[Series]:
    for one in lived(START, END).series():
        yield Series(one.labels, one.times_ms[::_SCRAPES_A_MINUTE], one.values[::_SCRAPES_A_MINUTE])
    yield _probe()
    yield from _host()


def _probe() -> Series:
    """One that fails once in fifty times."""
    chance = random.Random(7)
    return _every_minute(START, lambda _: float(chance.random() > 0.02), "probe_success", target="front-door")


def _host() -> Iterator[Series]:
    gauges = {
        "node_memory_MemTotal_bytes": 4e9,
        "node_memory_MemAvailable_bytes": 1e9,
        "node_filesystem_size_bytes": 40e9,
        "node_filesystem_avail_bytes": 10e9,
    }
    for metric, value in gauges.items():
        disk = {"mountpoint": "/", "fstype": "ext4"} if "filesystem" in metric else {}
        yield _every_minute(HOSTS_FROM, _steady(value), metric, instance="host-1", **disk)
    counters = {
        "node_cpu_seconds_total": {"cpu": "0", "mode": "user"},
        "node_network_receive_bytes_total": {"device": "eth0"},
        "node_network_transmit_bytes_total": {"device": "eth0"},
    }
    for metric, labels in counters.items():
        yield _every_minute(HOSTS_FROM, lambda number: 7.0 * number, metric, instance="host-1", **labels)


def _steady(value: float) -> Callable[[int], float]:
    return lambda _: value


def _every_minute(start: int, value: Callable[[int], float], metric: str, **labels: str) -> Series:
    made = Series(labels_of({"__name__": metric, "job": "neighbours", **labels}))
    for number, moment in enumerate(range(start, END, SCRAPED_EVERY)):
        made.add(moment * 1000, value(number))
    return made
