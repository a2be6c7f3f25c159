"""One line for each status, for spreadsheets: exact figures, empty where one is not known.

Text that a spreadsheet would take for a formula has an apostrophe before it, which shows it as the text that it is.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from slo_toolkit.foreign_text import on_one_line
from slo_toolkit.status.model import Answer, BudgetStatus
from slo_toolkit.status.render.as_json import status_document

_BEGINS_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")

COLUMNS = (
    "service",
    "slo",
    "group",
    "verdict",
    "source",
    "objective",
    "period",
    "period_start",
    "period_end",
    "error_ratio",
    "error_events",
    "valid_events",
    "budget_remaining",
    "budget_remaining_at_worst",
    "budget_remaining_events",
    "budget_remaining_outage_seconds",
    "budget_outage_seconds",
    "burn_rate",
    "time_to_exhaustion_seconds",
    "coverage",
    "unmeasured_seconds",
    "reasons",
)


def as_csv(answer: Answer) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for status in answer.statuses:
        writer.writerow(row(status))
    return text.getvalue()


def row(status: BudgetStatus) -> dict[str, Any]:
    """The figures of a status by column."""
    figures = status_document(status)
    group = ",".join(f"{name}={value}" for name, value in figures["group"].items())
    cells = {**figures, "group": group, "reasons": "; ".join(figures["reasons"])}
    return {column: _text(cell) if isinstance(cell, str) else cell for column, cell in cells.items()}


def _text(cell: str) -> str:
    """On one line, and no formula. Spreadsheets take the wide signs of East Asian keyboards for the others."""
    shown = on_one_line(cell)
    return f"'{shown}" if shown.startswith(_BEGINS_FORMULA) else shown
