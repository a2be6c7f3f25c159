"""compose.yaml as data, and what the tests of several files ask of it."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.platform.running import DEPLOY

COMPOSE = DEPLOY / "compose.yaml"
SINGLE_SIGN_ON = DEPLOY / "compose.single-sign-on.yaml"
TLS = DEPLOY / "compose.tls.yaml"
EXAMPLE = DEPLOY / ".env.example"

Service = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Takes compose's own tag for what replaces a list instead of adding to it."""


def _replacing_list(loader: _Loader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node)


_Loader.add_constructor("!override", _replacing_list)


@cache
def composition(file: Path = COMPOSE) -> dict[str, Any]:
    """The whole document."""
    document: dict[str, Any] = yaml.load(file.read_text(), _Loader)
    return document


def services() -> dict[str, Service]:
    """Every service, those of optional profiles and of the files for special cases as well."""
    found: dict[str, Service] = dict(composition()["services"])
    found["oauth2-proxy"] = composition(SINGLE_SIGN_ON)["services"]["oauth2-proxy"]
    return found


def networks(service: Service) -> set[str]:
    """The networks that a service is on."""
    return set(service.get("networks", ()))


def used_variables(*files: Path) -> dict[str, str]:
    """Variables that the files use, with the mark behind the name: `:?` where one is asked for."""
    found: dict[str, str] = {}
    for file in files:
        for name, mark in re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)(:[?-])?", file.read_text()):
            found[name] = ":?" if ":?" in (mark, found.get(name)) else mark
    return found


def example_variables() -> dict[str, str]:
    """Names and values of .env.example."""
    lines = (line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def mounts(service: Service) -> dict[str, Path]:
    """Folders and files of the repository that a service sees: where it sees them, and where they are."""
    found = {}
    for volume in service.get("volumes", ()):
        source, target, *_ = volume.split(":")
        if source.startswith("."):
            found[target] = (DEPLOY / source).resolve()
    return found


def command_option(service: Service, name: str) -> str:
    """The value of `--name=value` on a service's command line."""
    (value,) = [part.split("=", 1)[1] for part in service["command"] if part.startswith(f"--{name}=")]
    return str(value)
