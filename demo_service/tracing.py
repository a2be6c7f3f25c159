"""OpenTelemetry server spans, when an OTLP endpoint is set and the ``tracing`` extra is installed."""

from typing import TYPE_CHECKING

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo_service import __version__, correlation
from demo_service.route_table import RouteTable

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


class TracingNotInstalled(Exception):
    """Tracing is asked for, but its packages are missing."""


def otlp_tracer_provider(endpoint: str) -> "TracerProvider":
    """A provider that sends spans to ``endpoint`` in batches. Raises ``TracingNotInstalled``."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracingNotInstalled("otlp_endpoint is set, but the tracing extra is not installed") from error
    resource = Resource.create({"service.name": "demo-service", "service.version": __version__})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider


class TracingMiddleware:
    """A span for each request, child of the caller's ``traceparent``; its ids are on the log lines, too."""

    def __init__(self, app: ASGIApp, routes: RouteTable, provider: "TracerProvider") -> None:
        from opentelemetry.trace import SpanKind, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._app = app
        self._routes = routes
        self._tracer = provider.get_tracer("demo_service", __version__)
        self._propagator = TraceContextTextMapPropagator()
        self._server_kind = SpanKind.SERVER
        self._error_code = StatusCode.ERROR

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        target = self._routes.target(scope) if scope["type"] == "http" else None
        if target is None or target.outside_sli:
            await self._app(scope, receive, send)
            return
        with self._tracer.start_as_current_span(
            f"{target.method} {target.route}",
            context=self._propagator.extract(dict(Headers(scope=scope))),
            kind=self._server_kind,
            attributes={
                "http.request.method": target.method,
                "http.route": target.route,
                "correlation_id": correlation.current.get() or "",
            },
        ) as span:
            ids = span.get_span_context()
            structlog.contextvars.bind_contextvars(
                trace_id=f"{ids.trace_id:032x}", span_id=f"{ids.span_id:016x}"
            )

            async def send_and_note(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(self._error_code)
                await send(message)

            await self._app(scope, receive, send_and_note)
