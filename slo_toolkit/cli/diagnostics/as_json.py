"""Problems as JSON, for programs; docs/cli.md has the contract."""

from __future__ import annotations

import json
from typing import Any

from slo_toolkit.errors import Level, Problem
from slo_toolkit.spec import Loaded

CONTRACT = 1


def report(loaded: Loaded) -> str:
    levels = [problem.level for problem in loaded.problems]
    answer = {
        "contract": CONTRACT,
        "slos": [{"id": slo.id, "source": slo.source} for slo in loaded.slos],
        "alert_windows": [str(period) for period in loaded.windows.by_period],
        "errors": levels.count(Level.ERROR),
        "warnings": levels.count(Level.WARNING),
        "notes": levels.count(Level.NOTE),
        "problems": [_problem(problem) for problem in loaded.problems],
    }
    return json.dumps(answer, indent=2) + "\n"


def _problem(problem: Problem) -> dict[str, Any]:
    position = problem.position
    return {
        "source": position.source,
        "line": position.line or None,
        "column": position.column or None,
        "level": problem.level.value,
        "rule": problem.rule,
        "message": problem.message,
        "hint": problem.hint or None,
    }
