"""Problems as people read them: the place, the source line with a caret, and what would be right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import click

from slo_toolkit.cli.console import plural
from slo_toolkit.errors import Level, Problem
from slo_toolkit.foreign_text import columns, on_one_line
from slo_toolkit.spec import Loaded

_COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "cyan"}

# A spec in one line of JSON is told by the part around the mistake.
_SHOWN_BEFORE = 60
_SHOWN = 100


def report(loaded: Loaded) -> str:
    """Every problem, and a closing line that counts them or says that there is none."""
    return problems_text(loaded.problems) or f"no problem in {' and '.join(_read(loaded))}\n"


def _read(loaded: Loaded) -> Iterator[str]:
    """As in `2 SLOs of 1 service`, `the alert windows for 7 days`."""
    services = len({slo.service for slo in loaded.slos})
    if loaded.slos:
        yield f"{plural(len(loaded.slos), 'SLO')} of {plural(services, 'service')}"
    if loaded.windows.by_period:
        yield f"the alert windows for {', '.join(period.words() for period in loaded.windows.by_period)}"


def problems_text(problems: Sequence[Problem]) -> str:
    """Every problem and their count; empty without problems."""
    lines = [line for problem in problems for line in _lines(problem)]
    return "\n".join([*lines, _count(problems), ""]) if lines else ""


def _count(problems: Sequence[Problem]) -> str:
    """As in `2 errors, 1 warning in 2 files`."""
    levels = Counter(problem.level for problem in problems)
    counts = [plural(levels[level], level.value) for level in Level if levels[level]]
    files = len({problem.position.source for problem in problems})
    return f"{', '.join(counts)} in {plural(files, 'file')}"


def _lines(problem: Problem) -> Iterator[str]:
    level = click.style(f"{problem.level}:", fg=_COLOURS[problem.level], bold=True)
    yield f"{on_one_line(str(problem.position))}: {level} {on_one_line(problem.message)}"
    if problem.snippet and problem.position.column:
        yield from _marked(problem)
    if problem.hint:
        yield f"    {click.style('hint:', bold=True)} {on_one_line(problem.hint)}"


def _marked(problem: Problem) -> Iterator[str]:
    start = problem.position.column - 1
    cut = max(0, start - _SHOWN_BEFORE)
    shown = problem.snippet[cut : cut + _SHOWN]
    before, marked = shown[: start - cut], shown[start - cut : start - cut + problem.width]
    left, right = "..." if cut else "", "..." if len(problem.snippet) > cut + _SHOWN else ""
    caret = "^" * max(1, columns(on_one_line(marked)))
    yield f"    {left}{_with_tabs(shown)}{right}"
    yield f"    {' ' * len(left)}{_blank(before)}{click.style(caret, fg=_COLOURS[problem.level])}"


def _with_tabs(text: str) -> str:
    """The text on one line; a tab stays one, as in the file."""
    return "\t".join(map(on_one_line, text.split("\t")))


def _blank(text: str) -> str:
    """As wide as `text` is shown; a tab stays one, since only the terminal knows how wide it is."""
    return "".join("\t" if character == "\t" else " " * columns(character) for character in _with_tabs(text))
