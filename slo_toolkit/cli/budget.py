"""`slo budget`: what is left of the error budgets, from a live Prometheus."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, assert_never

import click

from slo_toolkit.cli.asking import (
    gate_exit_code,
    nothing_then_told,
    read_slos,
    slo_input,
    tell_warnings,
    warning_lines,
)
from slo_toolkit.cli.connecting import connect, connection_options
from slo_toolkit.cli.console import is_colourful
from slo_toolkit.cli.ranges import AskedPeriod, Moment, Number, Percent

if TYPE_CHECKING:
    from slo_toolkit.duration import Duration
    from slo_toolkit.query import Prometheus
    from slo_toolkit.slo import Labels, Slo
    from slo_toolkit.status.model import Answer, Key
    from slo_toolkit.status.stories import Story
    from slo_toolkit.status.survey import Wanted


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    CSV = "csv"
    PROMETHEUS = "prometheus"


@click.command("budget", short_help="Tell what is left of the error budgets, from a live Prometheus.")
@slo_input
@connection_options
@click.option(
    "--at", "moment", type=Moment(), metavar="TIME", help="RFC 3339, Unix seconds, or -2h.  [default: now]"
)
@click.option(
    "--period",
    "period_text",
    type=AskedPeriod(),
    metavar="PERIOD",
    help="30d, 7d, calendar:week, calendar:month or calendar:quarter.  [default: each SLO's own]",
)
@click.option("--raw", is_flag=True, help="Measure with raw queries even where rules record; needs --spec.")
@click.option("--output", type=click.Choice([o.value for o in Output]), default="table", show_default=True)
@click.option("--fail-under", type=Percent(), help="Exit with 1 where less of the budget is left than this.")
@click.option(
    "--min-coverage",
    type=Percent("25"),
    help="Exit with 3 where less of the period was measured than this.  [default: 25 with --fail-under]",
)
@click.option("--watch", is_flag=True, help="Ask again and again, until Ctrl-C.")
@click.option(
    "--interval",
    type=Number(1, 86_400, "30", "number of seconds"),
    default="30",
    show_default=True,
    metavar="SECONDS",
    help="How often --watch asks.",
)
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
    moment: str | None,
    period_text: str | None,
    raw: bool,
    output: str,
    fail_under: Decimal | None,
    min_coverage: Decimal | None,
    watch: bool,
    interval: Decimal,
    **connection: Any,
) -> None:
    """Tell what is left of the error budget of each SLO, the worst first.

    SLO is `service/slo`, an SLO's name or its id, and may be a glob such as `checkout/*`; without one it is every
    SLO that rules record, or every SLO of the specs.

    \b
    Exit codes: 0 every budget is met or at risk, 1 one is exhausted or below --fail-under,
    2 the call or a spec is wrong, 3 one could not be measured, or less of it than --min-coverage (and none is
    exhausted).
    """
    if watch and output != Output.TABLE:
        raise click.UsageError("--watch shows a table: leave --output out.")
    if watch and (fail_under is not None or min_coverage is not None):
        raise click.UsageError("--watch ends with Ctrl-C alone: leave --fail-under and --min-coverage out.")
    if raw and not spec_paths:
        raise click.UsageError("--raw needs --spec PATH: raw queries come from a spec.")
    from slo_toolkit.status.gate import Gate

    slos = read_slos(spec_paths, scrape_interval, extra_labels, replica_labels)
    wanted = _wanted(names, slos, extra_labels, raw, zone, moment, period_text)
    with connect(connection) as prometheus:
        if watch:
            from slo_toolkit.cli.watching import watch as keep_watching

            keep_watching(lambda: _screen(prometheus, wanted()), float(interval))
        with prometheus.one_answer():
            asked = wanted()
            answer, reach = _ask(prometheus, asked)
            stories: Mapping[Key, Story] = {}
            if output == Output.HTML:
                answer, stories = _with_stories(prometheus, asked, answer)
            below = tell_warnings(answer.warnings, reach, in_table=output == Output.TABLE)
            told = replace(answer, warnings=(*answer.warnings, *reach))
            click.echo(_rendering(Output(output), stories, zone)(told) + below, nl=False)
            code = gate_exit_code(prometheus, answer.statuses, Gate.of(fail_under, min_coverage))
    click_context.exit(code)


def _wanted(
    names: Sequence[str],
    slos: tuple[Slo, ...] | None,
    extra_labels: Labels,
    raw: bool,
    zone: tzinfo,
    moment: str | None,
    period_text: str | None,
) -> Callable[[], Wanted]:
    """What is asked for, at the moment that it is asked; what is wrong with it is told at once."""
    from slo_toolkit.status.moments import parse_moment
    from slo_toolkit.status.names import Selection
    from slo_toolkit.status.periods import parse_period
    from slo_toolkit.status.survey import Wanted

    wanted = Wanted(
        at=0,
        selection=Selection.of(names),
        specs=slos,
        extra_labels=extra_labels,
        raw=raw,
        period=parse_period(period_text, zone) if period_text else None,
    )
    is_relative = moment is None or moment.lstrip().startswith("-")

    def now() -> Wanted:
        clock = time.time()
        at = clock if moment is None else parse_moment(moment, clock)
        return replace(wanted, at=at, clock=time.time if is_relative else None)

    now()
    return now


def _ask(prometheus: Prometheus, wanted: Wanted) -> tuple[Answer, tuple[str, ...]]:
    """The answer, and what there is to warn of about how far back the server's data reach."""
    from slo_toolkit.status.reach import short_reach
    from slo_toolkit.status.survey import ask

    with nothing_then_told(prometheus, wanted.at):
        answer = ask(prometheus, wanted)
    return answer, short_reach(prometheus, answer.statuses, time.time())


