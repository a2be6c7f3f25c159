"""What Sloth's plugins ask for, in the default rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from slo_toolkit.emit.rules import rule_file
from slo_toolkit.emit.runbooks import runbook
from slo_toolkit.plan.default import default_plan
from slo_toolkit.plan.model import AlertingRule, Plan, RecordingRule
from slo_toolkit.slo import ExhaustedAlert, SlothPlugins

from .conftest import Judge
from .slos import slo

SOURCE = {
    'orders_total{result="failed",region="eu"}': "0+6x60",
    'orders_total{result="ok",region="eu"}': "0+54x60",
}


def _plan(wanted: ExhaustedAlert, **changes: Any) -> Plan:
    """An SLO of 80 %, so that a tenth of errors leaves half of the budget."""
    return default_plan(slo("availability", "80", plugins=SlothPlugins(exhausted_alert=wanted), **changes))


def _alert(plan: Plan, name: str) -> AlertingRule:
    rules = [rule for group in plan.groups for rule in group.rules if isinstance(rule, AlertingRule)]
    (found,) = [rule for rule in rules if rule.alert == name]
    return found


LABELS = {
    "alertname": "BudgetLow",
    "owner": "team-a",
    "severity": "critical",
    "sloth_id": "shop-availability",
    "sloth_service": "shop",
    "sloth_slo": "availability",
}
WANTED = ExhaustedAlert(
    Decimal("0.51"),
    "BudgetLow",
    labels={"severity": "critical"},
    annotations={"summary": "{{ $labels.owner }}", "title": "-", "description": "-"},
    selector={"sloth_service": "shop"},
)


@pytest.mark.parametrize("groups", [(), ("region",)], ids=["one budget", "a budget for each region"])
def test_the_alert_on_an_exhausted_budget_fires(judge: Judge, groups: tuple[str, ...]) -> None:
    """At its threshold, with the SLO's own labels, and with what its templates read."""
    labels = LABELS | ({"region": "eu"} if groups else {})
    told = {"summary": "team-a", "title": "-", "description": "-"}
    assert judge(_plan(WANTED, group_by=groups), SOURCE, labels, told) == ""


def test_it_waits_for_its_threshold(judge: Judge) -> None:
    below = ExhaustedAlert(Decimal("0.49"), "BudgetLow", annotations=WANTED.annotations, labels=WANTED.labels)
    assert "got:[]" in judge(_plan(below), SOURCE, LABELS, {})


def test_it_says_what_it_is_where_its_owner_does_not() -> None:
    alert = _alert(_plan(ExhaustedAlert(), runbook_url="https://example.com"), "ErrorBudgetExhausted")
    assert alert.annotations["description"] == "Fires while nothing of the error budget of 30d is left."
    assert alert.annotations["runbook_url"] == "https://example.com"
    assert "`BudgetLow` fires once 51 % of the budget of 30 days or less" in runbook(_plan(WANTED))


def test_an_info_label_of_another_metric_is_not_put_on_the_info_series() -> None:
    plugins = SlothPlugins(info_labels={"region": "eu"}, info_metric="slo:objective:ratio")
    for rule in (rule for group in default_plan(slo(plugins=plugins)).groups for rule in group.rules):
        assert not isinstance(rule, RecordingRule) or "region" not in rule.labels
    assert 'region: "eu"' in rule_file(
        [default_plan(slo(plugins=SlothPlugins(info_labels={"region": "eu"})))]
    )
