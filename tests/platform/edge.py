"""Caddy with the Caddyfile of the platform, in front of whatever a test puts behind it."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx2

from tests.platform.running import DEPLOY, Program, eventually, free_port
from tests.programs import program

CADDYFILE = DEPLOY / "caddy" / "Caddyfile"
USER, PASSWORD = "operator", "made-for-these-tests"
SIGNED_IN = httpx2.BasicAuth(USER, PASSWORD)
WITHOUT_MODULE = {"EDGE_RATE_LIMIT_FILE": "rate_limit/by_service_alone.caddy"}


def caddy() -> str:
    """Caddy as it is published."""
    return program("caddy")


@cache
def password_hash() -> str:
    """The hash of ``PASSWORD``, as an operator makes it, only cheaper."""
    done = subprocess.run(
        [caddy(), "hash-password", "--bcrypt-cost", "4"],
        input=PASSWORD + "\n",
        text=True,
        capture_output=True,
        check=True,
        timeout=30,
    )
    return done.stdout.strip()


@dataclass
class Edge:
    """A running edge, and a client of it."""

    program: Program
    client: httpx2.Client
    metrics_url: str

    def records(self, logger: str = "http.log.access") -> list[dict[str, Any]]:
        """What one of its loggers wrote. Fails if a line is no JSON object."""
        records = [json.loads(line) for line in self.program.lines]
        return [record for record in records if str(record.get("logger", "")).startswith(logger)]

    def record_of(self, correlation_id: str, logger: str = "http.log.access") -> dict[str, Any]:
        """The record with this id; a record is written after its answer."""
        return eventually(
            lambda: next((r for r in self.records(logger) if r.get("correlation_id") == correlation_id), None)
        )


@contextmanager
def running_edge(folder: Path, *, binary: str | None = None, **environment: str) -> Iterator[Edge]:
    """An edge that ends with the block. Variables of the Caddyfile are given by keyword."""
    port, metrics_port = free_port(), free_port()
    address = environment.pop("EDGE_SITE_ADDRESS", "http://127.0.0.1:{port}").format(port=port)
    variables = {
        "EDGE_PASSWORD_HASH": password_hash(),
        "EDGE_METRICS_PORT": str(metrics_port),
        "EDGE_SITE_ADDRESS": address,
        "OTEL_TRACES_EXPORTER": "none",
        "EDGE_HTTP_PORT": str(free_port()),
        **WITHOUT_MODULE,
        **environment,
    }
    metrics_url = f"http://127.0.0.1:{metrics_port}/metrics"
    with Program.start([binary or caddy(), "run", "--config", CADDYFILE], folder, variables) as running:
        running.wait_until_ready(metrics_url)
        with httpx2.Client(base_url=address.rpartition(", ")[2], timeout=30) as client:
            yield Edge(running, client, metrics_url)
