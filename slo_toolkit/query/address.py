"""Server addresses: what is a usable one, which server it names, and how it is told without its secrets."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from slo_toolkit.errors import InputError

_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_address(text: str, example: str = "http://localhost:9090") -> SplitResult:
    """The parts of an http or https address. Raises InputError without credentials in it."""
    try:
        parts = urlsplit(text.strip())
        complete = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname)
        wrong_port = parts.port == 0
    except ValueError:
        complete = wrong_port = False
    if not complete or wrong_port:
        raise InputError(f"this is no address of a server: write for example {example}")
    if any(not character.isprintable() or character.isspace() for character in text.strip()):
        raise InputError("the address holds a space or a control character")
    if "@" in parts.path:
        # Whatever stands before it may be half a password: an address is read up to its first slash.
        raise InputError(
            "the address has an @ behind its first slash: write %40 in a path, and %2F for a slash in a password"
        )
    return parts


def base_address(parts: SplitResult) -> str:
    """The address below which the API lies: no credentials, no final slash. Raises InputError for a query."""
    if parts.query or parts.fragment:
        raise InputError(
            "the address has a query or a fragment: leave out everything from ? or # on, "
            "or write %3F and %23 for them in a password"
        )
    return shown(parts).rstrip("/")


def shown(parts: SplitResult) -> str:
    """The address without credentials, query and fragment, and without a path that may be half a password."""
    host = parts.netloc.rpartition("@")[2]
    if "@" in parts.path:
        return urlunsplit((parts.scheme, "***", parts.path.rpartition("@")[2], "", ""))
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def user_of(parts: SplitResult) -> tuple[str, str]:
    """User name and password in the address, both empty where it has none."""
    return unquote(parts.username or ""), unquote(parts.password or "")


def origin(address: str) -> tuple[str, str, int]:
    """Scheme, host and port: what makes two addresses the same server."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def may_follow(address: str, target: str) -> bool:
    """Whether a redirect keeps to the server it comes from, or only moves it from http to https.

    Everything else would hand credentials, tenant and query to whoever is named.
    """
    try:
        here, there = origin(address), origin(target)
    except ValueError:
        return False
    upgrade = here[0] == "http" and there == ("https", here[1], 443) and here[2] == 80
    return here == there or upgrade
