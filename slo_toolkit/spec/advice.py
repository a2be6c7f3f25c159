"""Hints that can be followed: what only the native format has is not advised in another one without saying so."""

from __future__ import annotations

from decimal import Decimal

from slo_toolkit.budget import plain
from slo_toolkit.spec import dialects
from slo_toolkit.spec.dialects import Dialect
from slo_toolkit.spec.flaws import Path
from slo_toolkit.spec.kinds import Kind, ListOf
from slo_toolkit.spec.shape import Section

_SAME_FILE = f"`version: {dialects.NATIVE.version}` takes the same file"


def own_tiers(version: str, change: str, in_windows: str) -> str:
    """How to come to tiers with a `change`, which is called `in_windows` in an AlertWindows document."""
    if version == dialects.NATIVE.version:
        return f"write `alerting.tiers` with {change}"
    windows = f"give `--windows` an AlertWindows document with {in_windows}"
    if version == dialects.SLOTH.version:
        return f"{windows}, or write `alerting.tiers` with {change}: {_SAME_FILE} and has them"
    return windows


def objective_as_written(percent: Decimal, version: str) -> str:
    """An objective as the dialect writes it: as percent, or as a ratio."""
    return plain(percent / 100 if version == dialects.OPENSLO.version else percent)


def only_in_native(path: Path, dialect: Dialect) -> str:
    """What to do about an unknown key that only the native format has at this place; empty where it has none."""
    if dialect is dialects.SLOTH and _native_key(path, dialect):
        return f"{_SAME_FILE}, and has this key"
    if dialect is dialects.KUBERNETES and path[0] == "spec" and (key := _native_key(path[1:], dialect)):
        return (
            f"no PrometheusServiceLevel has it: `version: {dialects.NATIVE.version}` has `{key}`, and takes "
            f"what stands under `spec` with its keys in snake_case"
        )
    return ""


def _native_key(path: Path, dialect: Dialect) -> str:
    """The native name of the key at the end of a path; empty where there is no such key."""
    kind: Kind = dialects.NATIVE.root
    name = ""
    for step in path:
        if isinstance(step, int) and isinstance(kind, ListOf):
            kind = kind.kind
            continue
        keys = kind.keys if isinstance(kind, Section) else {}
        name = next((known for known in keys if step in (known, dialect.spell(known))), "")
        if not name:
            return ""
        kind = keys[name].kind
    return name
