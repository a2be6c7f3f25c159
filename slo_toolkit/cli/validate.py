"""`slo validate`: every problem of every spec, for people or for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from slo_toolkit.cli.options import Words, spec_input
from slo_toolkit.cli.progress import Progress
from slo_toolkit.duration import Duration
from slo_toolkit.errors import InputError, InvalidSpec, Position, Problem
from slo_toolkit.recipe import Compat, Recipe, RuleFormat

if TYPE_CHECKING:
    from slo_toolkit.spec.options import Loaded

OUTPUTS = ("text", "json", "github", "sarif")


class _ReportingCommand(click.Command):
    """Reports a wrong call as a problem, too, where the call still says for which program."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        output = _named_output(args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if output:
                problem = Problem(Position("<command line>"), error.format_message(), rule="call")
                _print_report(_with((problem,)), output)
            raise


def _named_output(args: Sequence[str]) -> str:
    """The machine's form that a call asks for, whatever else is wrong with it; empty where it asks for none."""
    words = [word for arg in args for word in arg.split("=", 1)]
    after = [word for option, word in pairwise(words) if option == "--output"]
    return after[-1] if after and after[-1] in OUTPUTS[1:] else ""


def _with(problems: tuple[Problem, ...]) -> Loaded:
    from slo_toolkit.spec.options import Loaded

    return Loaded(problems=problems)


def _print_report(loaded: Loaded, output: str) -> None:
    report = import_module(f"slo_toolkit.cli.diagnostics.as_{output}").report
    click.echo(report(loaded), nl=False)


@click.command("validate", cls=_ReportingCommand, short_help="Tell every problem of every spec at once.")
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
    replica_labels: Sequence[str],
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
    from slo_toolkit.cli.loading import has_errors, no_spec, read_specs

    known = rule_format is not None or compat is not None
    recipe = Recipe(rule_format or RuleFormat.PROMETHEUS, compat) if known else None
    with Progress() as progress:
        loaded = read_specs(
            paths, period, windows, extra_labels, progress, scrape_interval, recipe, replica_labels
        )
    if loaded.slos or loaded.windows.by_period or loaded.problems:
        _print_report(loaded, output)
        context.exit(InvalidSpec.exit_code if has_errors(loaded) else 0)
    if output != "text":
        problems = tuple(Problem(Position(path), "no SLO spec is here", rule="foreign") for path in paths)
        _print_report(_with(problems), output)
    raise InputError(no_spec(paths))
