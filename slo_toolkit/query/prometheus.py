"""Questions to a Prometheus, answered with typed samples or a `QueryFailed`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Self

from slo_toolkit.duration import Duration
from slo_toolkit.query.answers import Answer, document_of, samples_of, series_of
from slo_toolkit.query.connection import Connection
from slo_toolkit.query.deadline import Deadline, DeadlineError
from slo_toolkit.query.failures import QueryFailed, Unreachable, WrongAnswer
from slo_toolkit.query.retention import retention_of
from slo_toolkit.query.samples import Sample, Series

if TYPE_CHECKING:
    from prometheus_api_client.prometheus_connect import PrometheusConnect

    from slo_toolkit.query.session import Session

POINTS_LIMIT = 11_000
"""The most points of one series that Prometheus gives in one answer."""


class Prometheus:
    """A Prometheus at work, as a context manager that closes its connections.

    Every question raises QueryFailed (exit code 3) where it has no answer, and InputError where a file that
    the connection names cannot be used.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._warnings: dict[str, None] = {}
        self._infos: dict[str, None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_session" in self.__dict__:
            self._session.close()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the server warned of, each once: a partial response of Thanos or Mimir is among it."""
        return tuple(self._warnings)

    @property
    def infos(self) -> tuple[str, ...]:
        """The server's remarks on queries that may be mistaken, such as a rate over a gauge."""
        return tuple(self._infos)

    @property
    def requests(self) -> int:
        """How many HTTP requests were made so far, redirects included."""
        return self._session.made if "_session" in self.__dict__ else 0

    def instant(self, expr: str, at: float | None = None) -> tuple[Sample, ...]:
        """The samples of a query at a time in Unix seconds, by default now.

        A scalar is one sample without labels.
        """
        parameters = {} if at is None else {"time": _decimal(_milliseconds(at))}
        self._begin()
        return samples_of(self._ask("query", expr, parameters))

    def range(self, expr: str, start: float, end: float, step: float) -> tuple[Series, ...]:
        """The series of a query from start to end, both included (Unix seconds), every step (seconds).

        Asked in pieces where the range has more points than Prometheus gives at once; the deadline is for all
        of them together. Times count to the millisecond, as they do in Prometheus.
        """
        first, last, width = _milliseconds(start), _milliseconds(end), _milliseconds(step)
        if width <= 0 or last < first:
            raise ValueError(f"no range: from {start} to {end} every {step} s")
        self._begin()
        pieces = []
        for begin, stop in _pieces(first, last, width):
            times = {"start": _decimal(begin), "end": _decimal(stop), "step": _decimal(width)}
            pieces.append(series_of(self._ask("query_range", expr, times)))
        return pieces[0] if len(pieces) == 1 else _joined(pieces)

    def server_time(self) -> float:
        """The server's clock now, in Unix seconds, to a second. Asks only if nothing was asked before."""
        told = self._told_time()
        if told is None:
            clock = self.instant("time()")
            told = self._told_time()
            # A proxy may take the Date header away, though not the answer itself.
            return self._one_time(clock) if told is None else told
        return told

    def retention(self) -> Duration | None:
        """How long the server keeps samples by their age; None where it does not say, as most but Prometheus.

        Raises InputError where a file that the connection names cannot be used.
        """
        return self._retention

    @cached_property
    def _retention(self) -> Duration | None:
        self._begin()
        url = f"{self.connection.url}/api/v1/status/runtimeinfo"
        try:
            reply = self._session.deadline.hold(lambda: self._session.exchange("GET", url))
        except (DeadlineError, QueryFailed):
            return None
        return retention_of(document_of(reply.body)) if reply.status == HTTPStatus.OK else None

    def _one_time(self, samples: Sequence[Sample]) -> float:
        if len(samples) == 1 and math.isfinite(samples[0].value):
            return samples[0].value
        raise WrongAnswer(
            f"{self.connection.url}/api/v1/query",
            "no Date, and no time where time() was asked",
            "the server's clock must be known, so that old figures are not taken for new ones",
        )

    def _told_time(self) -> float | None:
        ahead = self._session.clock_ahead
        return None if ahead is None else ahead + time.monotonic()

    @cached_property
    def _session(self) -> Session:
        from slo_toolkit.query.session import Session
        from slo_toolkit.query.tls import check_tls_files

        check_tls_files(self.connection)
        return Session(self.connection)

    @cached_property
    def _client(self) -> PrometheusConnect:
        from prometheus_api_client.prometheus_connect import PrometheusConnect
        from urllib3.util.retry import Retry

        # Only what another attempt may mend within a second, and nothing that hides the server's own words.
        retry = Retry(
            total=2,
            read=0,
            other=0,
            status_forcelist=(502,),
            allowed_methods=None,
            backoff_factor=0.2,
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        return PrometheusConnect(self.connection.url, retry=retry, session=self._session, method="POST")

    def _begin(self) -> None:
        self._session.deadline = Deadline(self.connection.timeout)

    def _ask(self, endpoint: str, expr: str, parameters: dict[str, str]) -> Answer:
        try:
            answer = self._session.deadline.hold(lambda: self._call(endpoint, expr, parameters))
        except DeadlineError:
            raise self._late(endpoint) from None
        self._warnings |= dict.fromkeys(map(self._session.credentials.redact, answer.warnings))
        self._infos |= dict.fromkeys(answer.infos)
        return answer

    def _call(self, endpoint: str, expr: str, parameters: dict[str, str]) -> Answer:
        if endpoint == "query":
            answer: Answer = self._client.custom_query(expr, params=parameters)
            return answer
        # The library rounds its times to seconds; `parameters` has the exact ones, and they win.
        never = datetime.fromtimestamp(0, UTC)
        answer = self._client.custom_query_range(expr, never, never, "1", params=parameters)
        return answer

    def _late(self, endpoint: str) -> Unreachable:
        received, seconds = self._session.received, f"{self.connection.timeout:g} s"
        came = f"no answer within {seconds}"
        if received:
            came = f"the answer was not complete after {seconds} ({received:,} bytes came)"
        advice = "ask for less, or allow more time: SLO_PROMETHEUS_TIMEOUT, or `timeout` in the context"
        return Unreachable(f"{self.connection.url}/api/v1/{endpoint}", came, advice)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _decimal(milliseconds: int) -> str:
    """Seconds as Prometheus reads them, exact where a float of this size has binary noise."""
    sign = "-" if milliseconds < 0 else ""
    whole, rest = divmod(abs(milliseconds), 1000)
    return f"{sign}{whole}.{rest:03d}" if rest else f"{sign}{whole}"


def _pieces(first: int, last: int, width: int) -> Iterator[tuple[int, int]]:
    for begin in range(first, last + 1, width * POINTS_LIMIT):
        yield begin, min(begin + width * (POINTS_LIMIT - 1), last)


def _joined(pieces: list[tuple[Series, ...]]) -> tuple[Series, ...]:
    """The pieces of each series, one after the other."""
    found: dict[frozenset[tuple[str, str]], list[Series]] = {}
    for piece in pieces:
        for series in piece:
            found.setdefault(frozenset(series.labels.items()), []).append(series)
    return tuple(
        Series(parts[0].labels, tuple(point for part in parts for point in part.points))
        for parts in found.values()
    )
