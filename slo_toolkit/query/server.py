"""A kind of server that is asked over HTTP, and what the settings of a connection to it are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Server:
    """Names for messages and for finding settings; the settings themselves stand in `Connection`."""

    name: str
    prefix: str
    """What its environment variables begin with."""
    url_flag: str
    context_variable: str
    follows_current_context: bool = False
    """Whether the config file's `current-context` holds for it, or only a context that is named."""
    short_names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Settings whose variable and flag have another name than the setting itself."""

    def variable(self, setting: str) -> str:
        return self.prefix + self.short_names.get(setting, setting).upper()

    def flag(self, setting: str) -> str:
        named = {"url": self.url_flag, "headers": "--header"}
        return named.get(setting) or "--" + self.short_names.get(setting, setting).replace("_", "-")


PROMETHEUS = Server(
    name="Prometheus",
    prefix="SLO_PROMETHEUS_",
    url_flag="--prometheus",
    context_variable="SLO_CONTEXT",
    follows_current_context=True,
)
