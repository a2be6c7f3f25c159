"""The text format for a node exporter's textfile folder. What is not known has no sample."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.foreign_text import on_one_line
from slo_toolkit.promql import quote
from slo_toolkit.status.model import Answer, BudgetStatus, Verdict
from slo_toolkit.status.render.as_json import number

_PLAIN_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

_FIGURES: tuple[tuple[str, str, Callable[[BudgetStatus], Decimal | None]], ...] = (
    ("slo_budget_objective_ratio", "Share of good events that is promised.", lambda s: s.objective),
    ("slo_budget_error_ratio", "Share of error events in the period.", lambda s: s.error_ratio),
    ("slo_budget_error_events", "Error events in the period.", lambda s: s.error_events),
    ("slo_budget_valid_events", "Valid events in the period.", lambda s: s.valid_events),
    ("slo_budget_remaining_ratio", "Share of the budget that is left.", lambda s: s.budget_remaining),
    (
        "slo_budget_remaining_at_worst_ratio",
        "Share of the budget that is left if all that was not measured were errors.",
        lambda s: s.remaining_at_worst,
    ),
    ("slo_budget_coverage_ratio", "Share of the period that was measured.", lambda s: s.coverage),
)


def as_prometheus(answer: Answer) -> str:
    lines: list[str] = []
    for name, text, samples in _metrics(answer):
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        lines += [f"{name}{labels} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _metrics(answer: Answer) -> Iterator[tuple[str, str, Iterable[tuple[str, str]]]]:
    statuses = answer.statuses
    yield (
        "slo_budget_asked_timestamp_seconds",
        "The moment that the figures are of.",
        [("", f"{answer.at:.3f}")],
    )
    yield (
        "slo_budget_verdict",
        "1 for the verdict that holds, 0 for the others.",
        [
            (_labels(status, verdict=verdict.value), str(int(status.verdict is verdict)))
            for status in statuses
            for verdict in Verdict
        ],
    )
    for name, text, figure in _FIGURES:
        yield name, text, _known((_labels(status), figure(status)) for status in statuses)
    yield (
        "slo_budget_burn_rate",
        "How many times faster than allowed the budget burns.",
        _known(
            (_labels(status, window=str(window)), rate)
            for status in statuses
            for window, rate in status.burn_rates.items()
        ),
    )


def _known(figures: Iterable[tuple[str, Decimal | None]]) -> list[tuple[str, str]]:
    return [(labels, repr(number(figure))) for labels, figure in figures if figure is not None]


def _labels(status: BudgetStatus, **more: str) -> str:
    labels = {naming.SERVICE: status.service, naming.SLO: status.slo, **status.group, **more}
    return (
        "{" + ",".join(f"{_name(name)}={quote(on_one_line(value))}" for name, value in labels.items()) + "}"
    )


def _name(label: str) -> str:
    """As it is where every reader knows it so, else in quotes, as Prometheus writes names of UTF-8."""
    return label if _PLAIN_NAME.fullmatch(label) else quote(on_one_line(label))
