"""A table for a terminal of any width from 80 columns; plain text where no colour is wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slo_toolkit.foreign_text import columns, on_one_line, padded, shortened, wrapped
from slo_toolkit.status.model import Answer, BudgetStatus, Origin, Verdict
from slo_toolkit.status.moments import rfc3339
from slo_toolkit.status.render import words

DEFAULT_WIDTH = 80

_GAP = "  "
_SHORTEST_NAME = 16
_SEVERAL, _LONG_REASON = 3, 40
"""From so many statuses and characters on, a reason is told below the table."""
_INDENT = " " * 11
_COLOURS = {
    Verdict.EXHAUSTED: "31;1",
    Verdict.NO_DATA: "35",
    Verdict.AT_RISK: "33",
    Verdict.MET: "32",
}


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    text: Callable[[BudgetStatus], str]
    rank: int
    """Columns of a higher rank are the first to give way where the terminal is narrow."""


_COLUMNS = (
    _Column("OBJECTIVE", lambda status: words.or_unknown(status.objective, words.objective), 3),
    _Column("SLI", words.sli, 2),
    _Column("LEFT", lambda status: words.or_unknown(status.budget_remaining, words.share), 0),
    _Column("OUTAGE LEFT", lambda status: _outage_left(status), 4),
    _Column("ERRORS LEFT", lambda status: _errors_left(status), 5),
    _Column("BURN 1H", words.recent_burn_rate, 0),
    _Column("LASTS", words.exhaustion, 1),
    _Column("MEASURED", words.coverage, 6),
)


def as_table(answer: Answer, width: int = DEFAULT_WIDTH, colour: bool = False) -> str:
    """One line for each status, and below it what keeps it from being simply met."""
    names = [on_one_line(status.name) for status in answer.statuses]
    longest = max(map(columns, names), default=0)
    shown = _fitting(answer.statuses, min(longest, 40), width)
    cells = [[column.text(status) for column in shown] for status in answer.statuses]
    widths = [max([len(column.title), *(len(row[i]) for row in cells)]) for i, column in enumerate(shown)]
    room = width - len(_INDENT) - sum(len(_GAP) + size for size in widths)
    name_width = min(longest, max(room, _SHORTEST_NAME))
    shared = told_below(answer.statuses)
    lines = [_line("VERDICT".ljust(9), "SLO", [column.title for column in shown], name_width, widths)]
    for status, name, row in zip(answer.statuses, names, cells, strict=True):
        verdict = coloured(words.VERDICT[status.verdict].ljust(9), status.verdict, colour)
        lines.append(_line(verdict, name, row, name_width, widths))
        remarks = "; ".join(_remarks(status, shared))
        lines += [f"{_INDENT}{line}" for line in _wrapped(remarks, width - len(_INDENT))]
    return "\n".join([*lines, "", *notes_below(shared, width), *_footer(answer)]) + "\n"


def told_below(statuses: Sequence[BudgetStatus]) -> dict[str, int]:
    """The long reasons that several statuses have, numbered from 1: each is told below the table, once."""
    counts = Counter(reason for status in statuses for reason in dict.fromkeys(status.reasons))
    shared = (reason for reason, count in counts.items() if count >= _SEVERAL and len(reason) > _LONG_REASON)
    return {reason: number for number, reason in enumerate(shared, start=1)}


def notes_below(shared: Mapping[str, int], width: int) -> Iterator[str]:
    for reason, number in shared.items():
        first, *more = _wrapped(f"[{number}] {reason}", width - 4)
        yield from (first, *(f"    {line}" for line in more))
    if shared:
        yield ""


def _outage_left(status: BudgetStatus) -> str:
    return words.minutes(status.spending.remaining_outage_seconds) if status.spending else words.UNKNOWN


def _errors_left(status: BudgetStatus) -> str:
    left = status.spending.remaining_events if status.spending else None
    return words.or_unknown(left, words.events)


def _fitting(statuses: Sequence[BudgetStatus], name_width: int, width: int) -> list[_Column]:
    """As many columns as fit, in the order of their rank; the names come first."""
    sizes = {
        column.title: len(_GAP) + max([len(column.title), *(len(column.text(status)) for status in statuses)])
        for column in _COLUMNS
    }
    room = width - len(_INDENT) - name_width
    kept = set()
    for column in sorted(_COLUMNS, key=lambda column: column.rank):
        room -= sizes[column.title]
        if room < 0 and column.rank > 0:
            break
        kept.add(column.title)
    return [column for column in _COLUMNS if column.title in kept]


def _line(verdict: str, name: str, cells: Sequence[str], name_width: int, widths: Sequence[int]) -> str:
    figures = "".join(_GAP + cell.rjust(size) for cell, size in zip(cells, widths, strict=True))
    return f"{verdict}  {padded(shortened(name, name_width), name_width)}{figures}".rstrip()


def _remarks(status: BudgetStatus, shared: Mapping[str, int]) -> Iterator[str]:
    yield from (f"[{shared[reason]}]" if reason in shared else reason for reason in status.reasons)
    if worst := words.at_worst(status):
        yield f"left {worst}"
    if status.is_partly_measured:
        yield f"measured {words.coverage(status)}"
    if status.origin is Origin.RAW:
        yield "by raw queries"
    for alert in status.alerts or ():
        if alert.state == "pending":
            yield f"{alert.name} ({alert.severity or 'alert'}) is pending"


def _wrapped(text: str, width: int) -> list[str]:
    return list(wrapped(on_one_line(text), max(width, 20)))


def _footer(answer: Answer) -> Iterator[str]:
    periods = sorted({status.span.name for status in answer.statuses})
    counts = verdict_counts(answer.statuses)
    yield f"{counts} at {rfc3339(answer.at)}, over {', '.join(periods)}" if periods else counts


def verdict_counts(statuses: Iterable[BudgetStatus]) -> str:
    """As in `1 exhausted, 3 met`."""
    verdicts = [status.verdict for status in statuses]
    counts = {verdict: verdicts.count(verdict) for verdict in Verdict}
    told = [f"{count} {words.VERDICT[verdict]}" for verdict, count in counts.items() if count]
    return ", ".join(told) or "no SLO"


def coloured(text: str, verdict: Verdict, colour: bool) -> str:
    """`text` in the colour of the verdict, where colours are wanted."""
    return f"\x1b[{_COLOURS[verdict]}m{text}\x1b[0m" if colour else text
