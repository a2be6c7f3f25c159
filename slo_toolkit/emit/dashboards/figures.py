"""The figures of one SLO: facts, and its SLI, burn rates and events over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from slo_toolkit import naming
from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.json_text import Shared
from slo_toolkit.emit.dashboards.latency import duration_unit
from slo_toolkit.emit.dashboards.look import SHARE, TIMES, override, override_like
from slo_toolkit.emit.dashboards.model import Json, Panel, Target, step
from slo_toolkit.emit.dashboards.queries import Selection
from slo_toolkit.plan.alerts import burn_rate as burn_rate_text
from slo_toolkit.plan.intervals import COUNT_INTERVAL
from slo_toolkit.plan.sli import ratio_windows
from slo_toolkit.plan.sloth import sloth_windows
from slo_toolkit.plan.tiers import effective_tiers
from slo_toolkit.promql import by, identity_matchers, identity_selector, number
from slo_toolkit.slo import LatencySli, RawSli, Severity, Slo
from slo_toolkit.windows import base_window, recent_window

NOTHING_MEASURED = "nothing was measured"


def group_legend(slo: Slo, name: str) -> str:
    """The name of a series; where groups have budgets of their own, the group's."""
    groups = " ".join(f"{{{{{label}}}}}" for label in slo.group_by)
    return f"{groups} {name}".strip() if groups else name


def one(slo: Slo, metric: str) -> str:
    """A recorded series without the owner's labels, one for each group."""
    return f"max{by(slo.group_by)}({identity_selector(metric, slo)})"


def budget_of(slo: Slo, counted: bool) -> Selection:
    base = base_window(slo.scrape_interval)
    return Selection(identity_matchers(slo)[1:-1], "", (), slo.group_by, (slo.period,), (base,), counted)


def facts(slo: Slo, counted: bool) -> Iterator[Panel]:
    """What `slo budget` says about this SLO."""
    selection, period = budget_of(slo, counted), slo.period.words()
    lately = recent_window(slo.scrape_interval)
    made = [
        (
            "Verdict",
            selection.verdict,
            _VERDICT,
            "Met, at risk, exhausted, or no data: as `slo budget` judges.",
        ),
        (f"SLI over {slo.period}", selection.sli, _sli_fact(slo), f"The share of good events in {period}."),
        (
            "Budget left",
            selection.remaining,
            _BUDGET,
            f"What is left of the budget of {period}, in events. Below 0 % it is overspent.",
        ),
        (
            f"Burn rate, {lately}",
            selection.burn_rate,
            _BURN_RATE,
            f"How fast the last {lately.as_last()} spent the budget: 1x spends exactly all of it within the period.",
        ),
        (
            "Lasts for",
            selection.seconds_left,
            _LASTS,
            f"How long what is left lasts at the burn rate of the last {lately.as_last()}.",
        ),
    ]
    if counted:
        told = "How much of the period was measured. What was not measured is not in the SLI."
        made.append(("Measured", selection.coverage, _COVERAGE, told))
    for index, (title, expr, fields, description) in enumerate(made):
        yield Panel(
            kind="stat",
            title=title,
            description=description,
            targets=[Target(expr, legend=group_legend(slo, "" if slo.group_by else title), instant=True)],
            width=_fact_width(index, len(made)),
            height=4,
            fields=fields,
            options=look.stat(),
        )


def _fact_width(index: int, count: int) -> int:
    """All facts together fill the line."""
    return 24 // count + (1 if index < 24 % count else 0)


_VERDICT = look.fields("none", "no data", mappings=[look.VERDICTS])
_BUDGET = look.fields(SHARE, "unknown", decimals=1, steps=look.BUDGET_LEFT)
_BURN_RATE = look.fields(TIMES, "no events", decimals=2, steps=look.BURN_RATE)
_LASTS = look.fields(
    look.SECONDS, "unknown", decimals=1, steps=look.TIME_LEFT, mappings=[look.NEVER, look.GONE]
)
_COVERAGE = look.fields(SHARE, "nothing", decimals=1, steps=look.COVERAGE)


def _sli_fact(slo: Slo) -> Shared:
    return _sli_fields(float(slo.objective.ratio), _decimals(slo))


@lru_cache(maxsize=64)
def _sli_fields(objective: float, decimals: int) -> Shared:
    return look.fields(SHARE, "unknown", decimals=decimals, steps=((None, look.RED), (objective, look.GREEN)))


def _decimals(slo: Slo) -> int:
    """Enough to tell the SLI from the objective: one digit more than the objective's percentage has."""
    exponent = slo.objective.percent.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(2, 1 - exponent)


def sli_over_time(slo: Slo, counted: bool) -> Panel:
    """The SLI of each moment against the objective: when did it happen, and how bad was it."""
    return Panel(
        kind="timeseries",
        title=_sli_title(slo),
        description=(
            "The share of good events at each point, from the sums of events since the point before it, so that it "
            "is right at any zoom. Below the dashed line the budget burns faster than the period allows."
            if counted
            else "The share of good events in the five minutes before each point."
        ),
        targets=[
            Target(_sli_expr(slo, counted), group_legend(slo, "SLI")),
            Target(f"max({identity_selector(naming.OBJECTIVE, slo)})", "objective"),
        ],
        interval=step(slo.evaluation_interval),
        fields=_sli_lines(_decimals(slo)),
        options=look.legend("min", "lastNotNull"),
    )


