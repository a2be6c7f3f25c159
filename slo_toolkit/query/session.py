"""The HTTP session under prometheus-api-client, which itself knows no deadline, no limit and no warning."""

from __future__ import annotations

from typing import Any

import requests

from slo_toolkit.query.answers import Answer, document_of, read_answer
from slo_toolkit.query.connection import Connection
from slo_toolkit.query.failures import ServerError
from slo_toolkit.query.refusals import is_refusal, refusal
from slo_toolkit.query.transport import HttpSession


class Session(HttpSession):
    """Answers each request with a whole `Answer`, and raises a QueryFailed for everything else.

    The query travels in the body, so that its length meets no limit; redirects keep it there.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._knows_partial_response = True

    def request(self, method: Any, url: Any, *_: Any, params: Any = None, **__: Any) -> requests.Response:
        """Ask at `url`, and where it redirects to. What else the client library passes is set already."""
        try:
            return _Reply(self._answer(url, self._form(params)))
        except ServerError as error:
            # Google's Managed Prometheus takes no parameter that it does not know, and says which.
            if (
                not self._knows_partial_response
                or error.status != 400
                or "partial_response" not in error.error
            ):
                raise
            self._knows_partial_response = False
            return _Reply(self._answer(url, self._form(params)))

    def _form(self, params: dict[str, str]) -> dict[str, str]:
        # Half an answer looks like fewer errors. Thanos refuses instead if told so; others ignore the word.
        return {**params, "partial_response": "false"} if self._knows_partial_response else params

    def _answer(self, url: str, form: dict[str, str]) -> Answer:
        asked, status, body = self.exchange("POST", url, data=form)
        document = document_of(body)
        if is_refusal(status, document):
            raise refusal(asked, status, document, body, self.credentials)
        return read_answer(asked, document, body)


class _Reply(requests.Response):
    """An answer on its way through prometheus-api-client, which hands on `data.result` and no more."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.status_code = 200
        self._answer = answer

    def json(self, **_: Any) -> dict[str, Any]:
        return {"data": {"result": self._answer}}
