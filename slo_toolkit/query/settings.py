"""From flags, environment and config file to a `Connection`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from slo_toolkit.errors import InputError
from slo_toolkit.query.address import origin, shown, user_of
from slo_toolkit.query.config import Config, read_config, usual_config
from slo_toolkit.query.connection import DEFAULT_TIMEOUT_SECONDS, Connection
from slo_toolkit.query.proxies import standard_proxy
from slo_toolkit.query.server import PROMETHEUS, Server
from slo_toolkit.query.values import READERS, Layer, read_headers

_DEFAULT_CONFIG = "~/.config/slo-toolkit/config.yaml"
_NOT_BOUND = ("url", "proxy", "timeout")
_NAMES = (*READERS, "headers")


def resolve_connection(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    config_path: Path | str | None = None,
    server: Server = PROMETHEUS,
) -> Connection:
    """The connection that flags, environment and config file describe, the first of them winning.

    `flags` are named like the fields of `Connection`; None and "" count as not given, and `headers` are
    lines of `Name: value`. Raises InputError where no URL is given or a setting is wrong, and InvalidSpec
    for the problems of the config file.
    """
    config = _config(environ, config_path)
    context = _context(config, flags, environ, server)
    layers = [
        _from_flags(flags, server),
        _from_environment(environ, server),
        *([context] if context else []),
    ]
    url = _first(layers, "url")
    if not url:
        raise InputError(_no_url(config, server))
    ours = [layer if _is_for(layer, url) else _unbound(layer) for layer in layers]
    headers, credentials = _headers(ours), _credentials(ours, url, server)
    if any(credentials.values()) and "authorization" in map(str.lower, headers):
        raise InputError("the header Authorization and other credentials exclude each other")
    return Connection(
        url=shown(urlsplit(url)),
        **credentials,
        **_tls(ours, server),
        headers=headers,
        proxy=_proxy(environ, ours, url),
        timeout=float(_first(ours, "timeout") or DEFAULT_TIMEOUT_SECONDS),
        context=context.context if context and _is_for(context, url) else "",
        server=server,
        withheld=", ".join(layer.source for layer in layers if not _is_for(layer, url) and _opens(layer)),
        warnings=config.warnings(context),
    )


def _config(environ: Mapping[str, str], config_path: Path | str | None) -> Config:
    named = config_path or environ.get("SLO_CONFIG")
    path = Path(os.path.expanduser(named or _DEFAULT_CONFIG))
    return read_config(path) if named else usual_config(path)


def _context(
    config: Config, flags: Mapping[str, object], environ: Mapping[str, str], server: Server
) -> Layer | None:
    named = str(flags.get("context") or environ.get(server.context_variable, ""))
    return config.context(named) if named or server.follows_current_context else None


def _no_url(config: Config, server: Server) -> str:
    current = " or `current-context`" if server.follows_current_context else ""
    ways = (
        f"no {server.name} is named: give {server.url_flag} URL, set {server.variable('url')}, or choose a "
        f"context of {config.path} with {server.context_variable}{current}"
    )
    return "; ".join((ways, *config.warnings(None)))


def _from_flags(flags: Mapping[str, object], server: Server) -> Layer:
    given = {name: str(value) for name, value in flags.items() if name in READERS and value}
    headers = flags.get("headers") or ()
    lines = [str(line) for line in headers] if isinstance(headers, tuple | list) else [str(headers)]
    return _layer("the options", given, lines, {name: server.flag(name) for name in _NAMES})


def _from_environment(environ: Mapping[str, str], server: Server) -> Layer:
    variables = {name: server.variable(name) for name in _NAMES}
    given = {name: environ[variable] for name, variable in variables.items() if environ.get(variable)}
    headers = given.pop("headers", "").strip()
    # Few ways to set a variable take a line break, and few headers a comma.
    lines = headers.split("\n" if "\n" in headers else ",")
    return _layer("the environment", given, lines, variables)


def _layer(source: str, given: Mapping[str, str], headers: Sequence[str], names: Mapping[str, str]) -> Layer:
    settings = {}
    for name, text in given.items():
        try:
            settings[name] = READERS[name](text)
        except InputError as error:
            raise InputError(f"{names[name]}: {error}") from None
    try:
        return Layer(source, settings, read_headers(headers), names)
    except InputError as error:
        raise InputError(f"{names['headers']}: {error}") from None


def _first(layers: Sequence[Layer], name: str) -> str:
    return next((layer.settings[name] for layer in layers if name in layer.settings), "")


def _is_for(layer: Layer, url: str) -> bool:
    """Whether a layer is for the server at `url`: one that names another keeps its secrets for that one."""
    own = layer.settings.get("url")
    return own is None or origin(own) == origin(url)


def _unbound(layer: Layer) -> Layer:
    """What of a layer holds for any server."""
    settings = {name: value for name, value in layer.settings.items() if name in _NOT_BOUND}
    return Layer(layer.source, settings, names=layer.names)


def _opens(layer: Layer) -> bool:
    return bool(layer.headers) or any(name not in _NOT_BOUND for name in layer.settings)


def _credentials(layers: Sequence[Layer], url: str, server: Server) -> dict[str, str]:
    """Either a bearer token or a user name with a password: whichever stands in the first layer with one."""
    rank = {
        kind: next(
            (i for i, layer in enumerate(layers) if any(name in layer.settings for name in names)), None
        )
        for kind, names in (
            ("bearer", ("bearer_token", "bearer_token_file")),
            ("basic", ("username", "password", "password_file")),
        )
    }
    bearer, basic = rank["bearer"], rank["basic"]
    if bearer is not None and bearer == basic:
        raise InputError(f"{layers[bearer].source}: a bearer token and a user name exclude each other")
    if bearer is not None and (basic is None or bearer < basic):
        return _value_or_file(layers, "bearer_token")
    if basic is not None:
        return _basic(layers, server)
    username, password = user_of(urlsplit(url))
    return {"username": username, "password": password}


def _basic(layers: Sequence[Layer], server: Server) -> dict[str, str]:
    username, password = _first(layers, "username"), _value_or_file(layers, "password")
    if not username:
        raise InputError(f"there is a password but no user name: set {server.variable('username')}")
    if not password:
        raise InputError(f"there is a user name but no password: set {server.variable('password_file')}")
    return {"username": username, **password}


def _value_or_file(layers: Sequence[Layer], name: str) -> dict[str, str]:
    for layer in layers:
        found = {key: layer.settings[key] for key in (name, f"{name}_file") if key in layer.settings}
        if len(found) == 2:
            first, second = map(layer.name, found)
            raise InputError(f"{layer.source}: {first} and {second} exclude each other")
        if found:
            return found
    return {}


def _tls(layers: Sequence[Layer], server: Server) -> dict[str, str]:
    files = {name: _first(layers, name) for name in ("ca_file", "client_cert", "client_key")}
    if files["client_key"] and not files["client_cert"]:
        raise InputError(
            f"there is a client key but no client certificate: set {server.variable('client_cert')}"
        )
    return files


def _headers(layers: Sequence[Layer]) -> Mapping[str, str]:
    """All headers; where a name stands twice, the earlier layer wins, however it is capitalised."""
    merged: dict[str, tuple[str, str]] = {}
    for layer in layers:
        for name, value in layer.headers.items():
            merged.setdefault(name.lower(), (name, value))
    return MappingProxyType(dict(merged.values()))


def _proxy(environ: Mapping[str, str], layers: Sequence[Layer], url: str) -> str:
    if own := _first(layers, "proxy"):
        return own
    standard = standard_proxy(environ, url)
    try:
        return READERS["proxy"](standard) if standard else ""
    except InputError as error:
        raise InputError(f"HTTP_PROXY, HTTPS_PROXY or ALL_PROXY: {error}") from None
