"""Problems as workflow commands, which GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from slo_toolkit.errors import Level, Problem
from slo_toolkit.spec import Loaded

_COMMANDS = {Level.NOTE: "notice"}
_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = _IN_MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})


def report(loaded: Loaded) -> str:
    return "".join(_command(problem) + "\n" for problem in loaded.problems)


def _command(problem: Problem) -> str:
    position = problem.position
    properties = {"file": position.source}
    if position.line:
        properties |= {"line": str(position.line), "col": str(position.column)}
    properties["title"] = f"slo {problem.rule}"
    place = ",".join(f"{name}={value.translate(_IN_PROPERTY)}" for name, value in properties.items())
    message = f"{problem.message} ({problem.hint})" if problem.hint else problem.message
    command = _COMMANDS.get(problem.level, problem.level.value)
    return f"::{command} {place}::{message.translate(_IN_MESSAGE)}"
