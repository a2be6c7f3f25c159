"""The proxy that the usual environment variables name. `NO_PROXY` also takes networks, as Go programs do."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit


def standard_proxy(environ: Mapping[str, str], url: str) -> str:
    """What HTTP_PROXY, HTTPS_PROXY or ALL_PROXY say for an address; empty where NO_PROXY excepts it.

    A variable in small letters wins over the same in capitals.
    """
    parts = urlsplit(url)
    if _is_excepted(parts.hostname or "", parts.port, _variable(environ, "no_proxy")):
        return ""
    return _variable(environ, f"{parts.scheme}_proxy") or _variable(environ, "all_proxy")


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper(), "")


def _is_excepted(host: str, port: int | None, exceptions: str) -> bool:
    entries = [entry.strip().lower() for entry in exceptions.split(",")]
    return any(entry and _matches(host, port, entry) for entry in entries)


def _matches(host: str, port: int | None, entry: str) -> bool:
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        name, _, wanted = entry.partition(":")
        suffix = "." + name.removeprefix("*").removeprefix(".")
        return f".{host}".endswith(suffix) and wanted in ("", str(port))
