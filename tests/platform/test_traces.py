"""One trace from the edge to the database, as a collector receives it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from demo_service.correlation import HEADER
from tests.demo_service.application import CONTACT, WITH_KEY
from tests.demo_service.running_service import RunningService
from tests.platform.edge import Edge, running_edge
from tests.platform.running import eventually
from tests.platform.stubs import Answer, StubServer, stub_server

SOON = {"OTEL_BSP_SCHEDULE_DELAY": "50"}


@pytest.fixture(scope="module")
def collector() -> Iterator[StubServer]:
    with stub_server(lambda _: Answer(body=b"")) as server:
        yield server


@pytest.fixture(scope="module")
def service(folder: Path, collector: StubServer) -> Iterator[RunningService]:
    endpoint = f"{collector.url}/v1/traces"
    with RunningService.start(folder / "data", DEMO_OTLP_ENDPOINT=endpoint, **SOON) as running:
        yield running


@pytest.fixture(scope="module")
def edge(folder: Path, service: RunningService, collector: StubServer) -> Iterator[Edge]:
    with running_edge(
        folder,
        SERVICE_UPSTREAM=service.base_url.removeprefix("http://"),
        OTEL_TRACES_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        **SOON,
    ) as running:
        yield running


def received(collector: StubServer) -> dict[str, Span]:
    """The spans that arrived, by their name."""
    requests = [ExportTraceServiceRequest.FromString(r.body) for r in list(collector.received)]
    return {
        span.name: span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }


def test_a_request_is_one_trace_from_the_edge_to_the_database(
    edge: Edge, service: RunningService, collector: StubServer
) -> None:
    answer = edge.client.post("/api/contact", json=CONTACT, headers=WITH_KEY | {HEADER: "to-trace"})
    assert answer.status_code == 201
    names = ("edge", "POST /contact", "database add_contact")
    spans = eventually(lambda: found if set(names) <= set(found := received(collector)) else None)
    at_the_edge, in_the_service, in_the_database = (spans[name] for name in names)
    assert {span.trace_id for span in (in_the_service, in_the_database)} == {at_the_edge.trace_id}
    assert in_the_service.parent_span_id == at_the_edge.span_id
    assert in_the_database.parent_span_id == in_the_service.span_id

    trace_id = at_the_edge.trace_id.hex()
    assert edge.record_of("to-trace")["traceID"] == trace_id
    assert service.wait_for_log("request")["trace_id"] == trace_id
    assert {attribute.key: attribute.value.string_value for attribute in at_the_edge.attributes}[
        "correlation_id"
    ] == "to-trace"
