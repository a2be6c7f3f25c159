"""One id that ties together a request's response, its log lines and its problem document."""

import re
import uuid
from collections.abc import Iterable
from contextvars import ContextVar

HEADER = "X-Correlation-ID"

# Letters, digits and a few marks: safe in a header, in a log line, in a query, in a file name.
_SAFE_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]{0,127}")

current: ContextVar[str | None] = ContextVar("correlation_id", default=None)
"""The id of the request that is being served, in worker threads, too."""


def new_correlation_id() -> str:
    """A fresh random id."""
    return str(uuid.uuid4())


def accepted_or_new(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The client's id when it sent exactly one and that is a safe token, otherwise a new one."""
    name = HEADER.lower().encode()
    sent = [value for key, value in headers if key.lower() == name]
    if len(sent) == 1:
        candidate = sent[0].decode("latin-1")
        if _SAFE_TOKEN.fullmatch(candidate):
            return candidate
    return new_correlation_id()
