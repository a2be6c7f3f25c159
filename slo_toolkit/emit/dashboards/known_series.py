"""The series that a team's own dashboards already use: the aliases of its specs, on one panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.model import Panel, Target, step
from slo_toolkit.plan.model import Plan
from slo_toolkit.slo import Quantity


def known_series(plans: Sequence[Plan]) -> Iterator[Panel]:
    """Ratios in percent, and quantiles; nothing where the specs have no aliases."""
    aliases = {name: quantity for plan in plans for name, quantity in plan.slo.aliases.items()}
    ratios = [name for name, quantity in aliases.items() if isinstance(quantity, Quantity)]
    quantiles = [name for name in aliases if name not in ratios]
    if not aliases:
        return
    yield Panel(
        kind="timeseries",
        title="Known series",
        description=(
            "The aliases that the specs record over the last five minutes. Ratios are percentages on the left, "
            "latencies are in the histogram's unit on the right."
        ),
        targets=[
            *(Target(f"{name} * 100", name) for name in ratios),
            *(Target(name, name) for name in quantiles),
        ],
        width=24,
        height=9,
        interval=step(plans[0].slo.evaluation_interval),
        fields=look.fields(
            "percent",
            "nothing was recorded",
            decimals=2,
            colour="palette-classic",
            custom=look.lines(),
            overrides=[
                look.override(name, unit=look.SECONDS, custom__axisPlacement="right") for name in quantiles
            ],
        ),
        options=look.legend("min", "max", "lastNotNull"),
    )
