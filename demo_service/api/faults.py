"""The admin endpoint for drills; part of the application only when the setting ``faults`` is on."""

from collections.abc import Iterable

import structlog
from fastapi import APIRouter
from pydantic import BaseModel

from demo_service.api.operations import administration
from demo_service.faults import Fault, FaultPlan, RouteFault
from demo_service.problems import InvalidRequest
from demo_service.security.api_keys import KeyScope

log = structlog.get_logger(__name__)


class Faults(BaseModel):
    """The faults that are set now."""

    faults: list[RouteFault]


def faults_router(plan: FaultPlan, routes: Iterable[str]) -> APIRouter:
    """Sets, shows and clears faults of ``routes``."""
    router = APIRouter(prefix="/admin", tags=["administration"])
    known = frozenset(routes)

    @router.get("/faults", **administration(KeyScope.FAULTS_ADMIN))
    async def show_faults() -> Faults:
        """The faults that are set now."""
        return Faults(faults=plan.faults())

    @router.put("/faults", **administration(KeyScope.FAULTS_ADMIN))
    async def set_fault(fault: RouteFault) -> Faults:
        """Replace the fault of one route."""
        if fault.route not in known:
            raise InvalidRequest.at("route", "must be one of: " + ", ".join(sorted(known)))
        plan.set(fault.route, Fault(**fault.model_dump(exclude={"route"})))
        log.warning("fault set", fault=fault.model_dump())
        return Faults(faults=plan.faults())

    @router.delete("/faults", status_code=204, **administration(KeyScope.FAULTS_ADMIN))
    async def clear_faults() -> None:
        """Let every route be well again."""
        plan.clear()
        log.warning("faults cleared")

    return router
