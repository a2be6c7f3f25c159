"""The arguments of every verb that asks how SLOs are doing, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import click

from slo_toolkit.cli.console import note
from slo_toolkit.cli.options import Label, scrape_interval_option, unique_labels
from slo_toolkit.cli.ranges import Zone
from slo_toolkit.duration import Duration

if TYPE_CHECKING:
    from slo_toolkit.slo import Labels, Slo
    from slo_toolkit.status.model import BudgetStatus

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def slo_input(command: Decorated) -> Decorated:
    """Add SLO..., --spec, --scrape-interval, --extra-label and --timezone."""
    for decorate in (
        click.option(
            "--timezone",
            "zone",
            type=Zone(),
            default="UTC",
            show_default=True,
            help="Time zone in which months and quarters begin.",
        ),
        scrape_interval_option,
        click.option(
            "--spec",
            "spec_paths",
            multiple=True,
            type=click.Path(),
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
    paths: Sequence[str], scrape_interval: Duration | None, extra_labels: Labels
) -> tuple[Slo, ...] | None:
    """The SLOs of the specs; None where none are given."""
    if not paths:
        if scrape_interval is not None:
            raise click.UsageError(
                "--scrape-interval needs --spec PATH: recorded series tell their own windows."
            )
        return None
    from slo_toolkit.cli.loading import read_valid_specs
    from slo_toolkit.cli.progress import Progress
    from slo_toolkit.recipe import Recipe

    with Progress() as progress:
        return tuple(read_valid_specs(paths, None, None, extra_labels, progress, scrape_interval, Recipe()))


def told_exit_code(statuses: Sequence[BudgetStatus], fail_under: Decimal | None = None) -> int:
    """The exit code; what could not be measured is told for each SLO, whatever else is wrong."""
    from slo_toolkit.status.model import Verdict
    from slo_toolkit.status.verdict import exit_code

    for status in statuses:
        if status.verdict is Verdict.NO_DATA:
            note(f"{status.name}: not measurable: {'; '.join(status.reasons)}")
    return exit_code(statuses, fail_under)
