"""`slo push grafana`: dashboards from files into a Grafana, the difference first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slo_toolkit.cli.connecting import connect_grafana, grafana_options
from slo_toolkit.cli.console import note, plural
from slo_toolkit.foreign_text import on_one_line

if TYPE_CHECKING:
    from slo_toolkit.grafana.push import Plan


@click.group("push", short_help="Bring what was compiled to a server.")
def command() -> None:
    """Bring what was compiled to a server."""


@command.command("grafana", short_help="Write dashboards over Grafana's HTTP API.")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@grafana_options
@click.option(
    "--folder", default="", metavar="TITLE", help="One folder for all.  [default: one for each team]"
)
@click.option("--message", default="slo push grafana", show_default=True, help="For the dashboard's history.")
@click.option("--apply/--dry-run", "is_to_apply", default=False, help="Write; without it, only show.")
@click.pass_context
def grafana(
    context: click.Context,
    /,
    paths: Sequence[Path],
    folder: str,
    message: str,
    is_to_apply: bool,
    **connection: Any,
) -> None:
    """Write the dashboards at each PATH over the HTTP API of a Grafana, the difference first.

    PATH is a file, or a folder with every .json file below it; without one it is `dashboards`. Nothing is
    written without --apply. A dashboard that is in Grafana as it is in its file stays as it is. Where somebody
    writes a dashboard between the comparison and --apply, Grafana keeps theirs.

    \b
    Exit codes: 0 all is as in the files, or was written; 1 without --apply: something would change;
    2 the call or a file is wrong; 3 Grafana could not be reached or refused.
    """
    from slo_toolkit.grafana.files import read_dashboards
    from slo_toolkit.grafana.push import apply, plan

    dashboards = read_dashboards(paths or [Path("dashboards")])
    with connect_grafana(connection) as server:
        planned = plan(server, dashboards, folder)
        if not is_to_apply:
            _show(planned)
            context.exit(1 if planned.changes else 0)
        for step in apply(server, planned, message):
            note(step)
        note(f"{plural(len(planned.changes), 'dashboard')} written, {planned.unchanged} unchanged")


def _show(planned: Plan) -> None:
    from slo_toolkit.cli.diff import unified
    from slo_toolkit.emit.output import Change

    for folder in planned.new_folders:
        note(f"would make the folder {folder.title}")
    for change in planned.changes:
        if change.stored and change.moves:
            came = change.stored.folder_title or "the folder General"
            note(f"would move {change.dashboard.title} from {came} to {change.folder.title}")
        path = Path(on_one_line(change.folder.title)) / f"{change.dashboard.uid}.json"
        old = change.old.encode() if change.stored else None
        for line in unified([Change(path, old, change.new.encode())]):
            click.echo(line, nl=False)
    changed = plural(len(planned.changes), "dashboard")
    hint = "; write with --apply" if planned.changes else ""
    note(f"{changed} would change, {planned.unchanged} unchanged{hint}")
