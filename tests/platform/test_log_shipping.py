"""From a container's output to Loki: the collector with the platform's configuration, fed as Docker feeds it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs

from tests.platform.log_parts import Collector, running_collector, running_loki
from tests.platform.running import eventually
from tests.platform.stubs import Answer, StubServer, stub_server

LINE = {
    "event": "request",
    "status": 201,
    "correlation_id": "find-me",
    "timestamp": "2026-11-24T18:00:00.123456Z",
}


@pytest.fixture(scope="module")
def loki() -> Iterator[StubServer]:
    """In the place of Loki, to see exactly what it would get."""
    with stub_server(lambda _: Answer(body=b"")) as server:
        yield server


@pytest.fixture(scope="module")
def collector(folder: Path, loki: StubServer) -> Iterator[Collector]:
    with running_collector(folder, loki_url=f"{loki.url}/otlp") as running:
        yield running


def arrived(loki: StubServer) -> list[ResourceLogs]:
    requests = [ExportLogsServiceRequest.FromString(r.body) for r in list(loki.received)]
    return [logs for request in requests for logs in request.resource_logs]


def test_a_line_arrives_whole_under_its_job(collector: Collector, loki: StubServer) -> None:
    collector.write("fastapi", json.dumps(LINE))
    (logs,) = eventually(lambda: arrived(loki))
    assert loki.received[0].path == "/otlp/v1/logs"
    assert {a.key: a.value.string_value for a in logs.resource.attributes} == {"job": "fastapi"}
    (record,) = logs.scope_logs[0].log_records
    assert json.loads(record.body.string_value) == LINE
    assert record.time_unix_nano == 1795543200_123456000
    assert {attribute.key for attribute in record.attributes} == {"source"}


def test_the_edges_finer_clock_is_read_as_well(collector: Collector, loki: StubServer) -> None:
    loki.received.clear()
    collector.write("caddy", json.dumps(LINE | {"timestamp": "2026-11-24T18:00:00.123456789Z"}))
    (logs,) = eventually(lambda: arrived(loki))
    assert logs.scope_logs[0].log_records[0].time_unix_nano == 1795543200_123456789


def test_each_job_is_a_stream_of_its_own_whatever_it_writes(collector: Collector, loki: StubServer) -> None:
    loki.received.clear()
    collector.write("caddy", json.dumps(LINE))
    collector.write("platform", "no JSON at all")
    eventually(lambda: len(arrived(loki)) == 2)
    jobs = {a.value.string_value for logs in arrived(loki) for a in logs.resource.attributes}
    assert jobs == {"caddy", "platform"}


def test_operators_find_a_request_in_a_real_loki(folder: Path) -> None:
    with (
        running_loki(folder / "loki") as found_loki,
        running_collector(folder, loki_url=f"{found_loki.url}/otlp") as collector,
    ):
        at = found_loki.now()
        for job, correlation_id in (("fastapi", "find-me"), ("fastapi", "another"), ("caddy", "find-me")):
            line = LINE | {"correlation_id": correlation_id, "timestamp": at}
            collector.write(job, json.dumps(line))
        (found,) = eventually(
            lambda: found_loki.lines('{job="fastapi"} | json | correlation_id="find-me"'), within=60
        )
        assert json.loads(found) == LINE | {"timestamp": at}
        assert len(found_loki.lines('{job="caddy"} | json | correlation_id="find-me"')) == 1
        assert found_loki.labels() == {"job"}
