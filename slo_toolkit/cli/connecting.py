"""How a verb reaches its server: options in front of the environment and the config file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from slo_toolkit.cli.console import note
from slo_toolkit.cli.ranges import NamedPath, Setting

if TYPE_CHECKING:
    from slo_toolkit.grafana.api import Grafana
    from slo_toolkit.query import Connection, Prometheus
    from slo_toolkit.query.server import Server

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_FILE = NamedPath(dir_okay=False)

# No option takes a secret itself: what stands on a command line is in the process list and the shell's history.
_PROMETHEUS = (
    click.option(
        "--prometheus",
        "url",
        type=Setting("url"),
        metavar="URL",
        help="The server to ask.  [env: SLO_PROMETHEUS_URL]",
    ),
    click.option("--context", metavar="NAME", help="A context of the config file.  [env: SLO_CONTEXT]"),
)
_GRAFANA = (
    click.option(
        "--url", type=Setting("url"), metavar="URL", help="The Grafana to push to.  [env: SLO_GRAFANA_URL]"
    ),
    click.option(
        "--context", metavar="NAME", help="A context of the config file.  [env: SLO_GRAFANA_CONTEXT]"
    ),
)
_CREDENTIALS = (
    click.option("--config", "config_path", type=_FILE, help="The config file.  [env: SLO_CONFIG]"),
    click.option("--username", type=Setting("username"), metavar="NAME", help="For basic authentication."),
    click.option("--password-file", type=_FILE, help="File with the password."),
)
_BEARER = click.option("--bearer-token-file", type=_FILE, help="File with a bearer token.")
_TOKEN = click.option(
    "--token-file",
    "bearer_token_file",
    type=_FILE,
    help="File with a service account's token; SLO_GRAFANA_TOKEN has the token itself.",
)
_NETWORK = (
    click.option("--ca-file", type=_FILE, help="Certificates that the server's is checked against."),
    click.option("--client-cert", type=_FILE, help="Certificate to show to the server."),
    click.option("--client-key", type=_FILE, help="Its key, where it is not in the same file."),
    click.option(
        "--header",
        "headers",
        type=Setting("headers"),
        multiple=True,
        metavar="NAME: VALUE",
        help="A header to send; repeatable.",
    ),
    click.option("--proxy", type=Setting("proxy"), metavar="URL", help="Proxy to go through."),
    click.option(
        "--timeout",
        type=Setting("timeout"),
        metavar="SECONDS",
        help="Deadline of each request, 0.1 to 3600.  [default: 30]",
    ),
)


def connection_options(command: Decorated) -> Decorated:
    """Add the options of a connection to Prometheus; the command takes them as `**connection`."""
    return _with((*_PROMETHEUS, *_CREDENTIALS, _BEARER, *_NETWORK), command)


def grafana_options(command: Decorated) -> Decorated:
    """Add the options of a connection to Grafana; the command takes them as `**connection`."""
    return _with((*_GRAFANA, _TOKEN, *_CREDENTIALS, *_NETWORK), command)


def _with(options: Sequence[Callable[[Decorated], Decorated]], command: Decorated) -> Decorated:
    for option in reversed(options):
        command = option(command)
    return command


def connect(connection: dict[str, Any]) -> Prometheus:
    """The server that options, environment and config file name; raises InputError where they do not."""
    from slo_toolkit.query import Prometheus
    from slo_toolkit.query.server import PROMETHEUS

    return Prometheus(_resolved(connection, PROMETHEUS))


def connect_grafana(connection: dict[str, Any]) -> Grafana:
    """The same for Grafana."""
    from slo_toolkit.grafana.api import Grafana
    from slo_toolkit.grafana.server import GRAFANA

    return Grafana(_resolved(connection, GRAFANA))


def _resolved(connection: dict[str, Any], server: Server) -> Connection:
    from slo_toolkit.query import resolve_connection

    flags = {name: value for name, value in connection.items() if name != "config_path"}
    resolved = resolve_connection(flags, os.environ, connection["config_path"], server)
    for warning in resolved.warnings:
        note(f"warning: {warning}")
    return resolved
