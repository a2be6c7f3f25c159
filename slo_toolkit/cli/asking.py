"""The arguments of every verb that asks how SLOs are doing, and what they mean."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from slo_toolkit.cli.console import note
from slo_toolkit.cli.options import Label, replica_label_option, scrape_interval_option, unique_labels
from slo_toolkit.cli.ranges import NamedPath, Zone
from slo_toolkit.duration import Duration
from slo_toolkit.errors import NotMeasurable
from slo_toolkit.foreign_text import on_one_line

if TYPE_CHECKING:
    from slo_toolkit.slo import Labels, Slo
    from slo_toolkit.status.gate import Gate
    from slo_toolkit.status.model import BudgetStatus
    from slo_toolkit.status.reach import Storage
    from slo_toolkit.status.reading import Source

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def slo_input(command: Decorated) -> Decorated:
    """Add SLO..., --spec, --scrape-interval, --replica-label, --extra-label and --timezone."""
    for decorate in (
        click.option(
            "--timezone",
            "zone",
            type=Zone(),
            default="UTC",
            show_default=True,
            help="Time zone in which weeks, months and quarters begin, and times are told.",
        ),
        replica_label_option,
        scrape_interval_option,
        click.option(
            "--spec",
            "spec_paths",
            multiple=True,
            type=NamedPath(),
            metavar="PATH",
            help="Spec file or folder; its SLOs are measured with raw queries where no rules record them. Repeatable.",
        ),
        click.option(
            "--extra-label",
            "extra_labels",
            type=Label(),
            multiple=True,
            callback=unique_labels,
            help="Read only what rules record with this label, as `slo compile` was given it; repeatable.",
        ),
        click.argument("names", nargs=-1, metavar="[SLO]..."),
    ):
        command = decorate(command)
    return command


def read_slos(
    paths: Sequence[str],
    scrape_interval: Duration | None,
    extra_labels: Labels,
    replica_labels: Sequence[str],
) -> tuple[Slo, ...] | None:
    """The SLOs of the specs; None where none are given."""
    if not paths:
        if scrape_interval is not None:
            raise click.UsageError(
                "--scrape-interval needs --spec PATH: recorded series tell their own windows."
            )
        if replica_labels:
            raise click.UsageError(
                "--replica-label needs --spec PATH: recorded series are what `slo compile --replica-label` made them."
            )
        return None
    from slo_toolkit.cli.loading import read_valid_specs
    from slo_toolkit.cli.progress import Progress
    from slo_toolkit.recipe import Recipe

    with Progress() as progress:
        return tuple(
            read_valid_specs(
                paths, None, None, extra_labels, progress, scrape_interval, Recipe(), replica_labels
            )
        )


@contextmanager
def nothing_then_told(storage: Storage, at: float) -> Iterator[None]:
    """Where nothing is known of a moment, say so if it lies before the server's data: no rules would help there."""
    from slo_toolkit.query.failures import QueryFailed
    from slo_toolkit.status.reach import before_the_data

    try:
        yield
    except QueryFailed:
        raise
    except NotMeasurable as nothing:
        if reason := before_the_data(storage, at, time.time()):
            raise NotMeasurable(reason) from nothing
        raise


def tell_warnings(warnings: Sequence[str], reach: Sequence[str], in_table: bool) -> str:
    """Warn on standard error; answer what stands below a table.

    How far back the data reach says what the figures are worth, so it goes with a table wherever that is kept. Other
    forms have a place for warnings.
    """
    for warning in (*warnings, *(() if in_table else reach)):
        note(f"warning: {warning}")
    return warning_lines(reach) if in_table else ""


def warning_lines(warnings: Sequence[str]) -> str:
    return "".join(f"warning: {on_one_line(warning)}\n" for warning in warnings)


def told_exit_code(statuses: Sequence[BudgetStatus]) -> int:
    """The exit code; what could not be measured is told for each SLO, whatever else is wrong."""
    from slo_toolkit.status.verdict import exit_code

    _tell_no_data(statuses)
    return exit_code(statuses)


def gate_exit_code(source: Source, statuses: Sequence[BudgetStatus], gate: Gate) -> int:
    """The same behind a gate; what was measured too little to pass it is told, too."""
    from slo_toolkit.status.coverage import with_coverage
    from slo_toolkit.status.sharing import told_once

    _tell_no_data(statuses)
    try:
        statuses = with_coverage(source, statuses, gate.needs_coverage_of)
    except NotMeasurable as failure:
        note(f"warning: how much was measured could not be asked: {failure}")
    refusals = gate.refusals(statuses)
    for line in told_once((status.name, f"not measurable: {why}") for status, why in refusals):
        note(line)
    return gate.exit_code(statuses)


def _tell_no_data(statuses: Sequence[BudgetStatus]) -> None:
    from slo_toolkit.status.model import Verdict
    from slo_toolkit.status.sharing import told_once

    unknown = [status for status in statuses if status.verdict is Verdict.NO_DATA]
    for line in told_once((one.name, f"not measurable: {'; '.join(one.reasons)}") for one in unknown):
        note(line)
