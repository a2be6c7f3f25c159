"""Every answer that is not a success: one error tree, one document format (RFC 9457), one place to map them.

    ServiceError
    ├── InvalidRequest 422, MalformedForm 400     the client sent something it can mend
    ├── AuthenticationRequired 401, ScopeMissing 403
    ├── NotFound 404
    ├── RequestTimeout 408, BodyTooLarge 413, UnsupportedMediaType 415
    ├── RateLimited 429                           with Retry-After
    └── PartUnavailable 503                       with Retry-After; made from StorageUnavailable

A problem document repeats nothing of what the client sent but the names of fields, and nothing of what a
driver said.
"""

import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from demo_service import correlation
from demo_service.storage.errors import BlobMissing, StorageUnavailable, UnknownContact

log = structlog.get_logger(__name__)

# nginx's code for it. Nobody receives this answer; it keeps the client's departure out of the 5xx.
CLIENT_CLOSED_REQUEST = 499


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="Where it is, for example `body.email`")
    message: str


class Problem(BaseModel):
    """A problem document."""

    type: str = "about:blank"
    title: str = Field(description="The status code's own phrase")
    status: int
    detail: str
    correlation_id: str | None = Field(None, description="Quote it when you report the problem")
    errors: list[FieldError] | None = Field(None, description="For 422: every field that is wrong")


class ServiceError(Exception):
    """An expected way to fail. Subclasses set ``status`` and ``detail``."""

    status = 500
    detail = "The request failed."

    def __init__(self, detail: str | None = None, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail or self.detail)
        if detail is not None:
            self.detail = detail
        self.errors = tuple(errors)

    def headers(self) -> dict[str, str]:
        """Headers that belong to the status."""
        return {}


class MalformedForm(ServiceError):
    """The body is not the multipart form that its Content-Type promises."""

    status = 400
    detail = "The body is not a well-formed multipart form."


class AuthenticationRequired(ServiceError):
    """No valid key. Missing, malformed, unknown and wrong look the same from outside."""

    status = 401
    detail = "Authentication is required."

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "ApiKey"}


class ScopeMissing(ServiceError):
    """A valid key that may not do this."""

    status = 403
    detail = "The key's scopes do not cover this operation."


class NotFound(ServiceError):
    """No such thing."""

    status = 404
    detail = "There is nothing here."


class RequestTimeout(ServiceError):
    """The body did not arrive in time."""

    status = 408
    detail = "The body did not arrive in time."


class BodyTooLarge(ServiceError):
    """More bytes than this operation takes."""

    status = 413

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"At most {max_bytes} bytes are accepted here.")


class UnsupportedMediaType(ServiceError):
    """Contents, or a Content-Type, that this operation does not take."""

    status = 415
    detail = "Contents of this type are not accepted."


class InvalidRequest(ServiceError):
    """Understood, and wrong."""

    status = 422
    detail = "The request is not valid."

    @classmethod
    def at(cls, field: str, message: str) -> "InvalidRequest":
        """One wrong field of the body."""
        return cls(errors=[FieldError(field=f"body.{field}", message=message)])

    @classmethod
    def of(cls, details: Sequence[ErrorDetails], *, prefix: str = "") -> "InvalidRequest":
        """From pydantic's errors, without the values that pydantic would repeat."""
        return cls(
            errors=[
                FieldError(field=prefix + ".".join(map(str, error["loc"])), message=error["msg"])
                for error in details
            ]
        )


class RateLimited(ServiceError):
    """Too many requests of this key or from this address. ``retry_after`` is in seconds."""

    status = 429
    detail = "Too many requests."

    def __init__(self, retry_after: float) -> None:
        super().__init__()
        self.retry_after = max(1, math.ceil(retry_after))

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class PartUnavailable(ServiceError):
    """A part that the operation needs does not work now."""

    status = 503
    detail = "The service cannot do this at the moment."

    def headers(self) -> dict[str, str]:
        return {"Retry-After": "5"}


class ClientGone(ServiceError):
    """The client hung up before its request was complete."""

    status = CLIENT_CLOSED_REQUEST
    detail = "The client closed the connection."


class InternalError(ServiceError):
    """A mistake of ours."""

    detail = "An internal error occurred."


def problem_response(error: ServiceError) -> JSONResponse:
    """The answer for ``error``, with the current correlation id in it."""
    known = error.status in set(HTTPStatus)
    problem = Problem(
        title=HTTPStatus(error.status).phrase if known else "Client Closed Request",
        status=error.status,
        detail=error.detail,
        correlation_id=correlation.current.get(),
        errors=list(error.errors) or None,
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True),
        status_code=error.status,
        headers={"Cache-Control": "no-store"} | error.headers(),
        media_type="application/problem+json",
    )


def install_handlers(app: FastAPI) -> None:
    """Map every expected exception to its problem document."""

    async def service_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ServiceError)
        return problem_response(error)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return problem_response(InvalidRequest.of(error.errors()))

    async def http_exception(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        mapped = ServiceError(str(error.detail))
        mapped.status = error.status_code
        response = problem_response(mapped)
        response.headers.update(error.headers or {})
        return response

    async def storage_unavailable(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, StorageUnavailable)
        log.error("storage unavailable", part=error.part, exc_info=error)
        return problem_response(PartUnavailable())

    async def blob_missing(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, BlobMissing)
        log.error("contents missing", digest=str(error))
        return problem_response(InternalError())

    async def unknown_contact(_: Request, error: Exception) -> JSONResponse:
        return problem_response(InvalidRequest.at("contact_id", "no such contact"))

    async def client_gone(_: Request, error: Exception) -> JSONResponse:
        return problem_response(ClientGone())

    app.add_exception_handler(ServiceError, service_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_exception)
    app.add_exception_handler(StorageUnavailable, storage_unavailable)
    app.add_exception_handler(BlobMissing, blob_missing)
    app.add_exception_handler(UnknownContact, unknown_contact)
    app.add_exception_handler(ClientDisconnect, client_gone)


def described(*errors: type[ServiceError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI ``responses`` for the ways an operation can fail."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    field_error = FieldError.model_json_schema()
    schema["properties"]["errors"]["anyOf"][0]["items"] = field_error
    return {
        error.status: {
            "description": (error.__doc__ or "").strip().splitlines()[0],
            "content": {"application/problem+json": {"schema": schema}},
        }
        for error in errors
    }
