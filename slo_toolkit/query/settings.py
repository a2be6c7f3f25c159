"""From flags, environment and config file to a `Connection`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from slo_toolkit.errors import InputError
from slo_toolkit.query.address import origin, shown, user_of
from slo_toolkit.query.config import Config, read_config
from slo_toolkit.query.connection import DEFAULT_TIMEOUT_SECONDS, Connection
from slo_toolkit.query.proxies import standard_proxy
from slo_toolkit.query.values import READERS, Layer, read_headers

_DEFAULT_CONFIG = "~/.config/slo-toolkit/config.yaml"
_NOT_BOUND = ("url", "proxy", "timeout")
_NAMES = (*READERS, "headers")
_VARIABLES = MappingProxyType({name: f"SLO_PROMETHEUS_{name.upper()}" for name in _NAMES})
_FLAGS = MappingProxyType(
    {name: "--" + name.replace("_", "-") for name in _NAMES} | {"url": "--prometheus", "headers": "--header"}
)


def resolve_connection(
    flags: Mapping[str, object], environ: Mapping[str, str], config_path: Path | str | None = None
) -> Connection:
    """The connection that flags, environment and config file describe, the first of them winning.

    `flags` are named like the fields of `Connection`; None and "" count as not given, and `headers` are
    lines of `Name: value`. Raises InputError where no URL is given or a setting is wrong, and InvalidSpec
    for the problems of the config file.
    """
    config = _config(environ, config_path)
    context = config.context(str(flags.get("context") or environ.get("SLO_CONTEXT", "")))
    layers = [_from_flags(flags), _from_environment(environ), *([context] if context else [])]
    url = _first(layers, "url")
    if not url:
        raise InputError(
            "no Prometheus is named: give --prometheus URL, set SLO_PROMETHEUS_URL, or choose a context of "
            f"{config.path} with SLO_CONTEXT or `current-context`"
        )
    ours = [layer if _is_for(layer, url) else _unbound(layer) for layer in layers]
    headers, credentials = _headers(ours), _credentials(ours, url)
    if any(credentials.values()) and "authorization" in map(str.lower, headers):
        raise InputError("the header Authorization and other credentials exclude each other")
    return Connection(
        url=shown(urlsplit(url)),
        **credentials,
        **_tls(ours),
        headers=headers,
        proxy=_proxy(environ, ours, url),
        timeout=float(_first(ours, "timeout") or DEFAULT_TIMEOUT_SECONDS),
        context=context.context if context and _is_for(context, url) else "",
        withheld=", ".join(layer.source for layer in layers if not _is_for(layer, url) and _opens(layer)),
        warnings=config.warnings(context) if context else (),
    )


def _config(environ: Mapping[str, str], config_path: Path | str | None) -> Config:
    named = config_path or environ.get("SLO_CONFIG")
    path = Path(named or _DEFAULT_CONFIG).expanduser()
    return read_config(path) if named or path.exists() else Config(str(path))


def _from_flags(flags: Mapping[str, object]) -> Layer:
    given = {name: str(value) for name, value in flags.items() if name in READERS and value}
    headers = flags.get("headers") or ()
    lines = [str(line) for line in headers] if isinstance(headers, tuple | list) else [str(headers)]
    return _layer("the options", given, lines, _FLAGS)


def _from_environment(environ: Mapping[str, str]) -> Layer:
    given = {name: environ[variable] for name, variable in _VARIABLES.items() if environ.get(variable)}
    headers = given.pop("headers", "").strip()
    # Few ways to set a variable take a line break, and few headers a comma.
    lines = headers.split("\n" if "\n" in headers else ",")
    return _layer("the environment", given, lines, _VARIABLES)


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


def _credentials(layers: Sequence[Layer], url: str) -> dict[str, str]:
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
        return _basic(layers)
    username, password = user_of(urlsplit(url))
    return {"username": username, "password": password}


def _basic(layers: Sequence[Layer]) -> dict[str, str]:
    username, password = _first(layers, "username"), _value_or_file(layers, "password")
    if not username:
        raise InputError("there is a password but no user name: set SLO_PROMETHEUS_USERNAME")
    if not password:
        raise InputError("there is a user name but no password: set SLO_PROMETHEUS_PASSWORD_FILE")
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


def _tls(layers: Sequence[Layer]) -> dict[str, str]:
    files = {name: _first(layers, name) for name in ("ca_file", "client_cert", "client_key")}
    if files["client_key"] and not files["client_cert"]:
        raise InputError("there is a client key but no client certificate: set SLO_PROMETHEUS_CLIENT_CERT")
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