def _sli_title(slo: Slo) -> str:
    if isinstance(slo.sli, LatencySli):
        return f"Share under {_threshold(slo.sli)} against the objective"
    return "SLI against the objective"


def _threshold(sli: LatencySli) -> str:
    unit = duration_unit(sli.histogram)
    return plain(sli.threshold) if unit == look.NUMBER else f"{plain(sli.threshold)} {unit}"


def _sli_expr(slo: Slo, counted: bool) -> str:
    if not counted:
        return f"1 - {one(slo, naming.error_ratio(sloth_windows(slo)[0]))}"
    base = base_window(slo.scrape_interval)
    errors, valid = (
        f"sum{by(slo.group_by)}(sum_over_time({identity_selector(rate(base), slo)}[$__interval]))"
        for rate in (naming.error_events_rate, naming.valid_events_rate)
    )
    return f"1 - {errors} / ({valid} > 0)"


@lru_cache(maxsize=64)
def _sli_lines(decimals: int) -> Shared:
    return look.fields(
        SHARE,
        NOTHING_MEASURED,
        decimals=decimals,
        high=1,
        colour="palette-classic",
        custom=look.lines(fill=8),
        overrides=[_objective_line()],
    )


def _objective_line() -> Json:
    return override(
        "objective", color=look.fixed(look.RED), custom__lineStyle=look.DASHED, custom__fillOpacity=0
    )


def burn_rates(slo: Slo, counted: bool) -> Panel:
    """How fast the budget burns in every window that an alert looks at, and where the alerts begin."""
    windows = _windows(slo, counted)
    targets = [Target(_burn_rate(slo, window), group_legend(slo, str(window))) for window in windows]
    return Panel(
        kind="timeseries",
        title="Burn rate of each window",
        description=(
            "How many times as fast as the period allows. An alert fires while both of its windows are above its "
            "dashed line: red ones page, yellow ones are tickets. The scale is logarithmic above 1x."
        ),
        targets=[*targets, *_alert_lines(slo)],
        interval=step(slo.evaluation_interval),
        fields=_BURN_LINES,
        options=look.legend("max", "lastNotNull", placement="right"),
    )


def _burn_rate(slo: Slo, window: Duration) -> str:
    # On its logarithmic scale Grafana would give a zero as much room below it, down to -1x.
    return f"clamp_min({one(slo, naming.error_ratio(window))} / {number(slo.objective.error_budget)}, 0.001)"


def _windows(slo: Slo, counted: bool) -> Sequence[Duration]:
    """Those of the alerts; all that are recorded where no alert can fire."""
    recorded = ratio_windows(slo) if counted else sloth_windows(slo)
    of_alerts = {window for tier in effective_tiers(slo) for window in (tier.short_window, tier.long_window)}
    return [window for window in recorded if window in of_alerts] or recorded


def _alert_lines(slo: Slo) -> Iterator[Target]:
    for tier in effective_tiers(slo):
        legend = f"{tier.severity} {burn_rate_text(tier)}x ({tier.long_window} and {tier.short_window})"
        yield Target(f"vector({number(tier.burn_rate)})", legend)


def _alert_line(severity: Severity, colour: str) -> Json:
    return override_like(
        f"^{severity} ",
        color=look.fixed(colour),
        custom__lineStyle=look.DASHED,
        custom__lineWidth=1,
        custom__hideFrom={"legend": False, "tooltip": True, "viz": False},
    )


_BURN_LINES = look.fields(
    TIMES,
    "no events",
    decimals=2,
    low=0,
    colour="palette-classic",
    custom=look.lines(scale={"type": "symlog", "log": 2, "linearThreshold": 1}),
    overrides=[_alert_line(Severity.PAGE, look.RED), _alert_line(Severity.TICKET, look.YELLOW)],
)


def events(slo: Slo) -> Panel:
    """How much traffic there was, and how much of it was bad."""
    errors, valid = (
        f"sum{by(slo.group_by)}(sum_over_time({identity_selector(count(COUNT_INTERVAL), slo)}[$__interval]))"
        for count in (naming.error_events_count, naming.valid_events_count)
    )
    is_time = isinstance(slo.sli, RawSli)
    return Panel(
        kind="timeseries",
        title="Good and bad time" if is_time else "Good and bad events",
        description=(
            "A ratio alone counts no events, so every second weighs the same: good and bad time at each point."
            if is_time
            else "Events since the point before, counted: the bad ones on top of the good ones, on one scale."
        ),
        targets=[
            Target(f"{valid} - {errors}", group_legend(slo, "good")),
            Target(errors, group_legend(slo, "bad")),
        ],
        interval=step(COUNT_INTERVAL),
        points=150,
        fields=_TIME if is_time else _EVENTS,
        options=look.legend("sum"),
    )


def _event_fields(unit: str) -> Shared:
    return look.fields(
        unit,
        "no events were counted",
        low=0,
        colour="palette-classic",
        custom=look.lines(style="bars", fill=60, width=0, stacked=True),
        overrides=[
            override_like("good$", color=look.fixed(look.GREEN)),
            override_like("bad$", color=look.fixed(look.RED), custom__fillOpacity=100),
        ],
    )


_EVENTS = _event_fields(look.NUMBER)
_TIME = _event_fields(look.SECONDS)
