"""What the network said, in words: the HTTP library's exceptions as failures that say what to do."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from typing import TypeVar

import requests
import urllib3.exceptions

from slo_toolkit.errors import InputError, SloError
from slo_toolkit.foreign_text import excerpt
from slo_toolkit.query.failures import Unreachable, WrongAnswer
from slo_toolkit.query.server import Server

E = TypeVar("E", bound=BaseException)

_HOSTNAME_MISMATCH = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL
_NOT_YET_VALID, _EXPIRED = 9, 10  # X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")


def network_failure(asked: str, error: Exception, server: Server) -> SloError:
    """The failure that an exception of requests or urllib3 amounts to; its own text may hold secrets."""
    if isinstance(error, requests.exceptions.InvalidProxyURL):
        return InputError(
            "the address of the proxy cannot be used: write for example http://proxy.example.com:3128"
        )
    if isinstance(error, requests.exceptions.InvalidURL | UnicodeError):
        return InputError(f"{asked}: this is no address of a server")
    if isinstance(error, requests.exceptions.ProxyError):
        return Unreachable(
            asked, f"the proxy gives no connection: {_reason(error)}", "check the proxy's address"
        )
    if tls := _first(error, ssl.SSLError):
        return _tls_failure(asked, tls, server)
    if _first(error, socket.gaierror):
        return Unreachable(
            asked, "the name of the host cannot be resolved", "check its spelling and the name server"
        )
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Unreachable(
            asked, "no connection came about in time", "check host and port, and firewalls between"
        )
    if _first(error, urllib3.exceptions.DecodeError):
        return WrongAnswer(
            asked, "an answer whose compression cannot be unpacked", "look into the server's log"
        )
    if broken := _first(error, http.client.HTTPException):
        return _broken_http(asked, broken)
    return Unreachable(asked, _reason(error), "is the server running, and are host and port right?")


def is_timeout(error: Exception) -> bool:
    """Whether a socket waited until the deadline, after it was connected."""
    return _first(error, urllib3.exceptions.ReadTimeoutError) is not None


def _tls_failure(asked: str, error: ssl.SSLError, server: Server) -> Unreachable:
    if isinstance(error, ssl.SSLCertVerificationError):
        advice = (
            f"name the file of its certificate authority: {server.variable('ca_file')}, "
            "or `ca_file` in the context"
        )
        if error.verify_code in _HOSTNAME_MISMATCH:
            advice = "use the name for which the certificate was made"
        if error.verify_code == _EXPIRED:
            advice = "the server needs a new certificate; if it has one, look at the clock of this machine"
        if error.verify_code == _NOT_YET_VALID:
            advice = "look at the clock of this machine, then at the certificate's first day"
        return Unreachable(asked, f"the certificate is not trusted: {error.verify_message}", advice)
    reason = error.reason or "the connection broke off"
    if any(sign in reason for sign in _NOT_TLS):
        return Unreachable(asked, "what answers there does not speak TLS", "write http:// in the address")
    words = reason.replace("_", " ").lower()
    advice = (
        f"if the server asks for a client certificate, set {server.variable('client_cert')} and _CLIENT_KEY"
    )
    return Unreachable(asked, f"TLS failed: {words}", advice)


def _broken_http(asked: str, error: http.client.HTTPException) -> Unreachable | WrongAnswer:
    if isinstance(error, http.client.RemoteDisconnected):
        return Unreachable(asked, "the connection was closed without an answer", "look into the server's log")
    if isinstance(error, http.client.IncompleteRead):
        return WrongAnswer(asked, "an answer that broke off in the middle", "look into the server's log")
    return WrongAnswer(asked, "an answer that is no HTTP", "check the port: another program listens there")


def _reason(error: Exception) -> str:
    system = [cause for cause in _causes(error) if isinstance(cause, OSError) and cause.strerror]
    if system:
        return str(system[-1].strerror).lower()
    innermost = list(_causes(error))[-1]
    return excerpt(str(innermost)).lower() if isinstance(innermost, OSError) else "the connection failed"


def _first(error: BaseException, kind: type[E]) -> E | None:
    return next((cause for cause in _causes(error) if isinstance(cause, kind)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and its causes: urllib3 hides them in `reason`, requests in its arguments."""
    yield error
    inner = getattr(error, "reason", None)
    candidates = [inner, *error.args, error.__cause__, error.__context__]
    cause = next((candidate for candidate in candidates if isinstance(candidate, BaseException)), None)
    if cause is not None:
        yield from _causes(cause)
