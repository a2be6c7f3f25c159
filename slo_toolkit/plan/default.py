"""The default plan: exact budgets and alerts at a small, constant cost (docs/rules.md has the reasons)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from slo_toolkit import naming
from slo_toolkit.plan.absence import service_groups
from slo_toolkit.plan.alerts import alert_rules, exhausted_alerts
from slo_toolkit.plan.aliases import alias_rules
from slo_toolkit.plan.buckets import settled_unknown, unknown_rules
from slo_toolkit.plan.intervals import COUNT_INTERVAL, SETTLE_INTERVAL
from slo_toolkit.plan.matched import matched_rules
from slo_toolkit.plan.model import Plan, Rule, RuleGroup
from slo_toolkit.plan.period import (
    current_burn_rate,
    period_rules,
    settled_rules,
)
from slo_toolkit.plan.replicas import false_reset_rules, replica_rules
from slo_toolkit.plan.scrapes import scrape_rules
from slo_toolkit.plan.sli import sli_rules
from slo_toolkit.plan.telemetry import state_rules, target_rules
from slo_toolkit.slo import Slo


def default_plans(slos: Iterable[Slo]) -> list[Plan]:
    """The plan of each SLO. That of the first SLO of a service holds one more group, for all of them."""
    plans = [default_plan(slo) for slo in slos]
    of_services = service_groups(plan.slo for plan in plans)
    return [_with(plan, of_services.get(plan.slo.id)) for plan in plans]


def _with(plan: Plan, group: RuleGroup | None) -> Plan:
    return plan if group is None else replace(plan, groups=(*plan.groups, group))


def default_plan(slo: Slo) -> Plan:
    """Three groups: what alerts need at every evaluation, what the period needs every five minutes, and the dear
    sums over it once an hour. Those of one SLO alone; default_plans adds what is its service's.

    The alerts stand behind the rules that they read, in one group, so that a page does not wait for
    the next evaluation.
    """
    burn_rates = RuleGroup(
        naming.sli_group(slo),
        (*sli_rules(slo), current_burn_rate(slo), *alias_rules(slo), *alert_rules(slo)),
        slo.evaluation_interval,
    )
    counted: tuple[Rule, ...] = (
        *scrape_rules(slo),
        *period_rules(slo),
        *unknown_rules(slo),
        *false_reset_rules(slo),
        *exhausted_alerts(slo),
        *matched_rules(slo),
        *state_rules(slo),
    )
    period = RuleGroup(naming.period_group(slo), counted, COUNT_INTERVAL)
    hourly = (*settled_rules(slo), *settled_unknown(slo), *target_rules(slo), *replica_rules(slo))
    settled = RuleGroup(naming.settled_group(slo), hourly, SETTLE_INTERVAL)
    return Plan(slo, (burn_rates, period, settled))
