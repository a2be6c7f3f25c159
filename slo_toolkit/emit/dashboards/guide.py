"""What an SLO promises, in words, and the ways out of the dashboard: runbook, Prometheus, Alertmanager."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slo_toolkit import budget, naming
from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.emit.dashboards.json_text import Shared
from slo_toolkit.emit.dashboards.links import alerts_url, explore_url, silence_url
from slo_toolkit.emit.dashboards.literal import literal_text
from slo_toolkit.emit.dashboards.model import Panel
from slo_toolkit.promql import identity_matchers
from slo_toolkit.slo import Slo


def guide(slo: Slo) -> Panel:
    """A text panel: it has no query, so it is there when everything else is empty."""
    promise = f"{_promise(slo)}\n\n{' · '.join(_links(slo))}"
    return Panel(
        kind="text",
        title=slo.name,
        description="What is promised, and where to go on from here.",
        width=24,
        height=4,
        fields=_FIELDS,
        options={"mode": "markdown", "content": promise},
    )


_FIELDS = Shared({"defaults": {"noValue": ""}, "overrides": []})


def _promise(slo: Slo) -> str:
    outage = budget.full_outage(slo.period, slo.objective)
    description = f"{literal_text(' '.join(slo.description.split()))} " if slo.description else ""
    each = f" Each {' and '.join(slo.group_by)} has a budget of its own." if slo.group_by else ""
    return (
        f"{description}**{plain(slo.objective.percent)} %** over {slo.period.words()}: "
        f"{plain(slo.objective.error_budget * 100)} % may fail, as much as {_length(outage)} of "
        f"total outage under even traffic.{each}"
    )


def _length(outage: Duration) -> str:
    """In whole hours or days where it is exact, else in minutes."""
    minutes = Decimal(outage.ms) / 60_000
    return f"{plain(round(minutes, 1))} minutes" if minutes % 60 else outage.words()


def _links(slo: Slo) -> Iterator[str]:
    """Relative addresses: Grafana's own base address stands before them, also below a path."""
    if slo.runbook_url:
        yield f"[Runbook](<{literal_text(slo.runbook_url)}>)"
    if slo.dashboard_url:
        yield f"[More](<{literal_text(slo.dashboard_url)}>)"
    burn_rates = f'{{__name__=~"slo:sli_error:ratio_rate.+", {identity_matchers(slo)[1:-1]}}}'
    yield f"[Query it in Prometheus]({explore_url(burn_rates)[1:]})"
    yield f"[Its alerts]({alerts_url(identity_matchers(slo)[1:-1])[1:]})"
    yield f"[Silence them]({silence_url(naming.key(slo))[1:]})"
