"""What a latency SLO's histogram tells beyond the share under the threshold: percentiles and a heat map."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.json_text import Shared
from slo_toolkit.emit.dashboards.model import Panel, Target, step
from slo_toolkit.promql import braces
from slo_toolkit.rates import latency_quantile_over
from slo_toolkit.slo import LatencySli, Slo
from slo_toolkit.units import Unit, unit_of

_QUANTILES = tuple(Decimal(quantile) for quantile in ("0.5", "0.9", "0.95", "0.99"))
_LOOK_BACK = "$__rate_interval"


def latency_panels(slo: Slo) -> Iterator[Panel]:
    """Nothing where the SLI is no latency."""
    if isinstance(slo.sli, LatencySli):
        yield _percentiles(slo, slo.sli)
        yield heat_map(slo.sli, braces(slo.sli.filter), slo.scrape_interval)


def percentile_name(quantile: Decimal) -> str:
    return f"p{plain(quantile * 100)}"


def _percentiles(slo: Slo, sli: LatencySli) -> Panel:
    groups = " ".join(f"{{{{{label}}}}}" for label in slo.group_by)
    return Panel(
        kind="timeseries",
        title="Percentiles",
        description=(
            "The durations that half, nine tenths, 95 % and 99 % of the events stay below, estimated from the buckets "
            "of all instances together. The dashed line is the threshold of the SLO."
        ),
        targets=[
            *(
                Target(
                    latency_quantile_over(slo, sli, quantile, _LOOK_BACK),
                    f"{groups} {percentile_name(quantile)}".strip(),
                    scrape=slo.scrape_interval,
                )
                for quantile in _QUANTILES
            ),
            Target(f"vector({plain(sli.threshold)})", "threshold"),
        ],
        interval=step(slo.scrape_interval),
        fields=percentile_fields(duration_unit(sli.histogram)),
        options=look.legend("mean", "max", "lastNotNull"),
    )


def duration_unit(histogram: str) -> str:
    """Grafana's name of the unit that a histogram's name says; none where it does not say."""
    unit = unit_of(histogram)
    if unit is None:
        return look.NUMBER
    return "m" if unit is Unit.MINUTES else unit.symbol


@lru_cache(maxsize=8)
def percentile_fields(unit: str) -> Shared:
    threshold = look.override(
        "threshold", color=look.fixed(look.RED), custom__lineStyle=look.DASHED, custom__lineWidth=1
    )
    return look.fields(
        unit,
        "no events",
        low=0,
        colour="palette-classic",
        custom=look.lines(),
        overrides=[threshold],
    )


def heat_map(sli: LatencySli, matchers: str, scrape: Duration) -> Panel:
    """Events per second in each bucket of the histogram."""
    if sli.native:
        expr, legend = f"sum(rate({sli.histogram}{matchers}[{_LOOK_BACK}]))", "durations"
    else:
        expr, legend = f"sum by (le) (rate({sli.histogram}_bucket{matchers}[{_LOOK_BACK}]))", "{{le}}"
    return Panel(
        kind="heatmap",
        title="How the durations spread",
        description="How many events took how long: a darker band is where most of them are, a second one a slow path.",
        targets=[Target(expr, legend, format="heatmap", scrape=scrape)],
        interval=step(scrape),
        points=120,
        fields=_HEAT_FIELDS,
        options=_heat_options(duration_unit(sli.histogram)),
    )


_HEAT_FIELDS = Shared(
    {
        "defaults": {
            "noValue": "no events",
            "custom": {
                "hideFrom": {"legend": False, "tooltip": False, "viz": False},
                "scaleDistribution": {"type": "linear"},
            },
        },
        "overrides": [],
    }
)


@lru_cache(maxsize=8)
def _heat_options(unit: str) -> Shared:
    return Shared(
        {
            "calculate": False,
            "color": {
                "mode": "scheme",
                "scheme": "Oranges",
                "fill": "dark-orange",
                "scale": "exponential",
                "exponent": 0.5,
                "reverse": False,
                "steps": 64,
                "min": 0,
            },
            "cellGap": 1,
            "cellValues": {"unit": look.PER_SECOND, "decimals": 2},
            "yAxis": {"unit": unit, "axisPlacement": "left", "reverse": False},
            "rowsFrame": {"layout": "auto"},
            "filterValues": {"le": 1e-9},
            "showValue": "never",
            "legend": {"show": True},
            "tooltip": {"mode": "single", "yHistogram": True},
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
        }
    )