def _with_stories(
    prometheus: Prometheus, wanted: Wanted, answer: Answer
) -> tuple[Answer, Mapping[Key, Story]]:
    """What happened over the period, and a warning where that comes too late."""
    from slo_toolkit.status.reading import if_in_time
    from slo_toolkit.status.stories import read_stories

    stories, late = if_in_time(
        "episodes and plots", lambda: read_stories(prometheus, answer.statuses, wanted.specs or ())
    )
    return replace(answer, warnings=(*answer.warnings, *late)), stories or {}


def _rendering(output: Output, stories: Mapping[Key, Story], zone: tzinfo) -> Callable[[Answer], str]:
    match output:
        case Output.TABLE:
            return table_rendering()
        case Output.JSON:
            from slo_toolkit.status.render.as_json import as_json

            return as_json
        case Output.MARKDOWN:
            from slo_toolkit.status.render.as_markdown import as_markdown

            return as_markdown
        case Output.CSV:
            from slo_toolkit.status.render.as_csv import as_csv

            return as_csv
        case Output.PROMETHEUS:
            from slo_toolkit.status.render.as_prometheus import as_prometheus

            return as_prometheus
        case Output.HTML:
            from slo_toolkit.status.render.as_html import as_html

            return lambda answer: as_html(answer, stories, zone)
        case _ as unreachable:
            assert_never(unreachable)


def table_rendering() -> Callable[[Answer], str]:
    """A table as wide as the terminal, in colour unless NO_COLOR is set; 80 columns without a terminal."""
    import shutil

    from slo_toolkit.status.render.as_table import DEFAULT_WIDTH, as_table

    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns if is_terminal else DEFAULT_WIDTH
    return partial(as_table, width=width, colour=is_colourful())


def _screen(prometheus: Prometheus, wanted: Wanted) -> str:
    """The table with its warnings: what goes to standard error would be lost with the next screen."""
    with prometheus.one_answer():
        answer, reach = _ask(prometheus, wanted)
    return warning_lines((*answer.warnings, *reach)) + table_rendering()(answer)
