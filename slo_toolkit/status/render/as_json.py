"""The contract of docs/budget.schema.json: seconds, ratios, and null where something is not known."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from slo_toolkit import foreign_text
from slo_toolkit.duration import Duration
from slo_toolkit.status.model import AlertWindow, Answer, BudgetStatus
from slo_toolkit.status.moments import rfc3339

_DIGITS = 12
"""More than any measurement has; the rest is the noise of binary floats."""


def as_json(answer: Answer) -> str:
    return foreign_text.as_json(document(answer))


def document(answer: Answer) -> dict[str, Any]:
    return {
        "at": rfc3339(answer.at),
        "slos": [status_document(status) for status in answer.statuses],
        "warnings": list(answer.warnings),
    }


def status_document(status: BudgetStatus) -> dict[str, Any]:
    spending = status.spending
    return {
        "service": status.service,
        "slo": status.slo,
        "group": dict(status.group),
        "verdict": str(status.verdict),
        "reasons": list(status.reasons),
        "source": str(status.origin),
        "objective": number(status.objective),
        "period": status.span.name,
        "period_start": rfc3339(status.span.start),
        "period_end": rfc3339(status.span.end),
        "error_ratio": number(status.error_ratio),
        "error_events": number(status.error_events),
        "valid_events": number(status.valid_events),
        "budget_remaining": number(status.budget_remaining),
        "budget_remaining_at_worst": number(status.remaining_at_worst),
        "budget_remaining_events": number(spending.remaining_events) if spending else None,
        "budget_remaining_outage_seconds": number(spending.remaining_outage_seconds) if spending else None,
        "budget_outage_seconds": spending.full_outage.seconds if spending else None,
        "budget_spent": _by_window(status.spent_in),
        "burn_rate": number(status.burn_rate),
        "burn_rates": _by_window(status.burn_rates),
        "alert_windows": [_alert_window(window) for window in status.alert_windows],
        "alert_windows_assumed": status.tiers_are_assumed,
        "time_to_exhaustion_seconds": _seconds(status.time_to_exhaustion),
        "coverage": number(status.coverage),
        "unmeasured_seconds": _seconds(status.unmeasured),
        "alerts": None
        if status.alerts is None
        else [
            {"name": alert.name, "severity": alert.severity or None, "state": str(alert.state)}
            for alert in status.alerts
        ],
    }


def number(figure: Decimal | None) -> float | None:
    return None if figure is None else float(f"{figure:.{_DIGITS}g}")


def _by_window(figures: Mapping[Duration, Decimal | None]) -> dict[str, float | None]:
    return {str(window): number(figure) for window, figure in figures.items()}


def _alert_window(window: AlertWindow) -> dict[str, Any]:
    return {
        "severity": str(window.severity),
        "long_window": str(window.long_window),
        "short_window": str(window.short_window),
        "burn_rate_threshold": number(window.burn_rate_threshold),
        "long_burn_rate": number(window.long_burn_rate),
        "short_burn_rate": number(window.short_burn_rate),
        "exceeded": window.exceeded,
    }


def _seconds(length: Duration | None) -> float | None:
    return None if length is None else length.seconds
