"""From a container's output to Loki: the collector with the platform's configuration, fed as Docker feeds it."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs

from tests.platform.programs import optional_program
from tests.platform.running import DEPLOY, Program, eventually, free_port
from tests.platform.stubs import Answer, StubServer, stub_server

CONFIGURATION = DEPLOY / "otel" / "collector.yaml"
LINE = {
    "event": "request",
    "status": 201,
    "correlation_id": "find-me",
    "timestamp": "2026-11-24T18:00:00.123456Z",
}


@dataclass
class Shipping:
    """A running collector."""

    docker_port: int
    loki: StubServer

    def write(self, tag: str, line: str) -> None:
        """What Docker's driver `fluentd` sends for a line of output."""
        record = {
            "container_id": "c" * 64,
            "container_name": "/demo-service-1",
            "source": "stdout",
            "log": line,
        }
        with socket.create_connection(("127.0.0.1", self.docker_port), timeout=10) as connection:
            connection.sendall(packed([tag, 1764000000, record]))

    def arrived(self) -> list[ResourceLogs]:
        requests = [ExportLogsServiceRequest.FromString(r.body) for r in list(self.loki.received)]
        return [logs for request in requests for logs in request.resource_logs]


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


@pytest.fixture(scope="module")
def collector() -> str:
    return optional_program("otelcol-contrib", "OpenTelemetry publishes it as an archive")


@pytest.fixture(scope="module")
def shipping(collector: str, folder: Path) -> Iterator[Shipping]:
    docker, traces, own_metrics = free_port(), free_port(), free_port()
    document = yaml.safe_load(CONFIGURATION.read_text())
    document["receivers"]["fluent_forward"]["endpoint"] = f"127.0.0.1:{docker}"
    document["receivers"]["otlp"]["protocols"]["http"]["endpoint"] = f"127.0.0.1:{traces}"
    (reader,) = document["service"]["telemetry"]["metrics"]["readers"]
    reader["pull"]["exporter"]["prometheus"] |= {"host": "127.0.0.1", "port": own_metrics}
    (folder / "collector.yaml").write_text(yaml.safe_dump(document))
    with stub_server(lambda _: Answer(body=b"")) as loki:
        environment = {"LOKI_URL": f"{loki.url}/otlp", "TRACES_URL": loki.url}
        with Program.start(
            [collector, "--config", folder / "collector.yaml"], folder, environment
        ) as program:
            program.wait_until_ready(f"http://127.0.0.1:{own_metrics}/metrics")
            yield Shipping(docker, loki)


def test_a_line_arrives_whole_under_its_job(shipping: Shipping) -> None:
    shipping.write("fastapi", json.dumps(LINE))
    (logs,) = eventually(shipping.arrived)
    assert shipping.loki.received[0].path == "/otlp/v1/logs"
    assert {a.key: a.value.string_value for a in logs.resource.attributes} == {"job": "fastapi"}
    (record,) = logs.scope_logs[0].log_records
    assert json.loads(record.body.string_value) == LINE
    assert record.time_unix_nano == 1795543200_123456000
    assert {attribute.key for attribute in record.attributes} == {"source"}


def test_the_edges_finer_clock_is_read_as_well(shipping: Shipping) -> None:
    shipping.loki.received.clear()
    shipping.write("caddy", json.dumps(LINE | {"timestamp": "2026-11-24T18:00:00.123456789Z"}))
    (logs,) = eventually(shipping.arrived)
    assert logs.scope_logs[0].log_records[0].time_unix_nano == 1795543200_123456789


def test_each_job_is_a_stream_of_its_own_whatever_it_writes(shipping: Shipping) -> None:
    shipping.loki.received.clear()
    shipping.write("caddy", json.dumps(LINE))
    shipping.write("platform", "no JSON at all")
    eventually(lambda: len(shipping.arrived()) == 2)
    jobs = {a.value.string_value for logs in shipping.arrived() for a in logs.resource.attributes}
    assert jobs == {"caddy", "platform"}
