"""The default plan: exact budgets and alerts at a small, constant cost (docs/rules.md has the reasons)."""

from __future__ import annotations

from slo_toolkit import naming
from slo_toolkit.plan.alerts import alert_rules, exhausted_alerts
from slo_toolkit.plan.aliases import alias_rules
from slo_toolkit.plan.intervals import COUNT_INTERVAL, SETTLE_INTERVAL
from slo_toolkit.plan.model import Plan, Rule, RuleGroup
from slo_toolkit.plan.period import (
    current_burn_rate,
    period_rules,
    settled_rules,
)
from slo_toolkit.plan.sli import sli_rules
from slo_toolkit.slo import Slo


def default_plan(slo: Slo) -> Plan:
    """Three groups: what alerts need at every evaluation, what the period needs every five minutes,
    and the dear sums over it once an hour.

    The alerts stand behind the rules that they read, in one group, so that a page does not wait for
    the next evaluation.
    """
    burn_rates = RuleGroup(
        naming.sli_group(slo),
        (*sli_rules(slo), current_burn_rate(slo), *alias_rules(slo), *alert_rules(slo)),
        slo.evaluation_interval,
    )
    counted: tuple[Rule, ...] = (*period_rules(slo), *exhausted_alerts(slo))
    period = RuleGroup(naming.period_group(slo), counted, COUNT_INTERVAL)
    settled = RuleGroup(naming.settled_group(slo), tuple(settled_rules(slo)), SETTLE_INTERVAL)
    return Plan(slo, (burn_rates, period, settled))
