"""The collector and Loki, each with the platform's configuration; both are optional parts of the tests."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import yaml

from tests.platform.running import DEPLOY, Program, free_port
from tests.programs import optional_program

COLLECTOR = DEPLOY / "otel" / "collector.yaml"
LOKI = DEPLOY / "loki" / "loki.yaml"
# What Loki counts for the streams themselves.
_OWN_LABELS = {"detected_level", "service_name"}


@dataclass
class Collector:
    """A running collector."""

    docker_port: int

    def write(self, tag: str, line: str) -> None:
        """What Docker's driver `fluentd` sends for a line of output."""
        record = {
            "container_id": "c" * 64,
            "container_name": "/demo-service-1",
            "source": "stdout",
            "log": line,
        }
        with socket.create_connection(("127.0.0.1", self.docker_port), timeout=10) as connection:
            connection.sendall(packed([tag, int(datetime.now(UTC).timestamp()), record]))


def packed(value: object) -> bytes:
    """As much of MessagePack as a message of the Forward protocol needs."""
    match value:
        case str():
            text = value.encode()
            return b"\xda" + len(text).to_bytes(2, "big") + text
        case int():
            return b"\xce" + value.to_bytes(4, "big")
        case list():
            return bytes([0x90 + len(value)]) + b"".join(map(packed, value))
        case dict():
            return bytes([0x80 + len(value)]) + b"".join(
                packed(part) for pair in value.items() for part in pair
            )
    raise TypeError(value)


@contextmanager
def running_collector(folder: Path, *, loki_url: str) -> Iterator[Collector]:
    """A collector that ends with the block."""
    program = optional_program("otelcol-contrib", "OpenTelemetry publishes it as an archive")
    docker, traces, own_metrics = free_port(), free_port(), free_port()
    document = yaml.safe_load(COLLECTOR.read_text())
    document["receivers"]["fluent_forward"]["endpoint"] = f"127.0.0.1:{docker}"
    document["receivers"]["otlp"]["protocols"]["http"]["endpoint"] = f"127.0.0.1:{traces}"
    (reader,) = document["service"]["telemetry"]["metrics"]["readers"]
    reader["pull"]["exporter"]["prometheus"] |= {"host": "127.0.0.1", "port": own_metrics}
    (folder / "collector.yaml").write_text(yaml.safe_dump(document))
    environment = {"LOKI_URL": loki_url, "TRACES_URL": loki_url}
    with Program.start([program, "--config", folder / "collector.yaml"], folder, environment) as running:
        running.wait_until_ready(f"http://127.0.0.1:{own_metrics}/metrics")
        yield Collector(docker)


@dataclass
class Loki:
    """A running Loki."""

    url: str

    def now(self) -> str:
        """The present as the service writes it."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def lines(self, query: str) -> list[str]:
        """The lines of the last hour that a query finds."""
        start = datetime.now(UTC) - timedelta(hours=1)
        answer = httpx2.get(
            f"{self.url}/loki/api/v1/query_range", params={"query": query, "start": start.isoformat()}
        ).raise_for_status()
        return [line for stream in answer.json()["data"]["result"] for _, line in stream["values"]]

    def labels(self) -> set[str]:
        """The labels that streams have."""
        answer = httpx2.get(f"{self.url}/loki/api/v1/labels").raise_for_status()
        return set(answer.json()["data"]) - _OWN_LABELS


@contextmanager
def running_loki(folder: Path) -> Iterator[Loki]:
    """A Loki that ends with the block."""
    program = optional_program("loki", "Grafana publishes it as an archive")
    folder.mkdir()
    text = LOKI.read_text().replace("/loki", str(folder))
    document = yaml.safe_load(text)
    url = f"http://127.0.0.1:{free_port()}"
    document["server"] |= {
        "http_listen_address": "127.0.0.1",
        "http_listen_port": int(url.rpartition(":")[2]),
        "grpc_listen_address": "127.0.0.1",
        "grpc_listen_port": free_port(),
    }
    (folder / "loki.yaml").write_text(yaml.safe_dump(document))
    with Program.start([program, f"-config.file={folder / 'loki.yaml'}"], folder) as running:
        running.wait_until_ready(f"{url}/ready")
        yield Loki(url)
