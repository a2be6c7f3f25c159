"""Tracing: spans that continue the caller's trace, and nothing imported when it is off."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from demo_service import app as app_module
from demo_service import tracing
from tests.demo_service.application import CONTACT, WITH_KEY, Application
from tests.demo_service.conftest import StartApplication

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    yield exporter
    exporter.shutdown()


@pytest.fixture
def traced(
    start_application: StartApplication, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> Application:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr(app_module, "otlp_tracer_provider", lambda _: provider)
    return start_application(otlp_endpoint="http://127.0.0.1:4318/v1/traces")


def test_a_request_is_a_span_of_the_callers_trace(traced: Application, spans: InMemorySpanExporter) -> None:
    headers = WITH_KEY | {"traceparent": PARENT, "X-Correlation-ID": "mine"}
    traced.client.post("/contact", json=CONTACT, headers=headers)
    database, span = spans.get_finished_spans()
    assert (span.name, database.name) == ("POST /contact", "database add_contact")
    assert database.parent is not None
    assert database.parent.span_id == span.context.span_id
    assert f"{span.context.trace_id:032x}" == PARENT.split("-")[1]
    assert span.attributes is not None
    assert dict(span.attributes) == {
        "http.request.method": "POST",
        "http.route": "/contact",
        "http.response.status_code": 201,
        "correlation_id": "mine",
    }
    (record,) = [r for r in traced.log_records() if r["event"] == "request"]
    assert record["trace_id"] == PARENT.split("-")[1]


def test_a_server_error_marks_the_span_and_probes_make_none(
    traced: Application, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traced.stores.records, "add_contact", lambda _: 1 / 0)
    traced.client.get("/health")
    traced.contact()
    database, request = spans.get_finished_spans()
    assert request.status.status_code.name == "ERROR"
    assert database.status.status_code.name == "ERROR"
    assert database.attributes is not None
    assert database.attributes["error.type"] == "ZeroDivisionError"
    assert database.events == (), "a driver's message may repeat values"


def test_every_call_of_the_database_is_a_span_of_its_request(
    traced: Application, spans: InMemorySpanExporter
) -> None:
    document = traced.upload(b"a word").json()
    traced.search("word")
    traced.client.get(f"/documents/{document['id']}", headers=WITH_KEY)
    traced.client.delete(f"/documents/{document['id']}", headers=WITH_KEY)
    of_the_database = [s for s in spans.get_finished_spans() if s.name.startswith("database ")]
    assert [span.name.removeprefix("database ") for span in of_the_database] == [
        "for_digest",
        "search",
        "document",
        "remove_document",
        "for_digest",
    ]
    for span in of_the_database:
        assert span.attributes is not None
        assert span.attributes["db.system.name"] == "sqlite"
        assert span.parent is not None


def test_the_provider_exports_to_the_endpoint() -> None:
    provider = tracing.otlp_tracer_provider("http://127.0.0.1:9/v1/traces")
    assert provider.resource.attributes["service.name"] == "demo-service"
    provider.shutdown()


def test_the_extra_is_asked_for_by_name_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(tracing.TracingNotInstalled, match="extra"):
        tracing.otlp_tracer_provider("http://127.0.0.1:9/v1/traces")


def test_optional_parts_are_not_imported_by_default() -> None:
    # The framework imports the OpenTelemetry API by itself where it is installed; that is not ours.
    optional = ("opentelemetry.sdk", "boto3", "botocore", "psycopg", "slo_toolkit")
    program = f"import demo_service.server, sys; sys.exit(bool(set(sys.modules) & set({optional})))"
    subprocess.run([sys.executable, "-c", program], check=True)
