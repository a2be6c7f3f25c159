"""Bounds every request body in bytes and in time."""

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo_service.problems import BodyTooLarge, RequestTimeout, ServiceError, problem_response
from demo_service.route_table import RouteTable


class _LimitExceeded(Exception):
    """Ends the reading of a body; never leaves this module's middleware unanswered."""


class BodyLimitMiddleware:
    """Answers 413 beyond the route's limit (announced or not), and 408 when a body takes too long.

    Exceptions raised while a body is read are rewritten by the framework on their way up, so the
    violation is remembered here and replaces whatever answer the framework makes of it.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: RouteTable,
        *,
        default_bytes: int,
        route_bytes: Mapping[str, int],
        seconds: float,
    ) -> None:
        self._app = app
        self._routes = routes
        self._default_bytes = default_bytes
        self._route_bytes = route_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        max_bytes = self._route_bytes.get(self._routes.target(scope).route, self._default_bytes)
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > max_bytes:
            await problem_response(BodyTooLarge(max_bytes))(scope, receive, send)
            return

        deadline = asyncio.get_running_loop().time() + self._seconds
        received, complete = 0, False
        violation: ServiceError | None = None
        answered = False

        async def receive_within_limits() -> Message:
            nonlocal received, complete, violation
            if complete:
                return await receive()  # waits for the client to leave, however long the answer takes
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                violation = RequestTimeout()
                raise _LimitExceeded from None
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > max_bytes:
                violation = BodyTooLarge(max_bytes)
                raise _LimitExceeded
            return message

        async def send_or_replace(message: Message) -> None:
            nonlocal answered
            if violation is not None and not answered:
                return  # the framework's idea of what went wrong
            answered = True
            await send(message)

        try:
            await self._app(scope, receive_within_limits, send_or_replace)
        except _LimitExceeded:
            if answered:
                raise
        if violation is not None and not answered:
            await problem_response(violation)(scope, receive, send)
