"""The proxy that the usual environment variables name. `NO_PROXY` also takes networks, as Go programs do."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network

from slo_toolkit.query.address import origin


def standard_proxy(environ: Mapping[str, str], url: str) -> str:
    """What HTTP_PROXY, HTTPS_PROXY or ALL_PROXY say for an address; empty where NO_PROXY excepts it.

    A variable in small letters wins over the same in capitals.
    """
    scheme, host, port = origin(url)
    if _is_excepted(host, port, _variable(environ, "no_proxy")):
        return ""
    return _variable(environ, f"{scheme}_proxy") or _variable(environ, "all_proxy")


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper(), "")


def _is_excepted(host: str, port: int, exceptions: str) -> bool:
    entries = [entry.strip().lower() for entry in exceptions.split(",")]
    return any(entry and _matches(host, port, entry) for entry in entries)


def _matches(host: str, port: int, entry: str) -> bool:
    if entry == "*":
        return True
    name, wanted_port = _host_and_port(entry)
    if wanted_port not in ("", str(port)):
        return False
    try:
        return ip_address(host) in ip_network(name, strict=False)
    except ValueError:
        suffix = "." + name.removeprefix("*").removeprefix(".")
        return f".{host}".endswith(suffix)


def _host_and_port(entry: str) -> tuple[str, str]:
    """`host:80`, `[::1]`, `[::1]:80`; the colons of `::1` and `fd00::/8` are no port's."""
    if entry.startswith("["):
        address, _, rest = entry[1:].partition("]")
        network, _, port = rest.partition(":")  # as in [fd00::]/8
        return address + network, port
    if entry.count(":") == 1:
        name, _, port = entry.partition(":")
        return name, port
    return entry, ""
