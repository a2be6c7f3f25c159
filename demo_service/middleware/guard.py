"""Authenticates and limits requests before a byte of their body is read."""

import structlog
from fastapi import Request, Security
from fastapi.security import APIKeyHeader
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from demo_service import audit
from demo_service.problems import AuthenticationRequired, ScopeMissing, ServiceError, problem_response
from demo_service.route_table import RouteTable
from demo_service.security import api_keys
from demo_service.security.api_keys import ApiKey, KeyRing
from demo_service.security.rate_limits import RateLimits

_STATE_KEY = "demo_service.api_key"


class GuardMiddleware:
    """Lets a request pass to an operation with a required scope only with a key that has it."""

    def __init__(self, app: ASGIApp, routes: RouteTable, keys: KeyRing, limits: RateLimits) -> None:
        self._app = app
        self._routes = routes
        self._keys = keys
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            operation = self._routes.target(scope).operation
            if operation is not None and operation.required_scope is not None:
                try:
                    key = scope[_STATE_KEY] = self._admit(scope, operation.required_scope)
                except ServiceError as error:
                    await problem_response(error)(scope, receive, send)
                    return
                # A request has a context of its own, so nothing needs to be taken back.
                audit.acting_key.set(key.kid)
        await self._app(scope, receive, send)

    def _admit(self, scope: Scope, required_scope: str) -> ApiKey:
        self._limits.count_address(scope["client"][0] if scope.get("client") else "unknown")
        presented = Headers(scope=scope).getlist(api_keys.HEADER)
        key = self._keys.authenticate(presented[0]) if len(presented) == 1 else None
        if key is None:
            raise AuthenticationRequired
        structlog.contextvars.bind_contextvars(key_id=key.kid)
        self._limits.count_key(key.kid)
        if required_scope not in key.scopes:
            raise ScopeMissing
        return key


def admitted_key(
    request: Request,
    _: str | None = Security(APIKeyHeader(name=api_keys.HEADER, scheme_name="ApiKey", auto_error=False)),
) -> ApiKey:
    """The key that the guard admitted; a dependency of every guarded operation.

    It documents the scheme, and it fails closed: should the guard ever match a path differently than the
    router does, the operation refuses to run.
    """
    key: ApiKey | None = request.scope.get(_STATE_KEY)
    if key is None:
        raise AuthenticationRequired
    return key
