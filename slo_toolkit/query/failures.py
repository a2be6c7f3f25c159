"""Why a query has no answer. Every one of them is a `NotMeasurable`: exit code 3.

NotMeasurable
+-- QueryFailed
    +-- Unreachable     no HTTP answer: refused, DNS, TLS, proxy, deadline
    +-- Unauthorized    401 or 403
    +-- ServerError     any other refusal, with the server's own words
    +-- WrongAnswer     an HTTP answer that is none of Prometheus's
"""

from __future__ import annotations

from slo_toolkit.errors import NotMeasurable


class QueryFailed(NotMeasurable):
    """What was asked (an address without credentials and query), what came back, and what to do."""

    def __init__(self, asked: str, came: str, advice: str = "") -> None:
        self.asked = asked
        self.came = came
        self.advice = advice
        super().__init__(f"{asked}: {came}" + (f"; {advice}" if advice else ""))


class Unreachable(QueryFailed):
    """No answer came at all, or not within the deadline."""


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


class WrongAnswer(QueryFailed):
    """An answer came that is no answer of Prometheus to this question."""
