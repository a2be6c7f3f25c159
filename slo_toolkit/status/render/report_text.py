"""A report as a table, Markdown, CSV, JSON or a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from slo_toolkit import foreign_text
from slo_toolkit.foreign_text import on_one_line, padded, shortened, wrapped
from slo_toolkit.status.episodes import Episode
from slo_toolkit.status.moments import rfc3339
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
    added = ("budget_remaining_before", "change")
    writer = csv.DictWriter(text, (*COLUMNS, *added), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for entry in report.entries:
        before = number(entry.before.budget_remaining) if entry.before else None
        writer.writerow(
            {**row(entry.status), "budget_remaining_before": before, "change": number(entry.change)}
        )
    return text.getvalue()


def as_table(report: Report, colour: bool = False) -> str:
    """Text of 80 columns; a line for each SLO and one for each of its episodes."""
    lines = [f"{'VERDICT':9}  {'SLO':32}{'SLI':>10}{'LEFT':>10}{'CHANGE':>11}"]
    shared = told_below([entry.status for entry in report.entries])
    for entry in report.entries:
        verdict, _, _, sli, left, _, change, _ = _cells(entry)
        verdict = coloured(f"{verdict:9}", entry.status.verdict, colour)
        name = padded(shortened(on_one_line(entry.status.name), 31), 32)
        lines.append(f"{verdict}  {name}{sli:>10}{left:>10}{change:>11}")
        for remark in _remarks(entry, shared):
            first, *more = wrapped(on_one_line(remark), _WIDTH - len(_INDENT) - 2)
            lines += [f"{_INDENT}{first}", *(f"{_INDENT}  {line}" for line in more)]
    counts = verdict_counts(entry.status for entry in report.entries)
    last = f"{counts} in {_when(report)}; change against the period before"
    return "\n".join([*lines, "", *notes_below(shared, _WIDTH), last]) + "\n"


def _remarks(entry: Entry, shared: Mapping[str, int]) -> Iterator[str]:
    if entry.status.reasons:
        yield "; ".join(f"[{shared[why]}]" if why in shared else why for why in entry.status.reasons)
    if entry.status.coverage is not None and entry.status.coverage < Decimal("0.995"):
        yield f"measured {words.coverage(entry.status)}"
    for told in entry.episodes:
        _, start, lasted, spent, peak, mostly = words.episode(0, told)
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
        words.or_unknown(before.budget_remaining if before else None, words.share),
        words.or_unknown(entry.change, words.points),
        words.coverage(status),
    )


def _when(report: Report) -> str:
    until = "" if report.span.is_closed else f", so far (until {rfc3339(report.span.at)})"
    return f"{report.span.name}{until}"


def as_markdown(report: Report) -> str:
    return "\n".join(_markdown(report)) + "\n"


def _markdown(report: Report) -> Iterator[str]:
    yield f"## Error budgets in {_when(report)}"
    for warning in report.warnings:
        yield f"\n> ⚠ {escaped(warning)}"
    yield ""
    rows = [_cells(entry) for entry in report.entries]
    yield from markdown_table(_TITLES, ((cells[0], code(cells[1]), *cells[2:]) for cells in rows))
    for entry in report.entries:
        if entry.episodes:
            yield f"\n### What spent the budget of {code(entry.status.name)}\n"
            yield from markdown_table(
                titles := words.episode_titles(entry.episodes),
                (
                    tuple(map(escaped, words.episode(number, told)[: len(titles)]))
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
    for index, entry in enumerate(report.entries):
        yield "\n".join(section(index, entry.status, entry.story))
