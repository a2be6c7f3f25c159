"""`slo report`: past weeks, months and quarters, beside the period before."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import tzinfo
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, assert_never

import click

from slo_toolkit.cli.asking import nothing_then_told, read_slos, slo_input, tell_warnings, told_exit_code
from slo_toolkit.cli.connecting import connect, connection_options
from slo_toolkit.cli.console import is_colourful
from slo_toolkit.cli.ranges import Edition

if TYPE_CHECKING:
    from slo_toolkit.duration import Duration
    from slo_toolkit.slo import Labels
    from slo_toolkit.status.report import Report


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    CSV = "csv"


@click.command(
    "report", short_help="Tell how a past week, month or quarter went, and what spent its budgets."
)
@slo_input
@connection_options
@click.option(
    "--month",
    type=Edition("month"),
    metavar="YYYY-MM",
    help="The month, such as 2026-10.  [default: the last whole one]",
)
@click.option(
    "--quarter", type=Edition("quarter"), metavar="YYYY-QN", help="A quarter in its place, such as 2026-Q3."
)
@click.option(
    "--week",
    type=Edition("week"),
    metavar="YYYY-WNN",
    help="A week in its place, from Monday, such as 2026-W40.",
)
@click.option("--output", type=click.Choice([o.value for o in Output]), default="table", show_default=True)
@click.pass_context
def command(
    click_context: click.Context,
    /,
    names: Sequence[str],
    spec_paths: Sequence[str],
    scrape_interval: Duration | None,
    replica_labels: Sequence[str],
    extra_labels: Labels,
    zone: tzinfo,
    month: str | None,
    quarter: str | None,
    week: str | None,
    output: str,
    **connection: Any,
) -> None:
    """Tell how each SLO did in a week, month or quarter, beside the one before, and which episodes spent its budget.

    SLO is as for `slo budget`. With --spec the episodes name the labels that most of their errors had.

    \b
    Exit codes: 0 every objective was met, 1 one was not, 2 the call or a spec is wrong,
    3 one could not be measured (and every other was met).
    """
    asked = [text for text in (month, quarter, week) if text]
    if len(asked) > 1:
        raise click.UsageError("give one of --month, --quarter and --week.")
    from slo_toolkit.status.names import Selection
    from slo_toolkit.status.reach import short_reach
    from slo_toolkit.status.report import edition, report
    from slo_toolkit.status.survey import Wanted

    about = edition(asked[0] if asked else None, zone, time.time())
    wanted = Wanted(
        at=about.span.at,
        selection=Selection.of(names),
        specs=read_slos(spec_paths, scrape_interval, extra_labels, replica_labels),
        extra_labels=extra_labels,
    )
    with connect(connection) as prometheus, prometheus.one_answer():
        with nothing_then_told(prometheus, about.span.at):
            found = report(prometheus, wanted, about)
        reach = short_reach(prometheus, [entry.status for entry in found.entries], time.time())
    below = tell_warnings(found.warnings, reach, in_table=output == Output.TABLE)
    told = replace(found, warnings=(*found.warnings, *reach))
    click.echo(_rendering(Output(output))(told) + below, nl=False)
    click_context.exit(told_exit_code([entry.status for entry in told.entries]))


def _rendering(output: Output) -> Callable[[Report], str]:
    from slo_toolkit.status.render import report_text

    match output:
        case Output.TABLE:
            return partial(report_text.as_table, colour=is_colourful())
        case Output.JSON:
            return report_text.as_json
        case Output.MARKDOWN:
            return report_text.as_markdown
        case Output.HTML:
            return report_text.as_html
        case Output.CSV:
            return report_text.as_csv
        case _ as unreachable:
            assert_never(unreachable)
