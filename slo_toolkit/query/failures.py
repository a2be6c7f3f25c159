"""Why a query has no answer. Every one of them is a `NotMeasurable`: exit code 3.

NotMeasurable
+-- QueryFailed
    +-- Unreachable     no HTTP answer: refused, DNS, TLS, proxy
    |   +-- Late        no answer before the deadline
    +-- Unauthorized    401 or 403
    +-- ServerError     any other refusal, with the server's own words
    +-- WrongAnswer     an HTTP answer that is none of Prometheus's
"""

from __future__ import annotations

import re
from http import HTTPStatus

from slo_toolkit.errors import NotMeasurable

_TIMED_OUT = re.compile(r"(?i)tim(?:ed|e) ?out|deadline exceeded")


class QueryFailed(NotMeasurable):
    """What was asked (an address without credentials and query), what came back, and what to do."""

    def __init__(self, asked: str, came: str, advice: str = "") -> None:
        self.asked = asked
        self.came = came
        self.advice = advice
        super().__init__(f"{asked}: {came}" + (f"; {advice}" if advice else ""))

    @property
    def reason(self) -> str:
        """Why one of many things is not known."""
        return str(self)

    @property
    def is_of_time(self) -> bool:
        """Whether a smaller question may be answered in time."""
        return False


class Unreachable(QueryFailed):
    """No answer came at all, or not within the deadline."""


class Late(Unreachable):
    """No answer came within the `seconds` for the whole answer, or within the part of them for this question."""

    def __init__(self, asked: str, came: str, advice: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(asked, came, advice)

    @property
    def reason(self) -> str:
        return f"not answered within {self.seconds:g} s, the time for the whole answer; allow more with --timeout"

    @property
    def is_of_time(self) -> bool:
        return True


class Unauthorized(QueryFailed):
    """The server, or a proxy before it, did not accept who asks."""


class ServerError(QueryFailed):
    """The server answered that it cannot or will not.

    `error_type` and `error` are Prometheus's own, empty where the answer was not Prometheus's.
    """

    def __init__(
        self, asked: str, came: str, advice: str = "", *, status: int, error_type: str = "", error: str = ""
    ) -> None:
        self.status = status
        self.error_type = error_type
        self.error = error
        super().__init__(asked, came, advice)

    @property
    def is_of_time(self) -> bool:
        """A server's own time-out: a gateway's, Prometheus's, or whatever else says so in its words."""
        return (
            self.status == HTTPStatus.GATEWAY_TIMEOUT
            or self.error_type == "timeout"
            or _TIMED_OUT.search(self.error) is not None
        )


class WrongAnswer(QueryFailed):
    """An answer came that is no answer of Prometheus to this question."""
