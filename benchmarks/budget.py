"""How long `slo budget` takes beyond the server's own time, and how many requests it makes.

    python -m benchmarks.budget            # 1, 100 and 1000 SLOs

Needs a `prometheus` (or another one in $SLO_TEST_PROMETHEUS). The recorded series are written as values, one for
every five minutes of a week, so the requests that sum event counts read what they would read in earnest.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import urlopen

from deploy.live.remote_write import Series as Written
from deploy.live.remote_write import labels_of, write
from slo_toolkit.query import Connection, Prometheus, Sample, Series
from slo_toolkit.status.render.as_json import as_json
from slo_toolkit.status.survey import Wanted, ask
from tests.live.prometheus import running_prometheus
from tests.status.fake import recorded

SIZES = (1, 100, 1000)
LIMIT_SECONDS = 2.0
RUNS = 5
END = 1_795_500_000
HISTORY = 7 * 86_400
STEP = 300


@dataclass(frozen=True)
class Listening:
    """A Prometheus whose questions are noted."""

    inner: Prometheus
    asked: list[str]

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.inner.warnings

    def instant(self, expr: str, at: float, share: float = 1) -> tuple[Sample, ...]:
        self.asked.append(expr)
        return self.inner.instant(expr, at, share)

    def range(self, expr: str, start: float, end: float, step: float) -> tuple[Series, ...]:
        return self.inner.range(expr, start, end, step)

    def server_time(self) -> float:
        return self.inner.server_time()


@dataclass(frozen=True)
class Figures:
    size: int
    requests: int
    whole: float
    """The command from its start to its end, seconds."""
    server: float
    """The same requests, their answers unread: the server's own time, and the transfer."""
    inside: float
    """The answer as JSON in a process that runs already."""

    @property
    def beyond(self) -> float:
        return self.whole - self.server

    def __str__(self) -> str:
        return (
            f"{self.size:5} SLOs: {self.requests} requests, {self.whole:.2f} s in all, server {self.server:.2f} s, "
            f"beyond it {self.beyond:.2f} s (of which in a running process {self.inside - self.server:.2f} s)"
        )


def main() -> int:
    measured = [_measure(size) for size in SIZES]
    for figures in measured:
        print(figures, flush=True)
    same = len({figures.requests for figures in measured}) == 1
    fast = all(figures.beyond < LIMIT_SECONDS for figures in measured)
    print(f"requests independent of the number of SLOs: {'yes' if same else 'NO'}")
    print(f"under {LIMIT_SECONDS:g} s beyond the server: {'yes' if fast else 'NO'}")
    return 0 if same and fast else 1


def _measure(size: int) -> Figures:
    with running_prometheus() as address:
        write(address, _series(size))
        command = [sys.executable, "-m", "slo_toolkit", "budget", "--prometheus", address, "--at", str(END)]
        runs = [_timed(command) for _ in range(RUNS)]
        asked: list[str] = []
        with Prometheus(Connection(address)) as prometheus:
            started = time.perf_counter()
            as_json(ask(Listening(prometheus, asked), Wanted(at=END)))
            inside = time.perf_counter() - started
            requests = prometheus.requests
        server = statistics.median(sum(_server_seconds(address, expr) for expr in asked) for _ in range(RUNS))
    return Figures(size, requests, statistics.median(runs), server, inside)


def _series(size: int) -> Iterator[Written]:
    for number in range(size):
        for labels, value in recorded(slo=f"slo-{number:04}"):
            series = Written(labels_of(labels))
            wide = labels["__name__"].endswith(("count5m", "objective:ratio", "days"))
            for moment in range(END - (HISTORY if wide else 0), END + 1, STEP):
                series.add(moment * 1000, value)
            yield series


def _timed(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def _server_seconds(address: str, expr: str) -> float:
    body = urlencode({"query": expr, "time": END}).encode()
    started = time.perf_counter()
    with urlopen(f"{address}/api/v1/query", data=body, timeout=60) as answer:
        answer.read()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
