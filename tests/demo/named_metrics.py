"""Which series the repository's rules, rule tests and dashboards name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import yaml

ROOT = Path(__file__).parents[2]

_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
_GRAFANA_DURATION = re.compile(r"\$__(rate_interval|interval|range)\b")
_GRAFANA_NUMBER = re.compile(r"\$\{__(to|from)(:\w+)*\}|\$__(to|from|range_s|interval_ms)\b")
_GRAFANA_VARIABLE = re.compile(r"\$(\{\w+(:\w+)*\}|\w+)")
_GRAFANA_EXAMPLES = ((_GRAFANA_DURATION, "5m"), (_GRAFANA_NUMBER, "1"), (_GRAFANA_VARIABLE, "variable"))


@dataclass(frozen=True)
class Named:
    """A selector, and the file that has it."""

    file: str
    metric: str
    matchers: tuple[tuple[str, str, str], ...]
    """Label, operator, value; without those whose value is a variable of a dashboard."""


def named_by_rules() -> Iterator[Named]:
    for path in _files("generated/rules/*.yaml", "deploy/prometheus/**/*.yml", "deploy/prometheus/**/*.yaml"):
        document = yaml.safe_load(path.read_text())
        for group in document.get("groups", ()):
            for rule in group["rules"]:
                yield from _of_expression(path, rule["expr"])


def named_by_tests() -> Iterator[Named]:
    for path in _files("generated/tests/*.yaml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for series in test["input_series"]:
                yield from _of_expression(path, series["series"])


def named_by_dashboards() -> Iterator[Named]:
    for path in _files("dashboards/*.json"):
        for expr in _expressions(json.loads(path.read_text())):
            for pattern, example in _GRAFANA_EXAMPLES:
                expr = pattern.sub(example, expr)
            yield from _of_expression(path, expr)


def recorded() -> set[str]:
    """The names of what the generated rules record."""
    documents = [yaml.safe_load(path.read_text()) for path in _files("generated/rules/*.yaml")]
    rules = [rule for document in documents for group in document["groups"] for rule in group["rules"]]
    return {rule["record"] for rule in rules if "record" in rule}


def _files(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def _expressions(part: Any) -> Iterator[str]:
    """The PromQL in a dashboard: queries of Loki, which begin with a brace, are none."""
    if isinstance(part, dict):
        expr = part.get("expr")
        if isinstance(expr, str) and not expr.lstrip().startswith("{"):
            yield expr
        for value in part.values():
            yield from _expressions(value)
    elif isinstance(part, list):
        for value in part:
            yield from _expressions(value)


def _of_expression(path: Path, expr: str) -> Iterator[Named]:
    for selector in _selectors(promql_parser.parse(expr)):
        matchers = [*selector.matchers.matchers]
        name = selector.name or next(m.value for m in matchers if m.name == "__name__")
        told = tuple(
            (m.name, _OPERATORS[str(m.op).removeprefix("MatchOp.")], m.value)
            for m in matchers
            if m.name != "__name__" and "variable" not in m.value
        )
        yield Named(str(path.relative_to(ROOT)), name, told)


def _selectors(node: Any) -> Iterator[Any]:
    """Every selector of a parsed expression."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
        return
    for part in ("lhs", "rhs", "expr", "param", "vector_selector"):
        below = getattr(node, part, None)
        if below is not None:
            yield from _selectors(below)
    for argument in getattr(node, "args", None) or ():
        yield from _selectors(argument)
