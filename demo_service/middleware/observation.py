"""Counts, times and logs every request, by route template."""

import asyncio
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo_service.metrics import Instruments
from demo_service.problems import CLIENT_CLOSED_REQUEST
from demo_service.route_table import RouteTable, Target

log = structlog.get_logger("demo_service.access")


class ObservationMiddleware:
    """One measurement feeds the metrics and the access record, so the two can be reconciled."""

    def __init__(self, app: ASGIApp, routes: RouteTable, instruments: Instruments) -> None:
        self._app = app
        self._routes = routes
        self._instruments = instruments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        target = self._routes.target(scope)
        status: int | None = None

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        if not target.outside_sli:
            self._instruments.in_flight.inc()
        try:
            await self._app(scope, receive, send_and_note)
        except asyncio.CancelledError:
            # The server's shutdown ran out of patience: a failure of ours, if nothing was answered yet.
            status = status or 503
            raise
        except BaseException:
            # Also when a success had been promised: the client did not get what the status line said.
            status = 500
            raise
        finally:
            seconds = time.perf_counter() - started
            if not target.outside_sli:
                self._instruments.in_flight.dec()
                self._instruments.observe(
                    target.method, target.route, status or CLIENT_CLOSED_REQUEST, seconds
                )
            _record(scope, target, status or CLIENT_CLOSED_REQUEST, seconds)


def _record(scope: Scope, target: Target, status: int, seconds: float) -> None:
    write = log.error if status >= 500 else log.info
    if target.outside_sli and status < 500:
        write = log.debug  # probes come every few seconds and say nothing while they succeed
    write(
        "request",
        method=target.method,
        route=target.route,
        status=status,
        duration_seconds=round(seconds, 6),
        client=scope["client"][0] if scope.get("client") else None,
    )
