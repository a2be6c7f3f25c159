"""The Prometheus HTTP API: who asks, how, and typed samples back. Knows no SLO.

Importing this costs nothing: the HTTP client is loaded with the first `Prometheus`.
"""

from slo_toolkit.query.connection import Connection
from slo_toolkit.query.failures import QueryFailed, ServerError, Unauthorized, Unreachable, WrongAnswer
from slo_toolkit.query.prometheus import Prometheus
from slo_toolkit.query.samples import Sample, Series
from slo_toolkit.query.settings import resolve_connection

__all__ = [
    "Connection",
    "Prometheus",
    "QueryFailed",
    "Sample",
    "Series",
    "ServerError",
    "Unauthorized",
    "Unreachable",
    "WrongAnswer",
    "resolve_connection",
]
