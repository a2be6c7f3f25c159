"""How the budget of one SLO was spent: from whole to what is left."""

from __future__ import annotations

from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.figures import NOTHING_MEASURED, group_legend, one
from slo_toolkit.emit.dashboards.look import SHARE, override
from slo_toolkit.emit.dashboards.model import Panel, Target, step
from slo_toolkit.plan.intervals import COUNT_INTERVAL
from slo_toolkit.promql import by, identity_selector, number
from slo_toolkit.slo import Slo


def budget_burn_down(slo: Slo, counted: bool) -> Panel:
    """The budget of the period that ends with the shown range, from whole to what is left."""
    if not counted:
        return _rolling_budget(slo)
    return Panel(
        kind="timeseries",
        title="Budget burn-down",
        description=(
            f"The budget of the {slo.period.words()} up to the end of the shown range: whole at their beginning, at "
            "their end what is left now. The dashed line spends it evenly; steep steps are what cost most."
        ),
        targets=[
            Target(_burn_down(slo), group_legend(slo, "budget left")),
            Target(_even_spending(slo), "even spending"),
        ],
        interval=step(COUNT_INTERVAL),
        fields=_BURN_DOWN,
        options=look.legend("lastNotNull"),
    )


_BURN_DOWN = look.fields(
    SHARE,
    NOTHING_MEASURED,
    decimals=1,
    colour="palette-classic",
    custom={**look.lines(fill=12, soft_min=0), "axisSoftMax": 1},
    overrides=[
        override(
            "even spending", color=look.fixed(look.GREY), custom__lineStyle=look.DASHED, custom__fillOpacity=0
        )
    ],
)

_PERIOD_START = "($__to - $__to % $__interval_ms) / 1000 - {seconds}"
"""Where the period begins that ends with the last step of the range: Grafana sends whole steps."""


def _period_start(slo: Slo) -> str:
    return _PERIOD_START.format(seconds=_seconds(slo.period))


def _seconds(length: Duration) -> str:
    return number(Decimal(length.ms) / 1000)


def _burn_down(slo: Slo) -> str:
    """1 less the errors since the period began by those that it allows.

    The steps of the subquery tile the period, so no event is left out or counted twice.
    """
    errors = identity_selector(naming.error_events_count(COUNT_INTERVAL), slo)
    valid = identity_selector(naming.valid_events_count(slo.period), slo)
    since = f"sum_over_time({errors}[$__interval]) and on () (vector(time()) > {_period_start(slo)})"
    allowed = f"{number(slo.objective.error_budget)} * sum{by(slo.group_by)}({valid} @ end()) > 0"
    return f"1 - sum{by(slo.group_by)}(sum_over_time(({since})[{slo.period}:$__interval]))\n/\n({allowed})"


def _even_spending(slo: Slo) -> str:
    return f"1 - (vector(time()) - ({_period_start(slo)}) >= 0) / {_seconds(slo.period)}"


def _rolling_budget(slo: Slo) -> Panel:
    return Panel(
        kind="timeseries",
        title="Budget left",
        description=f"What was left, at each moment, of the budget of the {slo.period.words()} before it.",
        targets=[Target(one(slo, naming.BUDGET_REMAINING), group_legend(slo, "budget left"))],
        interval=step(slo.evaluation_interval),
        fields=_BURN_DOWN,
        options=look.legend("lastNotNull"),
    )
