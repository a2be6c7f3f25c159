"""Gives every request its correlation id, and every response that id as a header."""

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo_service import correlation


class CorrelationMiddleware:
    """The outermost layer: whatever answers below, the id is on it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        structlog.contextvars.clear_contextvars()
        correlation_id = correlation.accepted_or_new(scope["headers"])
        token = correlation.current.set(correlation_id)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[correlation.HEADER] = correlation_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            correlation.current.reset(token)
