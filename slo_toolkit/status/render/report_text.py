"""A report as a table, Markdown, CSV, JSON or a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from slo_toolkit import foreign_text
from slo_toolkit.foreign_text import on_one_line, padded, shortened, wrapped
from slo_toolkit.status.episodes import Episode
from slo_toolkit.status.model import BudgetStatus
from slo_toolkit.status.moments import local, rfc3339
from slo_toolkit.status.render import words
from slo_toolkit.status.render.as_csv import COLUMNS, row
from slo_toolkit.status.render.as_html import badge, escaped_html, page, section, table
from slo_toolkit.status.render.as_json import number, status_document
from slo_toolkit.status.render.as_markdown import code, escaped
from slo_toolkit.status.render.as_markdown import table as markdown_table
from slo_toolkit.status.render.as_table import coloured, notes_below, told_below, verdict_counts
from slo_toolkit.status.report import Entry, Report

_TITLES = ("Verdict", "SLO", "Objective", "SLI", "Left", "Before", "Change", "Measured")
_WIDTH = 80
_INDENT = " " * 11
_PARTIAL = "*"
_PARTIAL_NOTE = "one of the two periods was not measured whole"


def as_json(report: Report) -> str:
    document = {
        "period": report.span.name,
        "start": rfc3339(report.span.start),
        "end": rfc3339(report.span.end),
        "at": rfc3339(report.span.at),
        "slos": [_entry_document(entry) for entry in report.entries],
        "warnings": list(report.warnings),
    }
    return foreign_text.as_json(document)


def _entry_document(entry: Entry) -> dict[str, Any]:
    return {
        **status_document(entry.status),
        "before": status_document(entry.before) if entry.before else None,
        "change": number(entry.change),
        "change_is_partial": entry.change_is_partial,
        "episodes": [_episode_document(episode) for episode in entry.episodes],
    }


def _episode_document(episode: Episode) -> dict[str, Any]:
    return {
        "start": rfc3339(episode.start),
        "end": rfc3339(episode.end),
        "peak_burn_rate": number(Decimal(episode.peak_burn_rate)),
        "error_events": number(Decimal(episode.errors)),
        "budget_share": number(Decimal(episode.budget_share)),
        "labels": [
            {"label": part.label, "value": part.value, "share": number(Decimal(part.share))}
            for part in episode.contributions
        ],
    }


def as_csv(report: Report) -> str:
    text = io.StringIO()
    added = ("budget_remaining_before", "coverage_before", "change")
    writer = csv.DictWriter(text, (*COLUMNS, *added), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for entry in report.entries:
        before = {
            "budget_remaining_before": number(entry.before.budget_remaining) if entry.before else None,
            "coverage_before": number(entry.before.coverage) if entry.before else None,
        }
        writer.writerow({**row(entry.status), **before, "change": number(entry.change)})
    return text.getvalue()


def as_table(report: Report, colour: bool = False) -> str:
    """Text of 80 columns; a line for each SLO and one for each of its episodes."""
    lines = [f"{'VERDICT':9}  {'SLO':32}{'SLI':>10}{'LEFT':>10}{'CHANGE':>11}"]
    shared = told_below([entry.status for entry in report.entries])
    for entry in report.entries:
        verdict, _, _, sli, left, _, change, _ = _cells(entry)
        change = change.removesuffix(_PARTIAL).rjust(11) + (_PARTIAL if entry.change_is_partial else "")
        verdict = coloured(f"{verdict:9}", entry.status.verdict, colour)
        name = padded(shortened(on_one_line(entry.status.name), 31), 32)
        lines.append(f"{verdict}  {name}{sli:>10}{left:>10}{change}")
        for remark in _remarks(entry, shared, report.zone):
            first, *more = wrapped(on_one_line(remark), _WIDTH - len(_INDENT) - 2)
            lines += [f"{_INDENT}{first}", *(f"{_INDENT}  {line}" for line in more)]
    counts = verdict_counts(entry.status for entry in report.entries)
    last = f"{counts} in {_when(report)}; change against the period before"
    below = [*notes_below(shared, _WIDTH)]
    if any(entry.change_is_partial for entry in report.entries):
        below.append(f"{_PARTIAL} {_PARTIAL_NOTE}")
    if any(entry.episodes for entry in report.entries):
        below.append(f"times in {report.zone}, to five minutes")
    return "\n".join([*lines, "", *below, last]) + "\n"


def _remarks(entry: Entry, shared: Mapping[str, int], zone: tzinfo) -> Iterator[str]:
    if entry.status.reasons:
        yield "; ".join(f"[{shared[why]}]" if why in shared else why for why in entry.status.reasons)
    if worst := words.at_worst(entry.status):
        yield f"left {worst}"
    if entry.status.is_partly_measured:
        yield f"measured {words.coverage(entry.status)}"
    if entry.before is not None and entry.before.is_partly_measured:
        yield f"the period before was measured {words.coverage(entry.before)}"
    for told in entry.episodes:
        _, start, lasted, spent, peak, mostly = words.episode(0, told, zone)
        yield f"{start} for {lasted}: {spent} of the budget, up to {peak}" + (
            f", {mostly}" if mostly != words.UNKNOWN else ""
        )


def _cells(entry: Entry) -> tuple[str, ...]:
    status, before = entry.status, entry.before
    return (
        words.VERDICT[status.verdict],
        status.name,
        words.or_unknown(status.objective, words.objective),
        words.sli(status),
        words.or_unknown(status.budget_remaining, words.share),
        _before(before),
        words.or_unknown(entry.change, words.points) + (_PARTIAL if entry.change_is_partial else ""),
        words.coverage(status),
    )


def _before(before: BudgetStatus | None) -> str:
    if before is None or before.budget_remaining is None:
        return words.UNKNOWN
    measured = f" (measured {words.coverage(before)})" if before.is_partly_measured else ""
    return words.share(before.budget_remaining) + measured


def _when(report: Report) -> str:
    until = (
        ""
        if report.span.is_closed
        else f", so far (until {local(report.span.at, report.zone)} {report.zone})"
    )
    return f"{report.span.name}{until}"


def as_markdown(report: Report) -> str:
    return "\n".join(_markdown(report)) + "\n"


def _markdown(report: Report) -> Iterator[str]:
    yield f"## Error budgets in {_when(report)}"
    for warning in report.warnings:
        yield f"\n> ⚠ {escaped(warning)}"
    yield ""
    rows = [_cells(entry) for entry in report.entries]
    yield from markdown_table(
        _TITLES, ((cells[0], code(cells[1]), *map(escaped, cells[2:])) for cells in rows)
    )
    if any(entry.change_is_partial for entry in report.entries):
        yield f"\n{escaped(_PARTIAL)} {_PARTIAL_NOTE}"
    for entry in report.entries:
        if entry.episodes:
            yield f"\n### What spent the budget of {code(entry.status.name)}\n"
            yield from markdown_table(
                titles := words.episode_titles(entry.episodes, report.zone),
                (
                    tuple(map(escaped, words.episode(number, told, report.zone)[: len(titles)]))
                    for number, told in enumerate(entry.episodes, start=1)
                ),
            )


def as_html(report: Report) -> str:
    return page(f"Error budgets in {_when(report)}", _html(report))


def _html(report: Report) -> Iterator[str]:
    for warning in report.warnings:
        yield f'<p class="warning">{escaped_html(warning)}</p>'
    yield table(
        _TITLES,
        (
            (
                badge(entry.status.verdict),
                f'<a href="#slo-{number}">{escaped_html(entry.status.name)}</a>',
                *map(escaped_html, _cells(entry)[2:]),
            )
            for number, entry in enumerate(report.entries)
        ),
    )
    if any(entry.change_is_partial for entry in report.entries):
        yield f"<p>{_PARTIAL} {_PARTIAL_NOTE}</p>"
    for index, entry in enumerate(report.entries):
        yield "\n".join(section(index, entry.status, entry.story, report.zone))
