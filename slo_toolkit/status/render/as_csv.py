"""One line for each status, for spreadsheets: exact figures, empty where one is not known."""

from __future__ import annotations

import csv
import io
from typing import Any

from slo_toolkit.status.model import Answer, BudgetStatus
from slo_toolkit.status.render.as_json import status_document

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
    "budget_remaining_events",
    "budget_remaining_outage_seconds",
    "budget_outage_seconds",
    "burn_rate",
    "time_to_exhaustion_seconds",
    "coverage",
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
    return {**figures, "group": group, "reasons": "; ".join(figures["reasons"])}
