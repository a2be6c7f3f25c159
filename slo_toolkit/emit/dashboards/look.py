"""How values look: units, decimals, thresholds, colours, axes, and the words where there is no value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from slo_toolkit.emit.dashboards.json_text import Shared
from slo_toolkit.emit.dashboards.model import Json

Steps: TypeAlias = tuple[tuple[float | None, str], ...]
"""Thresholds: from each value on, this colour; the first one has no value."""

SHARE, SECONDS, NUMBER, PER_SECOND = "percentunit", "s", "short", "reqps"
BYTES, BYTES_PER_SECOND = "bytes", "Bps"
TIMES = "suffix:x"
"""A burn rate: how many times as fast as the period allows."""

GREEN, YELLOW, ORANGE, RED, BLUE, PURPLE, GREY = (
    "green",
    "yellow",
    "orange",
    "red",
    "blue",
    "purple",
    "#8e8e8e",
)

PLAIN: Steps = ((None, GREEN),)
NEUTRAL: Steps = ((None, BLUE),)
BUDGET_LEFT: Steps = ((None, RED), (0, ORANGE), (0.1, YELLOW), (0.25, GREEN))
"""Red where it is overspent; below a tenth the next ordinary incident exhausts it."""
BURN_RATE: Steps = ((None, GREEN), (1, YELLOW), (6, ORANGE), (14.4, RED))
COVERAGE: Steps = ((None, ORANGE), (0.9, YELLOW), (0.99, GREEN))
TIME_LEFT: Steps = ((None, RED), (86_400, ORANGE), (7 * 86_400, GREEN))
ALERTS: Steps = ((None, GREEN), (1, RED))

FAR_AWAY_SECONDS = 100 * 365 * 86_400
NEVER = Shared(
    {
        "type": "range",
        "options": {
            "from": FAR_AWAY_SECONDS,
            "to": None,
            "result": {"text": "never", "color": GREEN, "index": 0},
        },
    }
)
GONE = Shared({"type": "value", "options": {"0": {"text": "gone", "color": RED, "index": 1}}})

MET, AT_RISK, NO_DATA, EXHAUSTED = range(4)
VERDICTS = Shared(
    {
        "type": "value",
        "options": {
            str(MET): {"text": "met", "color": GREEN, "index": 0},
            str(AT_RISK): {"text": "at risk", "color": ORANGE, "index": 1},
            str(NO_DATA): {"text": "no data", "color": PURPLE, "index": 2},
            str(EXHAUSTED): {"text": "exhausted", "color": RED, "index": 3},
        },
    }
)


def thresholds(steps: Steps) -> dict[str, Any]:
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for value, color in steps]}


def fields(
    unit: str,
    no_value: str,
    *,
    decimals: int | None = None,
    steps: Steps = PLAIN,
    colour: str = "thresholds",
    low: float | None = None,
    high: float | None = None,
    mappings: Sequence[Json] = (),
    custom: Json | None = None,
    overrides: Sequence[Json] = (),
) -> Shared:
    """A panel's fieldConfig. `colour` is by thresholds or by series ("palette-classic")."""
    defaults: dict[str, Any] = {"unit": unit, "noValue": no_value}
    if decimals is not None:
        defaults["decimals"] = decimals
    if low is not None:
        defaults["min"] = low
    if high is not None:
        defaults["max"] = high
    defaults["color"] = {"mode": colour}
    if colour == "thresholds":
        defaults["thresholds"] = thresholds(steps)
    if mappings:
        defaults["mappings"] = list(mappings)
    if custom is not None:
        defaults["custom"] = custom
    return Shared({"defaults": defaults, "overrides": list(overrides)})


def lines(
    *,
    fill: int = 0,
    width: int = 2,
    style: str = "line",
    stacked: bool = False,
    scale: Json | None = None,
    soft_min: float | None = None,
) -> dict[str, Any]:
    """How a time series is drawn. Gaps stay gaps: where nothing was measured there is no line."""
    custom: dict[str, Any] = {
        "drawStyle": style,
        "lineWidth": width,
        "fillOpacity": fill,
        "showPoints": "never",
    }
    if stacked:
        custom["stacking"] = {"mode": "normal", "group": "A"}
    if scale is not None:
        custom["scaleDistribution"] = scale
    if soft_min is not None:
        custom["axisSoftMin"] = soft_min
    return custom


def override(name: str, **properties: Any) -> Json:
    """What is different for the field of this name; `custom__x` stands for the property `custom.x`."""
    return _override("byName", name, properties)


def override_like(pattern: str, **properties: Any) -> Json:
    return _override("byRegexp", f"/{pattern}/", properties)


def _override(matcher: str, options: str, properties: dict[str, Any]) -> Json:
    return {
        "matcher": {"id": matcher, "options": options},
        "properties": [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()],
    }


def fixed(colour: str) -> dict[str, str]:
    return {"mode": "fixed", "fixedColor": colour}


DASHED = {"dash": [10, 10], "fill": "dash"}


@lru_cache
def legend(*calcs: str, placement: str = "bottom") -> Shared:
    """Options of a time series: a table of figures below it or on its right, and all series in the tooltip."""
    return Shared(
        {
            "legend": {
                "displayMode": "table" if calcs else "list",
                "placement": placement,
                "showLegend": True,
                "calcs": list(calcs),
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    )


@lru_cache
def stat(graph: bool = False, text: str = "auto") -> Shared:
    """Options of a stat: the last value, coloured."""
    return Shared(
        {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "textMode": text,
            "colorMode": "value",
            "graphMode": "area" if graph else "none",
        }
    )
