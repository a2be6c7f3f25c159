"""What every operation states about itself in the OpenAPI document, in one call.

The guard enforces what is stated here (see ``demo_service.route_table``).
"""

from typing import Any

from fastapi import Depends

from demo_service.middleware.guard import admitted_key
from demo_service.problems import (
    AuthenticationRequired,
    BodyTooLarge,
    InternalError,
    InvalidRequest,
    MalformedForm,
    PartUnavailable,
    RateLimited,
    RequestTimeout,
    ScopeMissing,
    ServiceError,
    described,
)
from demo_service.route_table import NO_SCOPE, OUTSIDE_SLI_EXTENSION, SCOPE_EXTENSION
from demo_service.security.api_keys import KeyScope

_GUARDED_ERRORS = (AuthenticationRequired, ScopeMissing, RateLimited, BodyTooLarge, RequestTimeout)
_COMMON_ERRORS = (MalformedForm, InvalidRequest, PartUnavailable, InternalError)


def needs(scope: KeyScope, *errors: type[ServiceError], **openapi: Any) -> dict[str, Any]:
    """Keyword arguments of a route that needs a key with ``scope`` and may fail with ``errors``, too."""
    return {
        "dependencies": [Depends(admitted_key)],
        "responses": described(*_GUARDED_ERRORS, *_COMMON_ERRORS, *errors),
        "openapi_extra": {SCOPE_EXTENSION: scope.value, **openapi},
    }


def administration(scope: KeyScope, *errors: type[ServiceError]) -> dict[str, Any]:
    """As ``needs``, for what operators do; it stays out of the SLI."""
    return needs(scope, *errors, **{OUTSIDE_SLI_EXTENSION: True})


def probe() -> dict[str, Any]:
    """Keyword arguments of a route for machines that watch: open, and out of the SLI."""
    return {"openapi_extra": {SCOPE_EXTENSION: NO_SCOPE, OUTSIDE_SLI_EXTENSION: True}}
