"""The checks of PromQL that a user wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from slo_toolkit.meaning.text import (
    WINDOW,
    blanked_comments,
    unbalanced,
    without_comments,
)
from slo_toolkit.meaning.tree import kind, parse_filled
from slo_toolkit.spec.flaws import Flaw, Place
from slo_toolkit.spec.suspects import Suspect

_LOOK_BACK = "5m"
_NAMED = re.compile(r"'([^']+)'")
_COMMON_TEMPLATE = re.compile(
    r"\{\{-?\s*(?:\$value|\.Value|\$(?:labels|externalLabels)\.\w+|\.(?:Labels|ExternalLabels)\.\w+)"
    r"\s*(?:\|\s*(?:humanize\w*|title|toUpper|toLower)\s*)?-?\}\}"
)


class Checks:
    """Checks texts of one source; what only promtool can judge gathers in `suspects`."""

    def __init__(self, source: int, suspects: list[Suspect]) -> None:
        self.source = source
        self.suspects = suspects

    def query(self, query: str, at: Place, *, metricsql: bool = False) -> None:
        """A query with a look-back that gives an instant vector."""
        if WINDOW.search(without_comments(query)) is None:
            hint = "write the look-back of the range as [{{.window}}]"
            at.wrong("the query has no {{.window}}", hint, rule="window-template")
            return
        filled, origins = _fill(blanked_comments(query))
        if (unknown := filled.find("{{")) >= 0:
            message = "only {{.window}} is filled in"
            at.report(at.path, message, rule="window-template", offset=origins[unknown])
            return
        if metricsql:
            _check_pairs(query, at)
        else:
            self._promql(filled, origins, at)

    def _promql(self, filled: str, origins: list[int], at: Place) -> None:
        try:
            result = _result(parse_filled(filled))
        except ValueError as error:
            self._suspect_query(filled, origins, str(error), at)
            return
        if result != "vector":
            hint = (
                "a scalar has no series: vector() makes one of it"
                if result == "scalar"
                else "apply a function such as rate()"
            )
            at.wrong(f"the query gives a {result}, not an instant vector", hint, rule="promql-type")

    def _suspect_query(self, filled: str, origins: list[int], reason: str, at: Place) -> None:
        named = _NAMED.search(reason)
        offset = filled.find(named[1]) if named else -1
        flaw = Flaw(
            f"this is no PromQL: {reason}",
            at.path,
            rule="promql",
            offset=origins[offset] if offset >= 0 else -1,
            document=at.report.document,
        )
        self.suspects.append(Suspect(self.source, filled, flaw, True, origins))

    def matchers(self, metric: str, matchers: str, at: Place) -> None:
        """Label matchers without braces, as they stand in `metric{...}`."""
        if matchers.strip()[:1] in ("{", ","):
            at.wrong(
                "label matchers are written without braces", 'write for example job="shop"', rule="matchers"
            )
            return
        if matchers.strip()[-1:] == ",":
            at.wrong("a comma ends the label matchers", "remove it", rule="matchers")
            return
        if without_comments(matchers) != matchers:
            at.wrong("a comment stands among the label matchers", "write it beside the key", rule="matchers")
            return
        selector = f"{metric}{{{matchers}}}"
        try:
            if kind(parse_filled(selector)) != "VectorSelector":
                at.wrong("this is more than label matchers", 'write for example job="shop"', rule="matchers")
        except ValueError as error:
            offset = len(metric) + 1
            origins = [max(0, min(index - offset, len(matchers) - 1)) for index in range(len(selector) + 1)]
            self._suspect_query(selector, origins, str(error), at)

    def templates(self, texts: Mapping[str, str], at: Place) -> None:
        """Labels and annotations of alerts, which Prometheus takes as Go templates."""
        for name, text in texts.items():
            if "{{" in text and "{{" in _COMMON_TEMPLATE.sub("", text):
                place = at.entry(name)
                flaw = Flaw(
                    "this may be no alert template", place.path, rule="template", document=at.report.document
                )
                self.suspects.append(Suspect(self.source, text, flaw, False))


def _check_pairs(query: str, at: Place) -> None:
    """All that can be said of another language: that it cannot change what stands around it."""
    if (odd := unbalanced(query)) is not None:
        text, offset = odd
        at.report(at.path, f"`{text}` has no counterpart", rule="promql", offset=offset)


def _fill(query: str) -> tuple[str, list[int]]:
    """The query with a look-back, and for each of its characters (and its end) the offset in the original."""
    origins: list[int] = []
    end = 0
    for match in WINDOW.finditer(query):
        origins.extend(range(end, match.start()))
        origins.extend([match.start()] * len(_LOOK_BACK))
        end = match.end()
    origins.extend(range(end, len(query) + 1))
    return WINDOW.sub(_LOOK_BACK, query), origins


def _result(tree: Any) -> str:
    """What an expression gives: a vector, a scalar, a string or a range vector."""
    match type(tree).__name__:
        case "NumberLiteral":
            return "scalar"
        case "StringLiteral":
            return "string"
        case "MatrixSelector" | "SubqueryExpr":
            return "range vector"
        case "Call":
            return "scalar" if str(tree.func.return_type).endswith("Scalar") else "vector"
        case "ParenExpr" | "UnaryExpr":
            return _result(tree.expr)
        case "BinaryExpr":
            return "scalar" if _result(tree.lhs) == _result(tree.rhs) == "scalar" else "vector"
    return "vector"
