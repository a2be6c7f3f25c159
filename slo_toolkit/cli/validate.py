"""`slo validate`: every problem of every spec, for people or for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from slo_toolkit.cli.options import Words, spec_input
from slo_toolkit.cli.progress import Progress
from slo_toolkit.duration import Duration
from slo_toolkit.errors import InvalidSpec
from slo_toolkit.recipe import Compat, Recipe, RuleFormat

OUTPUTS = ("text", "json", "github", "sarif")


@click.command("validate", short_help="Tell every problem of every spec at once.")
@spec_input
@click.option(
    "--output", type=click.Choice(OUTPUTS), default="text", show_default=True, help="Form of the answer."
)
@click.option(
    "--format", "rule_format", type=Words(RuleFormat), help="Judge for this format.  [default: all]"
)
@click.option("--compat", type=Words(Compat), help="Judge for the rules of this generator.")
@click.pass_context
def command(
    context: click.Context,
    paths: Sequence[str],
    period: Duration | None,
    scrape_interval: Duration | None,
    windows: str | None,
    extra_labels: Mapping[str, str],
    output: str,
    rule_format: RuleFormat | None,
    compat: Compat | None,
) -> None:
    """Tell every problem of the specs at each PATH, with its place and what would be right.

    PATH is a file, a folder with everything below it, or - for standard input; without one it is `slos`.
    Nothing is written. Warnings alone leave the exit code at 0.
    """
    from slo_toolkit.cli.loading import has_errors, read_specs

    known = rule_format is not None or compat is not None
    recipe = Recipe(rule_format or RuleFormat.PROMETHEUS, compat) if known else None
    with Progress() as progress:
        loaded = read_specs(paths, period, windows, extra_labels, progress, scrape_interval, recipe)
    report = import_module(f"slo_toolkit.cli.diagnostics.as_{output}").report
    click.echo(report(loaded), nl=False)
    context.exit(InvalidSpec.exit_code if has_errors(loaded) else 0)
