"""Faults on purpose, for drills: a share of errors and an added latency for each route.

Nothing of this is part of the application unless the setting ``faults`` is on.
"""

import asyncio
import threading
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Receive, Scope, Send

from demo_service.problems import ServiceError, problem_response
from demo_service.route_table import RouteTable


class Fault(BaseModel):
    """What a route suffers from."""

    error_ratio: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    latency_seconds: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)] = 0.0


class RouteFault(Fault):
    """A fault and the route it is for."""

    route: Annotated[str, Field(max_length=200, examples=["/contact"])]


class InjectedError(ServiceError):
    """An error that a drill asked for."""

    detail = "A drill made this request fail."


@dataclass(slots=True)
class _Active:
    fault: Fault
    owed: float = 0.0


class FaultPlan:
    """The faults that are set now."""

    def __init__(self) -> None:
        self._active: dict[str, _Active] = {}
        self._lock = threading.Lock()

    def set(self, route: str, fault: Fault) -> None:
        """Replace the fault of a route."""
        with self._lock:
            self._active[route] = _Active(fault)

    def clear(self) -> None:
        """Let every route be well again."""
        with self._lock:
            self._active.clear()

    def faults(self) -> list[RouteFault]:
        """The faults that are set, by route."""
        with self._lock:
            return [RouteFault(route=r, **a.fault.model_dump()) for r, a in sorted(self._active.items())]

    def next(self, route: str) -> tuple[float, bool]:
        """For the next request of a route: the seconds to add, and whether it fails.

        Failures are spread evenly, not drawn: at a ratio of 0.3, 100 requests see 30 errors, so a drill can
        be checked to the event.
        """
        with self._lock:
            active = self._active.get(route)
            if active is None:
                return 0.0, False
            active.owed += active.fault.error_ratio
            fails = active.owed >= 1.0 - 1e-9  # 0.1 added ten times is a hair below 1
            if fails:
                active.owed -= 1.0
            return active.fault.latency_seconds, fails


class FaultMiddleware:
    """The innermost layer: to everything outside, an injected fault looks like the route's own."""

    def __init__(self, app: ASGIApp, routes: RouteTable, plan: FaultPlan) -> None:
        self._app = app
        self._routes = routes
        self._plan = plan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            target = self._routes.target(scope)
            if target.operation is not None and not target.outside_sli:
                latency_seconds, fails = self._plan.next(target.route)
                if latency_seconds:
                    await asyncio.sleep(latency_seconds)
                if fails:
                    await problem_response(InjectedError())(scope, receive, send)
                    return
        await self._app(scope, receive, send)
