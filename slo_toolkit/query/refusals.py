"""A refusal over HTTP in words: what the server said, and what to do about it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from slo_toolkit.query.answers import describe, plain
from slo_toolkit.query.credentials import Credentials
from slo_toolkit.query.failures import QueryFailed, ServerError, Unauthorized

_ADVICE = {
    400: "the query is none for this server; its own words say where",
    404: "check the path of the address: the API is looked for below it at /api/v1",
    405: "something before the server lets no POST through to /api/v1",
    407: "give the proxy's user name and password in its address",
    413: "something before the server allows no request of this size",
    414: "something before the server turned the POST into a GET",
    422: "the server understands the query but cannot answer it; its own words say why",
    429: "the server limits how much is asked: wait, or ask for less at once",
    500: "look into the server's log",
    502: "what is behind the gateway does not answer: try again in a moment",
    503: "the server is overloaded, starting, or its own query timeout is too short: try again in a moment",
    504: "what is behind the gateway is too slow: try again, or ask for less at once",
}
_TLS_ONLY = "HTTP request to an HTTPS server"


def is_refusal(status: int, document: Any) -> bool:
    """Whether an answer says no, in its status or, against all custom, only in its JSON."""
    return not 200 <= status < 300 or (isinstance(document, dict) and document.get("status") == "error")


def refusal(asked: str, status: int, document: Any, body: bytes, credentials: Credentials) -> QueryFailed:
    """The failure that a refusal amounts to."""
    error_type, error = _own_words(document, body)
    error_type, error = credentials.redact(error_type), credentials.redact(error)
    said = f"{error_type}: {error}" if error_type and error else error or error_type
    came = f"{status} {_phrase(status)}" + (f" ({said})" if said else "")
    if status in (401, 403):
        return Unauthorized(asked, came, _missing(status, error, credentials))
    advice = "write https:// in the address" if _TLS_ONLY in error else _ADVICE.get(status, "")
    return ServerError(asked, came, advice, status=status, error_type=error_type, error=error)


def _own_words(document: Any, body: bytes) -> tuple[str, str]:
    """Type and text of the error: Prometheus's, Google's, or the first words of whatever came."""
    match document:
        case {"errorType": str(kind), "error": str(text)}:
            return plain(kind), plain(text)
        case {"error": {"status": str(kind), "message": str(text)}}:
            return plain(kind), plain(text)
        case {"error": str(text)} | {"message": str(text)}:
            return "", plain(text)
    what = describe(body)
    if what == "text that is no JSON":
        return "", plain(body[:4096].decode("utf-8", "replace"))
    return "", "" if what == "an empty answer" else what


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "(no known status)"


def _missing(status: int, error: str, credentials: Credentials) -> str:
    if "org id" in error.lower():
        return (
            "name the tenant: SLO_PROMETHEUS_HEADERS='X-Scope-OrgID: <tenant>', or `headers` in the context"
        )
    if not credentials.kind and credentials.withheld:
        return f"the credentials of {credentials.withheld} were not sent: they are for another server"
    if not credentials.kind:
        return (
            "no credentials were sent: set SLO_PROMETHEUS_BEARER_TOKEN_FILE, or SLO_PROMETHEUS_USERNAME and "
            "SLO_PROMETHEUS_PASSWORD_FILE, or write them into the context"
        )
    if status == 401:
        return (
            f"the {credentials.kind} that was sent is not accepted: is it still valid, and for this server?"
        )
    return f"the {credentials.kind} that was sent may not do this: has its owner the right to query?"
