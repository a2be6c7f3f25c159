"""A refusal of Grafana in words: what it said, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slo_toolkit.query.failures import QueryFailed, ServerError, Unauthorized
from slo_toolkit.query.refusals import came_back, told_words

if TYPE_CHECKING:
    from slo_toolkit.query.credentials import Credentials
    from slo_toolkit.query.transport import Reply

_ADVICE = {
    400: "Grafana's own words say what is wrong with the dashboard",
    404: "check the path of the address: the API is looked for below it at /api",
    405: "something before Grafana lets this method not through to /api",
    409: "a folder or dashboard of this name is there already: rename one of them",
    412: "somebody has written it since it was read: look at the difference again, and push again",
    413: "something before Grafana allows no request of this size",
    422: "Grafana's own words say what is wrong with the dashboard",
    429: "Grafana limits how much is asked: wait, and push again",
    500: "look into Grafana's log",
    502: "what is behind the gateway does not answer: try again in a moment",
    503: "Grafana is overloaded or starting: try again in a moment",
    504: "what is behind the gateway is too slow: try again in a moment",
}
_NAME_IS_TAKEN = "name-exists"
_NAME_EXISTS = "another dashboard of its folder has the same title: rename or remove one of them"


def failure(reply: Reply, document: Any, credentials: Credentials) -> QueryFailed:
    """The failure that an answer outside 2xx amounts to; no secret that was sent is repeated."""
    kind, said = told_words(reply.status, document, reply.body, credentials)
    came = came_back(reply.status, kind, said)
    if reply.status in (401, 403):
        return Unauthorized(reply.asked, came, _missing(reply.status, credentials))
    advice = _NAME_EXISTS if kind == _NAME_IS_TAKEN else _ADVICE.get(reply.status, "")
    return ServerError(reply.asked, came, advice, status=reply.status, error_type=kind, error=said)


def _missing(status: int, credentials: Credentials) -> str:
    if not credentials.kind and credentials.withheld:
        return f"the credentials of {credentials.withheld} were not sent: they are for another server"
    if not credentials.kind:
        return "no token was sent: set SLO_GRAFANA_TOKEN, or give --token-file"
    if status == 401:
        return (
            f"the {credentials.kind} that was sent is not accepted: is it still valid, and for this Grafana?"
        )
    return (
        f"the {credentials.kind} that was sent may not do this: its service account needs the role Editor, "
        "or the right to write dashboards and to create folders"
    )
