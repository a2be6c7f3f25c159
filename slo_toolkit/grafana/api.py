"""The calls of Grafana's HTTP API that pushing needs, each answered or failed in words.

https://grafana.com/docs/grafana/latest/developers/http_api/ has them under Dashboard and Folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from slo_toolkit.grafana.refusals import failure
from slo_toolkit.query.connection import Connection
from slo_toolkit.query.deadline import Deadline, DeadlineError
from slo_toolkit.query.failures import Unreachable, WrongAnswer

if TYPE_CHECKING:
    from slo_toolkit.query.transport import HttpSession, Reply

_PAGE = 1000
"""The most folders that Grafana gives at once."""
_IS_IT_GRAFANA = "is this the address of a Grafana, and is no login page before it?"


@dataclass(frozen=True, slots=True)
class Folder:
    uid: str
    title: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A dashboard as Grafana has it: its JSON, and where it lies."""

    model: dict[str, Any]
    folder_uid: str
    folder_title: str
    is_provisioned: bool


class Grafana:
    """A Grafana at work, as a context manager that closes its connections.

    Every call raises QueryFailed (exit code 3) where it is not done, and InputError where a file that the
    connection names cannot be used.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_session" in self.__dict__:
            self._session.close()

    def folders(self) -> tuple[Folder, ...]:
        """The folders at the top that the token may see."""
        found: list[Folder] = []
        page = 1
        while True:
            asked, rows = self._found("GET", f"api/folders?limit={_PAGE}&page={page}")
            found += [_folder(asked, row) for row in _rows(asked, rows)]
            if len(rows) < _PAGE:
                return tuple(found)
            page += 1

    def create_folder(self, folder: Folder) -> Folder:
        """Make a folder at the top; answers it as Grafana then has it."""
        asked, made = self._found("POST", "api/folders", {"uid": folder.uid, "title": folder.title})
        return _folder(asked, made)

    def dashboard(self, uid: str) -> Stored | None:
        """The dashboard with that uid, None where there is none."""
        reply = self._ask("GET", f"api/dashboards/uid/{quote(uid, safe='')}")
        document = _document(reply)
        if reply.status == 404 and isinstance(document, dict):
            return None
        self._check(reply, document)
        match document:
            case {"dashboard": dict(model), "meta": dict(meta)}:
                return Stored(
                    model,
                    folder_uid=str(meta.get("folderUid") or ""),
                    folder_title=str(meta.get("folderTitle") or ""),
                    is_provisioned=bool(meta.get("provisioned")),
                )
        raise WrongAnswer(reply.asked, "JSON that is no dashboard of Grafana", _IS_IT_GRAFANA)

    def save(self, model: dict[str, Any], folder_uid: str, message: str) -> None:
        """Write a dashboard over the version that `model` says, or anew where it says none.

        Grafana refuses where somebody else has written meanwhile.
        """
        body = {"dashboard": model, "folderUid": folder_uid, "message": message, "overwrite": False}
        asked, answer = self._found("POST", "api/dashboards/db", body)
        if not isinstance(answer, dict) or answer.get("status") != "success":
            raise WrongAnswer(asked, "JSON that does not say that the dashboard was saved", _IS_IT_GRAFANA)

    def _found(self, method: str, path: str, body: Any = None) -> tuple[str, Any]:
        reply = self._ask(method, path, body)
        document = _document(reply)
        self._check(reply, document)
        return reply.asked, document

    def _ask(self, method: str, path: str, body: Any = None) -> Reply:
        url = f"{self.connection.url}/{path}"
        self._session.deadline = Deadline(self.connection.timeout)
        try:
            return self._session.deadline.hold(lambda: self._session.exchange(method, url, json=body))
        except DeadlineError:
            variable = self.connection.server.variable("timeout")
            came = f"no answer within {self.connection.timeout:g} s"
            raise Unreachable(url.partition("?")[0], came, f"allow more time: {variable}") from None

    def _check(self, reply: Reply, document: Any) -> None:
        if not 200 <= reply.status < 300:
            raise failure(reply, document, self._session.credentials)
        if document is None:
            from slo_toolkit.query.answers import describe

            raise WrongAnswer(reply.asked, describe(reply.body), _IS_IT_GRAFANA)

    @cached_property
    def _session(self) -> HttpSession:
        from slo_toolkit.query.tls import check_tls_files
        from slo_toolkit.query.transport import HttpSession

        check_tls_files(self.connection)
        return HttpSession(self.connection)


def _document(reply: Reply) -> Any:
    from slo_toolkit.query.answers import document_of

    return document_of(reply.body)


def _rows(asked: str, document: Any) -> list[Any]:
    if not isinstance(document, list):
        raise WrongAnswer(asked, "JSON that is no list of folders", _IS_IT_GRAFANA)
    return document


def _folder(asked: str, row: Any) -> Folder:
    match row:
        case {"uid": str(uid), "title": str(title)}:
            return Folder(uid, title)
    raise WrongAnswer(asked, "JSON that is no folder of Grafana", _IS_IT_GRAFANA)
