"""Documents in, SLOs out: the input formats, each with every problem told at its line and column.

Whatever needs YAML is imported when it is first used: a verb that reads no spec does not pay for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slo_toolkit.spec.loading import load, load_windows
    from slo_toolkit.spec.options import AlertWindows, Loaded, LoadedWindows, LoadOptions
    from slo_toolkit.spec.schema import json_schema
    from slo_toolkit.spec.source import Source, discover

_HOME = {
    "load": "loading",
    "load_windows": "loading",
    "AlertWindows": "options",
    "LoadOptions": "options",
    "Loaded": "options",
    "LoadedWindows": "options",
    "json_schema": "schema",
    "Source": "source",
    "discover": "source",
}

__all__ = [
    "AlertWindows",
    "LoadOptions",
    "Loaded",
    "LoadedWindows",
    "Source",
    "discover",
    "json_schema",
    "load",
    "load_windows",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
