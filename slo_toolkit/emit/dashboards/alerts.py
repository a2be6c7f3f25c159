"""When each alert of an SLO was quiet, pending and firing."""

from __future__ import annotations

from collections.abc import Iterator

from slo_toolkit import naming
from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.json_text import Shared
from slo_toolkit.emit.dashboards.model import Panel, Target, step
from slo_toolkit.plan.model import AlertingRule, Plan
from slo_toolkit.promql import identity_matchers, identity_selector, quote

_QUIET, _PENDING, _FIRING = range(3)


def alerts_timeline(plan: Plan) -> Iterator[Panel]:
    """A line for each alert; nothing where the SLO has no alerts."""
    alerts = _alerts(plan)
    if not alerts:
        return
    yield Panel(
        kind="state-timeline",
        title="Alerts",
        description=(
            "When each alert was quiet, pending and firing. There is no bar where the rules were not evaluated: "
            "an alert that is not evaluated is not quiet."
        ),
        targets=[Target(_states(plan, alerts), f"{{{{alertname}}}} {{{{{naming.SEVERITY}}}}}")],
        interval=step(plan.slo.evaluation_interval),
        points=300,
        fields=_FIELDS,
        options=_OPTIONS,
    )


def _alerts(plan: Plan) -> list[tuple[str, str]]:
    """Name and severity of each. Those of the whole service are among the annotations of its dashboard."""
    rules = (rule for group in plan.groups for rule in group.rules if isinstance(rule, AlertingRule))
    own = (rule for rule in rules if naming.ID in rule.labels)
    return list(dict.fromkeys((rule.alert, rule.labels.get(naming.SEVERITY, "")) for rule in own))


def _states(plan: Plan, alerts: list[tuple[str, str]]) -> str:
    """2 firing, 1 pending, 0 quiet. The worst of each step counts, so that no short firing gets lost."""
    ours = identity_matchers(plan.slo)[1:-1]
    by = f"max by (alertname, {naming.SEVERITY})"
    quiet = f"0 * max({identity_selector(naming.OBJECTIVE, plan.slo)})"
    states = [f'{by} (max_over_time(ALERTS{{alertstate="firing", {ours}}}[$__interval])) * {_FIRING}']
    states += [f'{by} (max_over_time(ALERTS{{alertstate="pending", {ours}}}[$__interval])) * {_PENDING}']
    for name, severity in alerts:
        labelled = f'label_replace({quiet}, "alertname", {_replacement(name)}, "", "")'
        states.append(
            f'label_replace({labelled}, "{naming.SEVERITY}", "{severity}", "", "")' if severity else labelled
        )
    return "\nor\n".join(states)


def _replacement(text: str) -> str:
    """Text as the replacement of label_replace, in which a dollar sign begins a group."""
    return quote(text.replace("$", "$$")).replace("$", r"\x24")


_FIELDS = look.fields(
    "none",
    "no alert was evaluated",
    mappings=[
        {
            "type": "value",
            "options": {
                str(_QUIET): {"text": "quiet", "color": look.GREEN, "index": 0},
                str(_PENDING): {"text": "pending", "color": look.YELLOW, "index": 1},
                str(_FIRING): {"text": "firing", "color": look.RED, "index": 2},
            },
        }
    ],
    custom={"fillOpacity": 70, "lineWidth": 0, "spanNulls": False},
)
_OPTIONS = Shared(
    {
        "mergeValues": True,
        "showValue": "never",
        "alignValue": "left",
        "rowHeight": 0.8,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
)
