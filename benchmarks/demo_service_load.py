"""A bounded load on the demo service, on loopback: errors, latency and memory.

    python -m benchmarks.demo_service_load [--rate 200] [--seconds 30]

Requests leave on a fixed schedule and latency counts from the moment a request was due, so a service that
stalls cannot slow the load down and look better for it. Exit code 1 when any request failed.
"""

import argparse
import itertools
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.demo_service.application import CONTACT, WITH_KEY
from tests.demo_service.running_service import RunningService

_CONNECTIONS = 32
_UPLOAD_BYTES = 10_000
_MEMORY = "process_resident_memory_bytes"

# Of ten requests: five contacts, two uploads, two searches, one description.
_MIX = (
    "contact",
    "contact",
    "upload",
    "contact",
    "search",
    "contact",
    "upload",
    "describe",
    "contact",
    "search",
)


@dataclass
class Results:
    """What the connections saw, together."""

    latencies: dict[str, list[float]] = field(default_factory=dict)
    """Seconds, by kind of request."""
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, seconds: float, error: str | None) -> None:
        """Add one request."""
        with self.lock:
            self.latencies.setdefault(kind, []).append(seconds)
            if error is not None:
                self.errors.append(f"{kind}: {error}")


class Connection(threading.Thread):
    """Sends what is due next, one request at a time."""

    def __init__(self, base_url: str, schedule: "Schedule", results: Results) -> None:
        super().__init__()
        self._client = httpx2.Client(base_url=base_url, headers=WITH_KEY, timeout=30)
        self._schedule = schedule
        self._results = results
        self._last_document: str | None = None

    def run(self) -> None:
        send: dict[str, Callable[[], httpx2.Response]] = {
            "contact": lambda: self._client.post("/contact", json=CONTACT),
            "upload": self._upload,
            "search": lambda: self._client.post("/documents/search", json={"query": "lorem report"}),
            "describe": self._describe,
        }
        with self._client:
            for due, kind in self._schedule:
                time.sleep(max(0.0, due - time.monotonic()))
                try:
                    answer = send[kind]()
                    error = None if answer.is_success else str(answer.status_code)
                except httpx2.HTTPError as failure:
                    error = repr(failure)
                self._results.note(kind, time.monotonic() - due, error)

    def _upload(self) -> httpx2.Response:
        contents = f"lorem report {random.random()} ".encode() * (_UPLOAD_BYTES // 32)
        answer = self._client.post(
            "/documents/upload", files={"file": ("a.txt", contents)}, data={"document_type": "report"}
        )
        if answer.is_success:
            self._last_document = answer.json()["id"]
        return answer

    def _describe(self) -> httpx2.Response:
        return (
            self._client.get(f"/documents/{self._last_document}") if self._last_document else self._upload()
        )


class Schedule:
    """When each request is due and what it is; shared by all connections."""

    def __init__(self, rate: float, seconds: float) -> None:
        offsets = (number / rate for number in range(int(rate * seconds)))
        self._entries = zip(offsets, itertools.cycle(_MIX), strict=False)
        self._lock = threading.Lock()
        self._start = 0.0

    def start(self) -> None:
        """Begin now. Not before every client is made: making one takes tens of milliseconds."""
        self._start = time.monotonic()

    def __iter__(self) -> Iterator[tuple[float, str]]:
        return self

    def __next__(self) -> tuple[float, str]:
        with self._lock:
            offset, kind = next(self._entries)
        return self._start + offset, kind


def memory(service: RunningService) -> float:
    """Resident memory of the service, MiB."""
    line = next(line for line in service.metrics().splitlines() if line.startswith(_MEMORY))
    return round(float(line.split()[1]) / 2**20, 1)


def milliseconds(latencies: list[float], share: float) -> float:
    """The latency that ``share`` of the requests stayed within."""
    ordered = sorted(latencies)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 1)


def main() -> int:
    """Run the load and print the report as JSON."""
    parser = argparse.ArgumentParser(description="A bounded load on the demo service.")
    parser.add_argument("--rate", type=float, default=200, help="requests per second (default: 200)")
    parser.add_argument("--seconds", type=float, default=30, help="duration (default: 30)")
    options = parser.parse_args()
    results = Results()
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningService.start(Path(folder), DEMO_LOG_LEVEL="INFO") as service,
    ):
        before = memory(service)
        schedule = Schedule(options.rate, options.seconds)
        connections = [Connection(service.base_url, schedule, results) for _ in range(_CONNECTIONS)]
        started = time.monotonic()
        schedule.start()
        for connection in connections:
            connection.start()
        for connection in connections:
            connection.join()
        elapsed = time.monotonic() - started
        after = memory(service)
    everything = [seconds for of_kind in results.latencies.values() for seconds in of_kind]
    report = {
        "requests": len(everything),
        "requests_per_second": round(len(everything) / elapsed, 1),
        "errors": len(results.errors),
        "first_errors": results.errors[:5],
        "p50_ms": milliseconds(everything, 0.50),
        "p99_ms": milliseconds(everything, 0.99),
        "max_ms": milliseconds(everything, 1.0),
        "by_kind": {
            kind: {
                "count": len(seconds),
                "p50_ms": milliseconds(seconds, 0.5),
                "p99_ms": milliseconds(seconds, 0.99),
            }
            for kind, seconds in sorted(results.latencies.items())
        },
        "memory_mib_before": before,
        "memory_mib_after": after,
    }
    print(json.dumps(report, indent=2))
    return 1 if results.errors else 0


if __name__ == "__main__":
    sys.exit(main())
