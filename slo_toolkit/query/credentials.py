"""Who asks: the Authorization header, the files it comes from, and keeping it out of messages."""

from __future__ import annotations

import base64
import re

from slo_toolkit.errors import InputError
from slo_toolkit.query.connection import Connection
from slo_toolkit.query.files import read_file

_SIZE_LIMIT = 64 * 1024
_SECRET_HEADER = re.compile("auth|cookie|token|key|secret|pass", re.IGNORECASE)


def is_secret_header(name: str) -> bool:
    """Whether the value of a header opens something. A tenant such as X-Scope-OrgID does not."""
    return _SECRET_HEADER.search(name) is not None


class Credentials:
    """The secrets of a connection, files read anew for each request: mounted tokens are rotated."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._told: set[str] = {value for name, value in connection.headers.items() if is_secret_header(name)}

    @property
    def kind(self) -> str:
        """What is sent, for messages; empty where nothing is."""
        connection = self._connection
        if connection.bearer_token or connection.bearer_token_file:
            return "bearer token"
        if connection.username:
            return "user name and password"
        if any(name.lower() == "authorization" for name in connection.headers):
            return "Authorization header"
        return ""

    @property
    def withheld(self) -> str:
        """Which sources have credentials that are for another server."""
        return self._connection.withheld

    def authorization(self) -> str:
        """The value of the Authorization header, empty without credentials. Raises InputError for a file."""
        connection = self._connection
        if connection.bearer_token or connection.bearer_token_file:
            return self._bearer(
                connection.bearer_token or _secret(connection.bearer_token_file, "bearer token")
            )
        if connection.username:
            password = connection.password
            if connection.password_file:
                password = _secret(connection.password_file, "password")
            return self._basic(connection.username, password)
        return ""

    def _bearer(self, token: str) -> str:
        # An HTTP library would show the token in its complaint about these.
        if not token.isascii() or not token.isprintable() or " " in token:
            raise InputError("the bearer token holds a space, a line break or a character beyond ASCII")
        self._told.add(token)
        return f"Bearer {token}"

    def _basic(self, username: str, password: str) -> str:
        encoded = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._told |= {password, encoded}
        return f"Basic {encoded}"

    def redact(self, text: str) -> str:
        """The text without any secret that was sent: servers do repeat what they were told."""
        for secret in sorted(self._told - {""}, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def _secret(path: str, what: str) -> str:
    try:
        data, _ = read_file(path, _SIZE_LIMIT)
        secret = data.decode().strip("\r\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise InputError(f"the {what} file {path} cannot be read: {reason}") from None
    if not secret:
        raise InputError(f"the {what} file {path} is empty")
    return secret
