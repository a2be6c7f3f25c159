"""`slo compile`: specs become files, or one text on standard output."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slo_toolkit.cli.console import note, plural
from slo_toolkit.cli.object_options import Namespace, ObjectLabel
from slo_toolkit.cli.options import Words, spec_input, unique_labels
from slo_toolkit.cli.progress import Progress
from slo_toolkit.cli.ranges import NamedPath
from slo_toolkit.duration import Duration
from slo_toolkit.recipe import Compat, Part, Recipe, RuleFormat, Tree

if TYPE_CHECKING:
    from slo_toolkit.emit.output import Artefact, Change
    from slo_toolkit.plan.model import Plan

_NAMED = 3
"""So many SLOs are named where something is told of many."""

_FOLDER = NamedPath(file_okay=False, path_type=Path)


@click.command("compile", short_help="Turn specs into rules, alerts, tests, runbooks and dashboards.")
@spec_input
@click.option("--out", type=_FOLDER, default="generated", show_default=True, help="Folder to write into.")
@click.option(
    "--dashboards", type=_FOLDER, default="dashboards", show_default=True, help="The same for dashboards."
)
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the rules, and write nothing.")
@click.option("--check", is_flag=True, help="Write nothing; show what would change, and exit with 1 then.")
@click.option("--disable", "disabled", type=Words(Part), multiple=True, help="Leave this out; repeatable.")
@click.option(
    "--format",
    "rule_format",
    type=Words(RuleFormat),
    default=RuleFormat.PROMETHEUS.value,
    show_default=True,
    help="Rule files for Prometheus, or PrometheusRule objects for its operator.",
)
@click.option(
    "--object-label",
    "object_labels",
    type=ObjectLabel(),
    multiple=True,
    callback=unique_labels,
    help="Add this label to every PrometheusRule object; repeatable. It wins over the labels of a resource.",
)
@click.option("--namespace", type=Namespace(), help="Namespace of the objects whose spec names none.")
@click.option("--compat", type=Words(Compat), help="Make the rules that this generator would make.")
@click.pass_context
def command(
    context: click.Context,
    paths: Sequence[str],
    period: Duration | None,
    scrape_interval: Duration | None,
    replica_labels: Sequence[str],
    windows: str | None,
    extra_labels: Mapping[str, str],
    out: Path,
    dashboards: Path,
    to_stdout: bool,
    check: bool,
    disabled: Sequence[Part],
    rule_format: RuleFormat,
    object_labels: Mapping[str, str],
    namespace: str | None,
    compat: Compat | None,
) -> None:
    """Turn the specs at each PATH into rules, alerts, promtool tests, runbooks and dashboards.

    PATH is a file, a folder with everything below it, or - for standard input; without one it is `slos`.
    Nothing is written when a spec has an error. When a folder is compiled, generated files that no SLO asks
    for any more are removed.
    """
    if to_stdout and check:
        raise click.UsageError("--stdout prints the rules and --check compares them: give one of the two.")
    if (object_labels or namespace) and rule_format is not RuleFormat.OPERATOR:
        raise click.UsageError("--object-label and --namespace are for the objects of --format operator.")
    from slo_toolkit.cli.loading import read_valid_specs
    from slo_toolkit.compiler import artefacts, owned_folders, plans_of, rules_text
    from slo_toolkit.emit.output import apply, changes

    recipe = Recipe(rule_format, compat, frozenset(disabled), object_labels, namespace or "")
    with Progress() as progress:
        slos = read_valid_specs(
            paths, period, windows, extra_labels, progress, scrape_interval, recipe, replica_labels
        )
        plans = plans_of(progress.watch(slos, "planned {} SLOs"), recipe)
        if to_stdout:
            click.echo(rules_text(plans, recipe).encode(), nl=False)  # UTF-8, whatever the terminal speaks
            return
        folders = {Tree.GENERATED: out, Tree.DASHBOARDS: dashboards}
        files = artefacts(progress.watch(plans, "compiled {} SLOs"), recipe, folders)
        whole = any(os.path.isdir(path) for path in paths)
        different = changes(files, leftovers_in=owned_folders(folders) if whole else ())
    if recipe.untestable and Part.TESTS not in recipe.disabled:
        note(f"no promtool tests: {recipe.untestable}")
    elif Part.TESTS not in recipe.disabled:
        _tell_gaps(plans)
    if check:
        _show(different)
        context.exit(1 if different else 0)
    apply(different)
    note(_summary(plans, files, different))


def _tell_gaps(plans: Sequence[Plan]) -> None:
    """What the tests could not be made to test: nobody should take their success for more than it is."""
    from slo_toolkit.emit.gaps import gaps

    of_all = plural(len(plans), "SLO")
    for gap, slos in gaps(plan.slo for plan in plans).items():
        names = ", ".join(slo.id for slo in slos[:_NAMED])
        more = f" and {len(slos) - _NAMED} more" if len(slos) > _NAMED else ""
        note(f"{len(slos)} of {of_all} tested without {gap.what}: {names}{more} ({gap.reason})")


def _show(different: Sequence[Change]) -> None:
    from slo_toolkit.cli.diff import unified

    for line in unified(different):
        click.echo(line, nl=False)
    if different:
        note(f"{plural(len(different), 'file')} would change; run `slo compile` without --check")


def _summary(plans: Sequence[Plan], files: Sequence[Artefact], different: Sequence[Change]) -> str:
    removed = sum(change.new is None for change in different)
    written = len(different) - removed
    services = len({plan.slo.service for plan in plans})
    return (
        f"{plural(len(plans), 'SLO')} of {plural(services, 'service')}: {plural(written, 'file')} written, "
        f"{removed} removed, {len(files) - written} unchanged"
    )
