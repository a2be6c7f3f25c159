"""The errors of the toolkit, each with the exit code that the command line answers.

    SloError
    +-- InputError          2   the call or a document is wrong
    |   +-- DurationError       text that is no Prometheus duration
    |   +-- InvalidSpec         one or more problems, each with its position
    +-- NotMeasurable       3   a source could not be read (no server, no data)

Exit code 1 is an answer, not an error: drift, an exhausted budget, a failed check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class SloError(Exception):
    """Base of every error that the toolkit raises on purpose."""

    exit_code = 2


class InputError(SloError):
    """The call or a document is wrong."""


class DurationError(InputError):
    """Text that is no Prometheus duration."""


class NotMeasurable(SloError):
    """What was asked for could not be measured."""

    exit_code = 3


class Level(StrEnum):
    """How bad a problem is: errors stop a compilation, warnings and notes do not.

    A warning is about what is likely a mistake, a note about what has a price.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a source; line and column count from 1, 0 where it is the whole source."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a document, and what would be right."""

    position: Position
    message: str
    hint: str = ""
    level: Level = Level.ERROR
    rule: str = "spec"
    """A short stable name of the check, for SARIF and for searching the docs."""
    snippet: str = ""
    """The source line at `position`, without its line break."""
    width: int = 1
    """How many characters of `snippet` the caret marks."""

    @property
    def sort_key(self) -> tuple[Position, str]:
        return self.position, self.message


class InvalidSpec(InputError):
    """At least one document is wrong; carries every problem of every document."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.sort_key))
        super().__init__(f"{len(self.problems)} problem(s)")
