"""HTTP with a deadline, a limit, credentials for one server alone, and every failure in words."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions
from requests.auth import AuthBase

from slo_toolkit import __version__
from slo_toolkit.query.address import may_follow, shown
from slo_toolkit.query.connection import Connection
from slo_toolkit.query.credentials import Credentials
from slo_toolkit.query.deadline import Deadline, DeadlineError
from slo_toolkit.query.failures import WrongAnswer
from slo_toolkit.query.unreachable import is_timeout, network_failure

BODY_LIMIT = 64 * 1024 * 1024
REDIRECT_LIMIT = 5
# A handshake takes milliseconds. Who does not answer within seconds is behind a firewall that drops packets.
CONNECT_SECONDS = 5.0

_CHUNK = 64 * 1024
_REDIRECTS = (301, 302, 307, 308)


class Reply(NamedTuple):
    """An HTTP answer, complete: the address that gave it (without credentials and query), status and body."""

    asked: str
    status: int
    body: bytes


class HttpSession(requests.Session):
    """A session for one server. Nothing is taken from the process's environment: not a .netrc, whose
    credentials would replace those that were set.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.update({"User-Agent": f"slo-toolkit/{__version__}", "Accept": "application/json"})
        self.headers.update(connection.headers)
        if connection.ca_file:
            self.verify = connection.ca_file
        if connection.client_cert:
            self.cert = (connection.client_cert, connection.client_key or connection.client_cert)
        if connection.proxy:
            self.proxies = {"http": connection.proxy, "https": connection.proxy}
        self.credentials = Credentials(connection)
        self.auth = _Authorization(self.credentials)
        self.deadline = Deadline(connection.timeout)
        self.made = 0
        """How many requests were made."""
        self.received = 0
        """How many bytes of the present answer's body have come."""
        self.clock_ahead: float | None = None
        """The server's Unix time less the monotonic clock, None before an answer told it."""
        self._server = connection.server

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: requests would turn the POST into a GET without its body. `exchange` follows instead."""
        return None

    def exchange(self, method: str, url: str, data: dict[str, str] | None = None, json: Any = None) -> Reply:
        """The answer at `url`, or at where it redirects to. Raises QueryFailed, InputError, DeadlineError."""
        for _ in range(REDIRECT_LIMIT + 1):
            asked = shown(urlsplit(url))
            try:
                response, body = self._exchange_once(method, url, data, json)
            except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as error:
                if is_timeout(error):
                    raise DeadlineError from None
                raise network_failure(asked, error, self._server) from None
            target = response.headers.get("Location", "")
            if response.status_code not in _REDIRECTS or not target:
                return Reply(asked, response.status_code, body)
            url = self._redirected(url, target)
        raise WrongAnswer(asked, f"more than {REDIRECT_LIMIT} redirects", "check the path of the address")

    def _exchange_once(
        self, method: str, url: str, data: dict[str, str] | None, json: Any
    ) -> tuple[requests.Response, bytes]:
        self.made += 1
        self.received = 0
        # A late question still runs here when the next one has its own deadline.
        deadline = self.deadline
        limits = (min(CONNECT_SECONDS, deadline.remaining), deadline.remaining)
        content = {"data": data, "json": json, "timeout": limits, "allow_redirects": False, "stream": True}
        # Not `self.request`: a client library may be given that for its own way of asking.
        response = requests.Session.request(self, method, url, **content)
        with response:
            self._read_clock(response.headers.get("Date", ""))
            return response, self._body(shown(urlsplit(url)), response, deadline)

    def _body(self, asked: str, response: requests.Response, deadline: Deadline) -> bytes:
        chunks: list[bytes] = []
        # One system call each: to wait for a full chunk would be to wait for a server that drips.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            chunks.append(chunk)
            self.received += len(chunk)
            if self.received > BODY_LIMIT:
                came = f"an answer of more than {BODY_LIMIT // 1024**2} MiB"
                raise WrongAnswer(asked, came, "ask for fewer series, or a shorter range")
            if deadline.passed:
                raise DeadlineError
        return b"".join(chunks)

    def _redirected(self, url: str, target: str) -> str:
        try:
            joined = urljoin(url, target)
            there = shown(urlsplit(joined))
        except ValueError:
            joined, there = "", "at something that is no address"
        if may_follow(url, joined):
            return joined
        advice = (
            "give that address if it is the server's; credentials and queries are not carried there unasked"
        )
        raise WrongAnswer(shown(urlsplit(url)), f"a redirect to another server, {there}", advice)

    def _read_clock(self, date: str) -> None:
        try:
            self.clock_ahead = parsedate_to_datetime(date).timestamp() - time.monotonic()
        except (ValueError, TypeError, LookupError, ArithmeticError):  # what its parser does with odd dates
            return


class _Authorization(AuthBase):
    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if authorization := self._credentials.authorization():
            request.headers["Authorization"] = authorization
        return request
