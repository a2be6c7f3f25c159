"""A believable month of the demo service, as it would have exported them: a weekly rhythm and two incidents.

Everything is in events: the numbers of requests are laid down first, scrape by scrape, and the counters follow from
them. The same seed and the same end give the same past.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from deploy.live.remote_write import Series, labels_of

MINUTE = 60
HOUR = 3600
DAY = 86_400

SCRAPE_SECONDS = 30

DAYS = 31
"""A day more than the period of the SLOs, so that the whole of it is known."""

STARTED = 6 * DAY + 13 * HOUR
"""The clock of the past at its start, in seconds since Monday: Sunday, 13:00. So a past of `DAYS` ends on a Wednesday
at the same hour, and the story after it is told by day, with the same figures, whatever the real clock says."""

JOB = "demo-service"
INSTANCE = "demo-1"

_BUSIEST_PER_SECOND = 0.3
_NIGHT_SHARE = 0.25
_WEEKEND_SHARE = 0.55
_ALWAYS_FAILING = 0.0004
_SECONDS_OF_CPU_PER_REQUEST = 0.006

# Bounds of the service's histogram and the share of successful requests at or below each.
_BOUNDS = (
    "0.005",
    "0.01",
    "0.025",
    "0.05",
    "0.1",
    "0.25",
    "0.5",
    "0.75",
    "1.0",
    "1.5",
    "2.0",
    "3.0",
    "5.0",
    "10.0",
    "+Inf",
)
_USUAL = (
    0.08,
    0.31,
    0.62,
    0.81,
    0.905,
    0.955,
    0.974,
    0.982,
    0.9870,
    0.9925,
    0.9953,
    0.9982,
    0.9995,
    1.0,
    1.0,
)
_SLOW = (0.005, 0.02, 0.06, 0.11, 0.17, 0.24, 0.30, 0.36, 0.420, 0.600, 0.740, 0.900, 0.975, 1.0, 1.0)
_MEAN_SECONDS = {_USUAL: 0.075, _SLOW: 1.45}


@dataclass(frozen=True)
class Operation:
    """One method of one route, and its part of the traffic."""

    method: str
    route: str
    status: str
    share: float


OPERATIONS = (
    Operation("POST", "/documents/search", "200", 0.50),
    Operation("GET", "/documents/{id}", "200", 0.24),
    Operation("POST", "/contact", "201", 0.18),
    Operation("POST", "/documents/upload", "201", 0.08),
)


@dataclass(frozen=True)
class Incident:
    """A stretch of trouble. Times are seconds after the start of the past."""

    name: str
    began: float
    seconds: float
    failing: float = 0.0
    """Share of the requests that get 503."""
    slow: bool = False

    def covers(self, age: float) -> bool:
        """Whether a moment, in seconds after the start, lies in the incident."""
        return self.began <= age < self.began + self.seconds


INCIDENTS = (
    Incident("the database was away", began=13 * DAY - 5 * HOUR, seconds=95 * MINUTE, failing=0.35),
    Incident("a missing index", began=24 * DAY - 3 * HOUR, seconds=4 * HOUR, slow=True),
)


@dataclass(frozen=True)
class Scrape:
    """What happened since the scrape before, for each operation in the order of `OPERATIONS`."""

    succeeded: tuple[int, ...]
    failed: tuple[int, ...]
    slow: bool


@dataclass(frozen=True)
class Past:
    """The past from `start`, a Unix time, in steps of `SCRAPE_SECONDS`."""

    start: int
    scrapes: Sequence[Scrape]

    @property
    def end(self) -> int:
        """Unix time of the last scrape."""
        return self.start + len(self.scrapes) * SCRAPE_SECONDS

    def events(self, start: float, end: float) -> tuple[int, int]:
        """Failed and all requests after `start` up to `end`, both Unix times."""
        first, last = (max(0, math.floor((moment - self.start) / SCRAPE_SECONDS)) for moment in (start, end))
        chosen = self.scrapes[first:last]
        failed = sum(sum(scrape.failed) for scrape in chosen)
        return failed, failed + sum(sum(scrape.succeeded) for scrape in chosen)

    def series(self, after: float = 0) -> Iterator[Series]:
        """Every series of the past, one sample for each scrape after a Unix time."""
        times = [(self.start + number * SCRAPE_SECONDS) * 1000 for number in range(1, len(self.scrapes) + 1)]
        first = sum(time <= after * 1000 for time in times)
        for name, labels, values in (*self._requests(), *self._durations(), *self._process()):
            identity = {"__name__": name, "job": JOB, "instance": INSTANCE, **labels}
            yield Series(labels_of(identity), times[first:], values[first:])

    def _requests(self) -> Iterator[tuple[str, dict[str, str], list[float | None]]]:
        for number, operation in enumerate(OPERATIONS):
            route = {"method": operation.method, "route": operation.route}
            succeeded = [scrape.succeeded[number] for scrape in self.scrapes]
            failed = [scrape.failed[number] for scrape in self.scrapes]
            yield "http_requests_total", {**route, "status": operation.status}, _counter(succeeded)
            yield "http_requests_total", {**route, "status": "503"}, _counter(failed)

    def _durations(self) -> Iterator[tuple[str, dict[str, str], list[float | None]]]:
        for number, operation in enumerate(OPERATIONS):
            labels = {"method": operation.method, "route": operation.route, "outcome": "success"}
            counts = [scrape.succeeded[number] for scrape in self.scrapes]
            shares = [_SLOW if scrape.slow else _USUAL for scrape in self.scrapes]
            for bound, at_most in enumerate(zip(_USUAL, _SLOW, strict=True)):
                usual, slow = at_most
                fast = [
                    count * (slow if share is _SLOW else usual)
                    for count, share in zip(counts, shares, strict=True)
                ]
                yield "http_request_duration_seconds_bucket", {**labels, "le": _BOUNDS[bound]}, _counter(fast)
            yield "http_request_duration_seconds_count", labels, _counter(counts)
            seconds = [count * _MEAN_SECONDS[share] for count, share in zip(counts, shares, strict=True)]
            yield "http_request_duration_seconds_sum", labels, [*accumulate(seconds)]

    def _process(self) -> Iterator[tuple[str, dict[str, str], list[float | None]]]:
        handled = [sum(scrape.succeeded) + sum(scrape.failed) for scrape in self.scrapes]
        cpu = [0.03 + count * _SECONDS_OF_CPU_PER_REQUEST for count in handled]
        named = {operation.route: number for number, operation in enumerate(OPERATIONS)}

        def succeeded(route: str) -> list[float | None]:
            return _counter([scrape.succeeded[named[route]] for scrape in self.scrapes])

        yield "up", {}, [1.0] * len(handled)
        yield "process_cpu_seconds_total", {}, [*accumulate(cpu)]
        yield (
            "process_resident_memory_bytes",
            {},
            [64e6 + 4e3 * (n % 2000) + 1e5 * h for n, h in enumerate(handled)],
        )
        yield "process_virtual_memory_bytes", {}, [410e6] * len(handled)
        yield "process_open_fds", {}, [float(18 + count % 5) for count in handled]
        yield "process_max_fds", {}, [1024.0] * len(handled)
        yield "process_start_time_seconds", {}, [float(self.start)] * len(handled)
        yield "http_requests_in_flight", {}, [float(count // 7) for count in handled]
        yield "contact_submissions_total", {}, succeeded("/contact")
        yield "document_search_queries_total", {}, succeeded("/documents/search")
        stored = {"document_type": "report", "status": "stored"}
        yield "document_uploads_total", stored, succeeded("/documents/upload")


def lived(start: int, end: int, *, seed: int = 7) -> Past:
    """Live from one Unix time to another. What happened up to a moment does not depend on the end."""
    chance = random.Random(seed)
    owed = [0.0] * (2 * len(OPERATIONS))
    moments = range(start, end - SCRAPE_SECONDS + 1, SCRAPE_SECONDS)
    scrapes = [_scrape(moment - start, owed, chance) for moment in moments]
    return Past(start, scrapes)


def _scrape(age: int, owed: list[float], chance: random.Random) -> Scrape:
    """What happened before one scrape; `owed` carries the fractions of requests over to the next."""
    troubles = [incident for incident in INCIDENTS if incident.covers(age)]
    failing = max([_ALWAYS_FAILING, *(trouble.failing for trouble in troubles)])
    mean = _per_second(age) * SCRAPE_SECONDS * chance.uniform(0.8, 1.2)
    happened = []
    for number, operation in enumerate(OPERATIONS):
        for kind, share in enumerate((1 - failing, failing)):
            place = 2 * number + kind
            owed[place] += mean * operation.share * share
            whole = int(owed[place])
            owed[place] -= whole
            happened.append(whole)
    return Scrape(tuple(happened[::2]), tuple(happened[1::2]), any(trouble.slow for trouble in troubles))


def _per_second(age: float) -> float:
    """Requests a second at an age of the past in seconds: quiet in the night and at the weekend of its own clock."""
    since_monday = age + STARTED
    daylight = 0.5 - 0.5 * math.cos(2 * math.pi * (since_monday % DAY - 2 * HOUR) / DAY)
    weekend = since_monday // DAY % 7 >= 5
    return (
        _BUSIEST_PER_SECOND
        * (_NIGHT_SHARE + (1 - _NIGHT_SHARE) * daylight)
        * (_WEEKEND_SHARE if weekend else 1)
    )


def _counter(increments: Sequence[float]) -> list[float | None]:
    """A counter of whole events after each increment, which may be fractions that add up."""
    return [float(math.floor(total + 1e-9)) for total in accumulate(increments)]
