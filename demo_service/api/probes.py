"""What load balancers, supervisors and operators ask."""

from collections.abc import Callable, Mapping

import structlog
from fastapi import APIRouter, Response

from demo_service import __version__
from demo_service.api.operations import probe
from demo_service.models import Health, Readiness
from demo_service.storage.errors import StorageUnavailable

log = structlog.get_logger(__name__)


def probes_router(checks: Mapping[str, Callable[[], None]]) -> APIRouter:
    """The probes. ``checks`` maps a part's name to what raises ``StorageUnavailable`` when it fails."""
    router = APIRouter(tags=["probes"])

    @router.get("/health", **probe())
    async def health() -> Health:
        """The process answers; nothing is asked of its parts."""
        return Health(version=__version__)

    @router.get("/livez", **probe())
    async def livez() -> Health:
        """As `/health`: when this fails, a restart helps."""
        return Health(version=__version__)

    @router.get(
        "/readyz",
        responses={503: {"model": Readiness, "description": "Some parts do not work"}},
        **probe(),
    )
    def readyz(response: Response) -> Readiness:
        """Whether every part works; a restart would not help where one does not."""
        failing = [part for part, check in checks.items() if not _works(part, check)]
        if failing:
            response.status_code = 503
        return Readiness(status="not_ready" if failing else "ready", failing=failing)

    return router


def _works(part: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except StorageUnavailable as error:
        log.warning("not ready", part=part, reason=repr(error.__cause__ or error))
        return False
    return True
