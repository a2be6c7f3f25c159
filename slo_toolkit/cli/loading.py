"""Reading specs for a verb: what people are to know goes to standard error."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO

import click

from slo_toolkit.cli.console import note
from slo_toolkit.cli.diagnostics.as_text import problems_text
from slo_toolkit.cli.progress import Progress
from slo_toolkit.duration import Duration
from slo_toolkit.errors import InputError, InvalidSpec, Level, Problem
from slo_toolkit.recipe import Recipe
from slo_toolkit.slo import Slo
from slo_toolkit.spec import Loaded, LoadOptions, discover, load, load_windows


def read_specs(
    paths: Sequence[str],
    period: Duration | None,
    windows: str | None,
    extra_labels: Mapping[str, str],
    progress: Progress,
    scrape_interval: Duration | None = None,
    recipe: Recipe | None = None,
    replica_labels: Sequence[str] = (),
) -> Loaded:
    """Every SLO and all alert windows below `paths`, and every problem in order."""
    stdin = sys.stdin.buffer if sys.stdin is not None else BytesIO()
    options = LoadOptions(
        period,
        scrape_interval,
        extra_labels=extra_labels,
        recipe=recipe,
        replica_labels=tuple(replica_labels),
    )
    problems: list[Problem] = []
    if windows is not None:
        read = load_windows(discover([windows], stdin))
        options = replace(options, windows=read.windows)
        problems += read.problems
        if not read.problems and not read.windows.by_period:
            raise InputError(f"no AlertWindows document in {windows}")
    loaded = load(progress.watch(discover(paths, stdin), "read {} files"), options)
    for passed_over in loaded.notes:
        note(passed_over)
    problems += loaded.problems
    return replace(loaded, problems=tuple(sorted(problems, key=lambda problem: problem.sort_key)))


def read_valid_specs(
    paths: Sequence[str],
    period: Duration | None,
    windows: str | None,
    extra_labels: Mapping[str, str],
    progress: Progress,
    scrape_interval: Duration | None = None,
    recipe: Recipe | None = None,
    replica_labels: Sequence[str] = (),
) -> Sequence[Slo]:
    """Every SLO below `paths`; prints warnings. Raises InvalidSpec for an error, InputError without any SLO."""
    loaded = read_specs(
        paths, period, windows, extra_labels, progress, scrape_interval, recipe, replica_labels
    )
    if has_errors(loaded):
        raise InvalidSpec(loaded.problems)
    if not loaded.slos:
        raise InputError(no_spec(paths))
    click.echo(problems_text(loaded.problems), err=True, nl=False)
    return loaded.slos


def no_spec(paths: Sequence[str]) -> str:
    """What is wrong where no SLO and no problem was found."""
    return f"no SLO spec in {', '.join(paths)}"


def has_errors(loaded: Loaded) -> bool:
    return any(problem.level is Level.ERROR for problem in loaded.problems)
