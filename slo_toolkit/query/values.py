"""The settings of a connection, one by one: how the text of a flag, a variable or a file is read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from slo_toolkit.duration import Duration
from slo_toolkit.errors import DurationError, InputError
from slo_toolkit.query.address import base_address, parse_address, shown

# As in `30` or `2.5`: what Python reads as a float beyond that (`nan`, `1e308`) is no length of time.
_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
_LEAST_SECONDS, _MOST_SECONDS = 0.1, 3600.0
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PROXY_EXAMPLE = "http://proxy.example.com:3128"


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings from one source, read and checked. In messages `source` names it, and `names` its settings."""

    source: str
    settings: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    context: str = ""

    def name(self, setting: str) -> str:
        return self.names.get(setting, f"`{setting}`")


def read_text(text: str) -> str:
    """A value that stands for itself."""
    return text


def read_username(text: str) -> str:
    """The user name of basic authentication. Raises InputError."""
    if ":" in text or not text.isprintable():
        raise InputError(
            "a user name holds no colon and no control character: a colon would begin the password"
        )
    return text


def read_url(text: str) -> str:
    """The address of a server; credentials stay in it. Raises InputError."""
    parts = parse_address(text)
    bare, user = base_address(parts), parts.netloc.rpartition("@")[0]
    return bare.replace("://", f"://{user}@", 1) if user else bare


def read_proxy(text: str) -> str:
    """The address of a proxy; a host and port alone will do. Raises InputError."""
    address = text if "://" in text else f"http://{text}"
    parts = parse_address(address, _PROXY_EXAMPLE)
    return address if shown(parts) else text


def read_path(text: str) -> str:
    """A file, with `~` for the home folder."""
    return os.path.expanduser(text)


def read_timeout(text: str) -> str:
    """A number of seconds, or a duration such as 30s. Raises InputError unless it is from 0.1 to 3600 seconds."""
    bare = text.strip()
    try:
        seconds = float(bare) if _SECONDS.fullmatch(bare) else Duration.parse(bare).seconds
    except DurationError:
        seconds = 0
    if not _LEAST_SECONDS <= seconds <= _MOST_SECONDS:
        raise InputError(
            f"this is no length of time from {_LEAST_SECONDS:g} to {_MOST_SECONDS:g} seconds: write for example 30s"
        )
    return repr(seconds)


def read_header(name: str, value: str) -> tuple[str, str]:
    """One header. Raises InputError, which does not repeat the value."""
    name, value = name.strip(), value.strip()
    if not _HEADER_NAME.fullmatch(name):
        raise InputError("this is no header: write for example X-Scope-OrgID: team-a")
    if not value.isascii() or not value.isprintable():
        raise InputError(f"the header {name} holds a line break or a character beyond ASCII")
    return name, value


def read_headers(lines: Iterable[str]) -> dict[str, str]:
    """Headers written as `Name: value`. Raises InputError."""
    pairs = [line.partition(":") for line in lines if line.strip()]
    return dict([read_header(name, value) for name, _, value in pairs])


READERS: Mapping[str, Callable[[str], str]] = {
    "url": read_url,
    "username": read_username,
    "password": read_text,
    "password_file": read_path,
    "bearer_token": read_text,
    "bearer_token_file": read_path,
    "ca_file": read_path,
    "client_cert": read_path,
    "client_key": read_path,
    "proxy": read_proxy,
    "timeout": read_timeout,
}
"""Every setting but the headers, and how it is read."""
