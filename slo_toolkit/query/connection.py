"""Where a server is and how to be let in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from slo_toolkit.query.server import PROMETHEUS, Server

DEFAULT_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Connection:
    """One server, by default a Prometheus or what speaks its API. Neither `repr` nor `str` shows a secret.

    `url` holds no credentials and no trailing slash. `timeout` is the deadline in seconds for one question, or
    for all those that make one answer, however it comes to that: DNS, connecting, redirects, retries and a slow
    body included.
    """

    url: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    password_file: str = ""
    bearer_token: str = field(default="", repr=False)
    bearer_token_file: str = ""
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    proxy: str = field(default="", repr=False)
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    context: str = ""
    """The name of the context in the config file that it comes from; empty without one."""
    withheld: str = ""
    """Which sources have credentials for another server; they are not sent to this one."""
    server: Server = PROMETHEUS
    warnings: tuple[str, ...] = ()
    """What the user should know about the settings themselves, such as secrets that others can read."""
