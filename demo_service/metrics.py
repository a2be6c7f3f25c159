"""Every instrument of the service, in one place, with closed sets of label values.

The names are an interface: SLOs, alerts and dashboards are written against them.
"""

import platform
from collections.abc import Iterable
from enum import StrEnum

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

from demo_service import __version__
from demo_service.models import DocumentType
from demo_service.route_table import KnownOperation

# The SLO thresholds 1 s and 3 s must be bounds: a threshold between two bounds can only be guessed.
DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)

# What a known route may answer with a server error, present at 0 from the start: a counter that
# appears with its first error shows Prometheus no increase.
SERVER_ERRORS = (500, 503)

UNKNOWN_DOCUMENT_TYPE = "unknown"
"""The label of an upload that was turned away before its type was known, or whose type is none of ours."""


class Outcome(StrEnum):
    """How a request ended, so that a fast failure never counts as a fast success."""

    SUCCESS = "success"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"

    @classmethod
    def of(cls, status: int) -> "Outcome":
        if status >= 500:
            return cls.SERVER_ERROR
        return cls.CLIENT_ERROR if status >= 400 else cls.SUCCESS


class UploadStatus(StrEnum):
    """How an upload ended."""

    STORED = "stored"
    REJECTED = "rejected"
    FAILED = "failed"


class Instruments:
    """The instruments of one application, on a registry of its own."""

    def __init__(self) -> None:
        # One _created series for each counter and histogram would double their number, and nobody asks.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Counter(
            "http_requests_total",
            "Requests answered, by route template; probes are left out.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.duration = Histogram(
            "http_request_duration_seconds",
            "From the request's head to the response's last byte; probes are left out.",
            ("method", "route", "outcome"),
            buckets=DURATION_BUCKETS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "http_requests_in_flight",
            "Requests being served now; probes are left out.",
            registry=self.registry,
        )
        self.contact_submissions = Counter(
            "contact_submissions_total", "Contact forms accepted and stored.", registry=self.registry
        )
        self.document_uploads = Counter(
            "document_uploads_total",
            "Uploads, by what they claim to be and how they ended.",
            ("document_type", "status"),
            registry=self.registry,
        )
        self.search_queries = Counter(
            "document_search_queries_total", "Searches answered.", registry=self.registry
        )
        build_info = Gauge(
            "demo_service_build_info", "Always 1.", ("version", "python"), registry=self.registry
        )
        build_info.labels(__version__, platform.python_version()).set(1)
        for document_type in (*DocumentType, UNKNOWN_DOCUMENT_TYPE):
            for status in UploadStatus:
                self.document_uploads.labels(document_type, status)

    def expect(self, operations: Iterable[KnownOperation]) -> None:
        """Make the series of known operations exist, at 0, before the first request."""
        for operation in operations:
            for status in (operation.success_status, *SERVER_ERRORS):
                self.requests.labels(operation.method, operation.route, str(status))
            for outcome in Outcome:
                self.duration.labels(operation.method, operation.route, outcome)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self.requests.labels(method, route, str(status)).inc()
        self.duration.labels(method, route, Outcome.of(status)).observe(seconds)
