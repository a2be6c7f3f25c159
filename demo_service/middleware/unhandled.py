"""Turns an exception that nobody expected into a logged 500 with the correlation id."""

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo_service.problems import InternalError, problem_response

log = structlog.get_logger(__name__)


class UnhandledErrorMiddleware:
    """Sits inside correlation and observation: Starlette's own handler sits outside of both."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception:
            log.exception("unhandled error")
            if started:
                raise  # the server must cut the connection; a complete-looking answer would be a lie
            await problem_response(InternalError())(scope, receive, send)
