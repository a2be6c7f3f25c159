"""Which format a document is in, told by its own words. A format is imported when a document needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from slo_toolkit.spec.flaws import Place, Report
from slo_toolkit.spec.kinds import did_you_mean
from slo_toolkit.spec.shape import Section, camel


def _as_written(name: str) -> str:
    return name


def _in_openslo(name: str) -> str:
    """Where OpenSLO has what is read as Sloth's; empty for a level that it has not."""
    return _OPENSLO_KEYS.get(name, name)


_OPENSLO_KEYS = {
    "objective": "target",
    "sli": "ratioMetrics",
    "events": "",
    "good_query": "good.query",
    "total_query": "total.query",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One input format: how its documents announce themselves, and how its keys are spelled."""

    module: str
    version: str
    kind: str = ""
    spell: Callable[[str], str] = _as_written

    @property
    def root(self) -> Section:
        section = self.load().ROOT
        assert isinstance(section, Section)
        return section

    def load(self) -> Any:
        return import_module(f"slo_toolkit.spec.{self.module}")


NATIVE = Dialect("native", "slo-toolkit/v1")
SLOTH = Dialect("sloth", "prometheus/v1")
KUBERNETES = Dialect("kubernetes", "sloth.slok.dev/v1", "PrometheusServiceLevel", camel)
ALERT_WINDOWS = Dialect("alert_windows", "sloth.slok.dev/v1", "AlertWindows")
OPENSLO = Dialect("openslo", "openslo/v1alpha", "SLO", _in_openslo)
DIALECTS = (NATIVE, SLOTH, KUBERNETES, ALERT_WINDOWS, OPENSLO)

_OURS = ("slo-toolkit", "prometheus/", "sloth.slok.dev/")


def identify(value: Any, report: Report) -> Dialect | None:
    """The format of a document; None where it is foreign, or nearly ours, which is reported then."""
    if not isinstance(value, dict):
        return None
    version, kind = _word(value.get("version")), _word(value.get("kind"))
    api_version = _word(value.get("apiVersion"))
    for dialect in DIALECTS:
        if dialect.kind and (api_version, kind) == (dialect.version, dialect.kind):
            return dialect
        if not dialect.kind and not api_version and version == dialect.version:
            return dialect
    _report_near_miss(value, version, api_version, kind, report)
    return None


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _report_near_miss(
    value: dict[str, Any], version: str, api_version: str, kind: str, report: Report
) -> None:
    at = Place((), report, _as_written)
    versions = [dialect.version for dialect in DIALECTS if not dialect.kind]
    kinds = [dialect.kind for dialect in DIALECTS if dialect.version == api_version]
    if kinds and api_version != OPENSLO.version:
        hint = did_you_mean(kind, kinds) or f"write {' or '.join(kinds)}"
        place = at / "kind" if "kind" in value else at
        place.wrong(f"{api_version} has no kind `{kind}`", hint, rule="version")
    elif api_version.startswith("openslo/") and kind == OPENSLO.kind and api_version != OPENSLO.version:
        (at / "apiVersion").wrong(f"`{api_version}` is not read", f"{OPENSLO.version} is", rule="version")
    elif "slos" in value and not api_version and "version" not in value:
        at.wrong("a spec has no `version`", f"add `version: {NATIVE.version}`", rule="version")
    elif ("slos" in value and not api_version) or (version or api_version).startswith(_OURS):
        key = "apiVersion" if api_version else "version"
        hint = did_you_mean(version, versions) or f"write {' or '.join(versions)}"
        (at / key).wrong(f"there is no version `{version or api_version}`", hint, rule="version")


def describe(value: Any) -> str:
    """A foreign document in a few words."""
    if not isinstance(value, dict):
        return "no SLO spec"
    for key in ("kind", "apiVersion", "version"):
        if word := _word(value.get(key)):
            return f"no SLO spec ({key}: {word})"
    return "no SLO spec"
