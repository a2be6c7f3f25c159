"""A refusal over HTTP in words: what the server said, and what to do about it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from slo_toolkit.foreign_text import excerpt
from slo_toolkit.query.answers import describe
from slo_toolkit.query.credentials import Credentials
from slo_toolkit.query.failures import QueryFailed, ServerError, Unauthorized
from slo_toolkit.query.own_words import own_words

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
    """Whether an answer says no, in its status or, against all custom, only in its JSON.

    Prometheus answers with 200 or not at all: 206, for one, is a part of an answer.
    """
    return status != 200 or (isinstance(document, dict) and document.get("status") == "error")


def refusal(asked: str, status: int, document: Any, body: bytes, credentials: Credentials) -> QueryFailed:
    """The failure that a refusal amounts to."""
    error_type, error = told_words(status, document, body, credentials)
    came = came_back(status, error_type, error)
    if status in (401, 403):
        return Unauthorized(asked, came, _missing(status, error, credentials))
    advice = "write https:// in the address" if _TLS_ONLY in error else _ADVICE.get(status, "")
    return ServerError(asked, came, advice, status=status, error_type=error_type, error=error)


def told_words(status: int, document: Any, body: bytes, credentials: Credentials) -> tuple[str, str]:
    """Kind and text of the error, fit to be shown, and without any secret that was sent.

    Secrets are taken out before anything is cut or escaped: half of one would no longer be recognised.
    """
    kind, text = (excerpt(credentials.redact(words)) for words in own_words(document, body))
    if not text and document is None and body.strip():
        text = credentials.redact(describe(body))
    return "" if kind == str(status) else kind, text


def came_back(status: int, kind: str, text: str) -> str:
    """As in `422 Unprocessable Entity (execution: too many samples)`."""
    said = f"{kind}: {text}" if kind and text else text or kind
    return f"{status} {_phrase(status)}" + (f" ({said})" if said else "")


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
