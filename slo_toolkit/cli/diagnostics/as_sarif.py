"""Problems as SARIF 2.1.0, the format of code scanning services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from slo_toolkit import __version__
from slo_toolkit.errors import Problem
from slo_toolkit.spec import Loaded

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def report(loaded: Loaded) -> str:
    rules = sorted({problem.rule for problem in loaded.problems})
    driver = {"name": "slo", "version": __version__, "rules": [{"id": rule} for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, rules) for problem in loaded.problems],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _result(problem: Problem, rules: list[str]) -> dict[str, Any]:
    text = f"{problem.message}. {problem.hint}" if problem.hint else problem.message
    return {
        "ruleId": problem.rule,
        "ruleIndex": rules.index(problem.rule),
        "level": problem.level.value,
        "message": {"text": text},
        "locations": [{"physicalLocation": _location(problem)}],
    }


def _location(problem: Problem) -> dict[str, Any]:
    position = problem.position
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(position.source)}}
    if position.line:
        location["region"] = {
            "startLine": position.line,
            "startColumn": position.column,
            "endColumn": position.column + problem.width,
        }
    return location


def _uri(source: str) -> str:
    path = Path(source)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
