"""Variables as Grafana's Prometheus data source replaces them: values, lists as regular expressions, intervals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.dashboards.drawing.span import Span, in_words

ALL = "$__all"
_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)\]\]|\$(\w+)")
_LABEL_VALUES = re.compile(r"label_values\((?:(?P<selector>.+),)?\s*(?P<label>\w+)\s*\)", re.DOTALL)


class Source(Protocol):
    """What variables ask for their values."""

    def label_values(self, selector: str, label: str, span: Span) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    label: str
    values: tuple[str, ...]
    """The chosen values; all of them where All is chosen."""
    is_list: bool = False
    all_value: str = ""
    """What stands for All instead of the list of all values; empty unless All is chosen."""
    hidden: bool = False

    @property
    def plain(self) -> str:
        return self.all_value or ",".join(self.values)

    def in_query(self, how: str) -> str:
        """The text in a query: regular expressions for lists, as the data source writes them by default."""
        if self.all_value:
            return self.all_value
        match how:
            case "raw" | "csv" | "text":
                return ",".join(self.values)
            case "pipe":
                return "|".join(self.values)
        if not self.is_list and how != "regex":
            return self.plain.replace("\\", "\\\\").replace('"', '\\"')
        # Once for the regular expression, and once more for the quotes of PromQL around it.
        quoted = [re.sub(r"([\\^$*+?.()|{}\[\]/])", r"\\\\\1", value) for value in self.values]
        return quoted[0] if len(quoted) == 1 else f"({'|'.join(quoted)})"

    @property
    def shown(self) -> str:
        return "All" if self.all_value or len(self.values) > 1 else self.plain


class UnknownVariableError(AssertionError):
    """A query uses a variable that neither the dashboard nor Grafana defines."""


def resolve(dashboard: Mapping[str, Any], source: Source, span: Span) -> dict[str, Variable]:
    """The variables of a dashboard as it opens."""
    known: dict[str, Variable] = {}
    for model in dashboard.get("templating", {}).get("list", []):
        known[model["name"]] = _variable(model, known, source, span)
    return known


def interpolate(text: str, known: Mapping[str, Variable], built_in: Mapping[str, str]) -> str:
    """A query as it reaches Prometheus. Raises UnknownVariableError."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[3] or match[4]
        if name in built_in:
            return built_in[name]
        if name.isdigit():
            return match[0]  # of a regular expression in label_replace()
        if name not in known:
            raise UnknownVariableError(f"${name} is not defined: {text}")
        return known[name].in_query(match[2] or "")

    return _VARIABLE.sub(value, text)


def built_ins(span: Span, step: float, scrape_interval: float) -> dict[str, str]:
    """The variables that Grafana defines itself, for a query of that step (seconds)."""
    return {
        "__interval": in_words(step),
        "__interval_ms": str(int(step * 1000)),
        "__rate_interval": in_words(max(step + scrape_interval, 4 * scrape_interval)),
        "__range": in_words(span.seconds),
        "__range_s": str(int(span.seconds)),
        "__range_ms": str(int(span.seconds * 1000)),
        "__from": str(int(span.start * 1000)),
        "__to": str(int(span.end * 1000)),
    }


def _variable(
    model: Mapping[str, Any], known: Mapping[str, Variable], source: Source, span: Span
) -> Variable:
    options = _options(model, known, source, span)
    current = model.get("current", {}).get("value")
    chosen: Sequence[str] = current if isinstance(current, list) else [current] if current else []
    wants_all = ALL in chosen or (model.get("includeAll") and not chosen)
    return Variable(
        name=model["name"],
        label=model.get("label") or model["name"],
        values=tuple(options if wants_all else (chosen or options[:1])),
        is_list=bool(model.get("multi") or model.get("includeAll")),
        all_value=model.get("allValue") or "" if wants_all else "",
        hidden=model.get("hide", 0) == 2,
    )


def _options(
    model: Mapping[str, Any], known: Mapping[str, Variable], source: Source, span: Span
) -> list[str]:
    match model["type"]:
        case "datasource":
            return [{"prometheus": "Prometheus", "loki": "Loki"}.get(model["query"], str(model["query"]))]
        case "query":
            query = model["query"]
            return _queried(query if isinstance(query, str) else query["query"], known, source, span)
        case "custom" | "interval":
            return [part.strip().rpartition(" : ")[2] for part in model["query"].split(",")]
        case _:
            return [str(model.get("query", ""))]


def _queried(query: str, known: Mapping[str, Variable], source: Source, span: Span) -> list[str]:
    found = _LABEL_VALUES.fullmatch(query.strip())
    if not found:
        raise UnknownVariableError(f"this query of a variable is none that the page knows: {query}")
    selector = interpolate(found["selector"] or "", known, built_ins(span, 60, 30))
    return source.label_values(selector, found["label"], span)
