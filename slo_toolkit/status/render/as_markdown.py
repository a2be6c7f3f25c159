"""Markdown to paste into an incident: an overview, and details of whatever is not met."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from slo_toolkit.foreign_text import on_one_line
from slo_toolkit.status.model import Answer, BudgetStatus, Verdict
from slo_toolkit.status.moments import rfc3339
from slo_toolkit.status.render import words
from slo_toolkit.status.render.facts import facts

_MARKUP = re.compile(r"[\\`*_~\[\]<>#|@&$]")
# A backslash does not do for these: it takes no mention back, and a table may count it with what stands before it.
_ENTITIES = {"@": "&#64;", "|": "&#124;"}

_SIGN = {Verdict.EXHAUSTED: "🔴", Verdict.NO_DATA: "⚪", Verdict.AT_RISK: "🟠", Verdict.MET: "🟢"}


def as_markdown(answer: Answer) -> str:
    return "\n".join(_lines(answer)) + "\n"


def _lines(answer: Answer) -> Iterator[str]:
    yield f"**Error budgets at {rfc3339(answer.at)}**"
    for warning in answer.warnings:
        yield f"\n> ⚠ {escaped(warning)}"
    yield ""
    yield from table(
        ("Verdict", "SLO", "Objective", "SLI", "Left", "Burn 1h", "Lasts", "Measured"),
        (_row(status) for status in answer.statuses),
    )
    for status in answer.statuses:
        if status.verdict is not Verdict.MET:
            yield from _details(status)


def _row(status: BudgetStatus) -> Sequence[str]:
    return (
        f"{_SIGN[status.verdict]} {words.VERDICT[status.verdict]}",
        code(status.name),
        words.or_unknown(status.objective, words.objective),
        words.sli(status),
        words.or_unknown(status.budget_remaining, words.share),
        words.recent_burn_rate(status),
        words.exhaustion(status),
        words.coverage(status),
    )


def _details(status: BudgetStatus) -> Iterator[str]:
    yield ""
    yield f"**{code(status.name)}: {words.VERDICT[status.verdict]}** — {escaped('; '.join(status.reasons))}"
    yield ""
    for name, figure in facts(status):
        yield f"- {name}: {escaped(figure)}"


def table(titles: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """The lines of a table; the cells are Markdown already, without a bare `|`."""
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def code(text: str) -> str:
    """The text as code, between more backticks than stand in it anywhere in a row.

    A `|` would end the cell of a table even there, so with one the text is not code.
    """
    if "|" in text:
        return escaped(text)
    shown = on_one_line(text)
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    space = " " if len(fence) > 1 else ""
    return f"{fence}{space}{shown}{space}{fence}"


def escaped(text: str) -> str:
    """The text as it is: nothing in it is markup, a mention or a tag."""
    return _MARKUP.sub(lambda sign: _ENTITIES.get(sign[0], f"\\{sign[0]}"), on_one_line(text))
