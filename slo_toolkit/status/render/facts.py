"""What is told about one status, in words: the same in Markdown and in HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slo_toolkit.status.model import ActiveAlert, BudgetStatus
from slo_toolkit.status.render import words


def facts(status: BudgetStatus) -> Iterator[tuple[str, str]]:
    """Pairs of a name and its figure."""
    yield "Objective", f"{words.or_unknown(status.objective, words.objective)} over {status.span.name}"
    yield "SLI", words.sli(status)
    yield "Events", _events(status)
    yield "Budget left", _left(status)
    if worst := words.at_worst(status):
        yield "Budget left at worst", worst.replace(" at worst", "")
    if not status.span.is_closed:
        yield from _present(status)
    yield "Measured", words.coverage(status)
    yield "Source", words.source(status.origin)


def _present(status: BudgetStatus) -> Iterator[tuple[str, str]]:
    """What is about the present moment, and tells nothing about a period that is over."""
    yield (
        "Spent in the last hour, day, week",
        " · ".join(words.or_unknown(spent, words.spent_share) for spent in status.spent_in.values()),
    )
    yield "Burn rate", _burn_rates(status)
    yield f"Gone at the rate of the last {status.burn_window.as_last()}", words.exhaustion(status)
    yield "Alerts", words.or_unknown(status.alerts, _alerts)


def _alerts(active: Sequence[ActiveAlert]) -> str:
    told = (f"{alert.name} ({alert.severity or 'alert'}) {alert.state}" for alert in active)
    return ", ".join(told) or "none active"


def _events(status: BudgetStatus) -> str:
    if status.error_events is None or status.valid_events is None:
        return "not counted"
    return f"{words.events(status.error_events)} errors of {words.events(status.valid_events)}"


def _left(status: BudgetStatus) -> str:
    spending = status.spending
    if spending is None:
        return words.UNKNOWN
    left = [words.share(spending.remaining)]
    if spending.remaining_events is not None:
        left.append(f"{words.events(spending.remaining_events)} errors")
    whole = words.length(spending.full_outage)
    left.append(f"{words.minutes(spending.remaining_outage_seconds)} of full outage (of {whole})")
    return " · ".join(left)


def _burn_rates(status: BudgetStatus) -> str:
    rates = (f"{window} {words.burn_rate(rate)}" for window, rate in status.burn_rates.items())
    return " · ".join(rates) or words.UNKNOWN
