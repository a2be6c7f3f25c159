"""A table for a terminal of any width from 80 columns; plain text where no colour is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from slo_toolkit.status.model import Answer, BudgetStatus, Origin, Verdict
from slo_toolkit.status.moments import rfc3339
from slo_toolkit.status.render import words

DEFAULT_WIDTH = 80

_GAP = "  "
_SHORTEST_NAME = 16
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
    names = [status.name for status in answer.statuses]
    columns = _fitting(answer.statuses, min(max(map(len, names), default=0), 40), width)
    cells = [[column.text(status) for column in columns] for status in answer.statuses]
    widths = [max([len(column.title), *(len(row[i]) for row in cells)]) for i, column in enumerate(columns)]
    room = width - len(_INDENT) - sum(len(_GAP) + size for size in widths)
    name_width = min(max(map(len, names), default=0), max(room, _SHORTEST_NAME))
    lines = [_line("VERDICT".ljust(9), "SLO", [column.title for column in columns], name_width, widths)]
    for status, row in zip(answer.statuses, cells, strict=True):
        verdict = coloured(words.VERDICT[status.verdict].ljust(9), status.verdict, colour)
        lines.append(_line(verdict, status.name, row, name_width, widths))
        lines += [f"{_INDENT}{line}" for line in _wrapped(_remarks(status), width - len(_INDENT))]
    return "\n".join([*lines, "", *_footer(answer)]) + "\n"


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
    return f"{verdict}  {_shortened(name, name_width).ljust(name_width)}{figures}".rstrip()


def _shortened(name: str, width: int) -> str:
    if len(name) <= width:
        return name
    head = (width - 1) // 2
    return f"{name[:head]}…{name[len(name) - (width - 1 - head) :]}"


def _remarks(status: BudgetStatus) -> Iterator[str]:
    yield from status.reasons
    if status.coverage is not None and status.coverage < Decimal("0.995"):
        yield f"measured {words.coverage(status)}"
    if status.origin is Origin.RAW:
        yield "by raw queries"
    for alert in status.alerts:
        if alert.state == "pending":
            yield f"{alert.name} ({alert.severity or 'alert'}) is pending"


def _wrapped(remarks: Iterator[str], width: int) -> list[str]:
    import textwrap

    return textwrap.wrap("; ".join(remarks), max(width, 20), break_on_hyphens=False)


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
