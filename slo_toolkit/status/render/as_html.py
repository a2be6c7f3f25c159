"""One self-contained page: no script, no request to anywhere; light, dark, narrow and printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files

from slo_toolkit.foreign_text import on_one_line
from slo_toolkit.status.episodes import Episode
from slo_toolkit.status.model import Answer, BudgetStatus, Key, Verdict
from slo_toolkit.status.moments import rfc3339
from slo_toolkit.status.render import words
from slo_toolkit.status.render.facts import facts
from slo_toolkit.status.render.plots import burn_down, burn_rate
from slo_toolkit.status.stories import Story

_FIGURES = frozenset(
    (
        *("Objective", "SLI", "Left", "Burn 1h", "Lasts", "Measured", "Before", "Change"),
        *("Lasted", "Budget spent", "Peak burn rate", "Threshold", "Long", "Short"),
    )
)
"""Titles of the columns that are set flush right."""


def as_html(answer: Answer, stories: Mapping[Key, Story]) -> str:
    return page(f"Error budgets at {rfc3339(answer.at)}", _body(answer, stories))


def escaped_html(text: str) -> str:
    """The text as it is, on one line: nothing in it is a tag, ends an attribute or turns the direction of reading."""
    return escape(on_one_line(text))


def page(title: str, body: Iterable[str]) -> str:
    style = files("slo_toolkit.status.render").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">\n"
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{escaped_html(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<h1>{_unbroken(title)}</h1>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _unbroken(title: str) -> str:
    """A title whose lines break between words, and not within a date."""
    return " ".join(f"<span>{escaped_html(word)}</span>" for word in title.split())


def _body(answer: Answer, stories: Mapping[Key, Story]) -> Iterator[str]:
    for warning in answer.warnings:
        yield f'<p class="warning">{escaped_html(warning)}</p>'
    yield _overview(answer.statuses)
    for number, status in enumerate(answer.statuses):
        yield "\n".join(section(number, status, stories.get(status.key)))


def _overview(statuses: Sequence[BudgetStatus]) -> str:
    titles = ("Verdict", "SLO", "Objective", "SLI", "Left", "Burn 1h", "Lasts", "Measured")
    rows = (
        (
            badge(status.verdict),
            f'<a href="#slo-{number}">{escaped_html(status.name)}</a>',
            *map(
                escaped_html,
                (
                    words.or_unknown(status.objective, words.objective),
                    words.sli(status),
                    words.or_unknown(status.budget_remaining, words.share),
                    words.recent_burn_rate(status),
                    words.exhaustion(status),
                    words.coverage(status),
                ),
            ),
        )
        for number, status in enumerate(statuses)
    )
    return table(titles, rows)


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that scrolls on its own where the page is narrow; the cells are HTML already."""
    styles = [' class="figure"' if title in _FIGURES else "" for title in titles]
    head = "".join(
        f"<th{style}>{escaped_html(title)}</th>" for title, style in zip(titles, styles, strict=True)
    )
    body = "\n".join(
        "<tr>" + "".join(f"<td{style}>{cell}</td>" for cell, style in zip(row, styles, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def badge(verdict: Verdict) -> str:
    return f'<span class="badge {verdict}">{words.VERDICT[verdict]}</span>'


def section(number: int, status: BudgetStatus, story: Story | None) -> Iterator[str]:
    yield f'<section id="slo-{number}">'
    yield f"<h2>{badge(status.verdict)} {escaped_html(status.name)}</h2>"
    if status.reasons:
        yield f"<p>{escaped_html('; '.join(status.reasons))}</p>"
    terms = "".join(
        f"<div><dt>{escaped_html(name)}</dt><dd>{escaped_html(text)}</dd></div>"
        for name, text in facts(status)
    )
    yield f"<dl>{terms}</dl>"
    if story is not None and story.history.steps:
        yield '<div class="plots">'
        yield _figure(
            burn_down(status, story.history, story.episodes).svg(), "Budget left (dashed: spent evenly)"
        )
        yield _figure(
            burn_rate(status, story.history, story.episodes).svg(), "Burn rate, with alert thresholds"
        )
        yield "</div>"
    if story is not None and story.episodes:
        yield "<h3>What spent it</h3>"
        yield episode_table(story.episodes)
    if status.alert_windows and not status.span.is_closed:
        yield "<h3>Alert windows</h3>"
        yield _alert_windows(status)
    yield "</section>"


def _figure(svg: str, caption: str) -> str:
    return f"<figure><figcaption>{escaped_html(caption)}</figcaption>{svg}</figure>"


def episode_table(episodes: Sequence[Episode]) -> str:
    titles = words.episode_titles(episodes)
    rows = (
        tuple(map(escaped_html, words.episode(number, episode)[: len(titles)]))
        for number, episode in enumerate(episodes, start=1)
    )
    return table(titles, rows)


def _alert_windows(status: BudgetStatus) -> str:
    titles = ("Severity", "Windows", "Threshold", "Long", "Short", "Exceeded")
    rows = (
        tuple(
            map(
                escaped_html,
                (
                    str(window.severity),
                    f"{window.long_window} and {window.short_window}",
                    words.burn_rate(window.burn_rate_threshold),
                    words.or_unknown(window.long_burn_rate, words.burn_rate),
                    words.or_unknown(window.short_burn_rate, words.burn_rate),
                    words.or_unknown(window.exceeded, lambda exceeded: "yes" if exceeded else "no"),
                ),
            )
        )
        for window in status.alert_windows
    )
    note = "<p>Assumed: the SRE Workbook's, since no spec was given.</p>" if status.tiers_are_assumed else ""
    return table(titles, rows) + note
