"""What the templates of an alert read is there when Prometheus fills them in: run in promtool."""

from __future__ import annotations

import json

import pytest

from slo_toolkit.emit.rules import rule_file
from slo_toolkit.plan.default import default_plan, default_plans
from slo_toolkit.plan.model import AlertingRule, Plan
from slo_toolkit.plan.sloth import sloth_plan
from slo_toolkit.spec import LoadOptions
from tests.spec.documents import SLOTH, only_slo

from .conftest import Judge

SPEC = """\
version: slo-toolkit/v1
service: cart
labels: {team: checkout, tier: gold, price: "$1 {{ $labels.team }} \\"x\\""}
slos:
  - name: availability
    objective: 99.9
    labels: {tier: platinum}
    GROUPING
    sli:
      availability: {metric: cart_requests_total, errors: code=~"5.."}
    alerting:
      name: CartErrors
      labels: {route: "team-{{ $labels.team }}", channel: "#cart", team: on-call}
      annotations: {title: -, summary: ONE, description: -, budget_remaining: -, time_to_exhaustion: -}
      absence:
        annotations: {title: -, summary: ONE, description: -}
      ticket_alert: {disable: true}
"""

FORMS = {
    "SLO of {{ $labels.team }} ({{ .Labels.tier }}) burns": "SLO of checkout (platinum) burns",
    '{{ index $labels "team" | toUpper }}': "CHECKOUT",
    "{{ $labels.price }}": '$1 {{ $labels.team }} "x"',
    "{{ $labels.channel }} of {{ $labels.alertname }}": "#cart of ALERT",
    "{{ $labels.cluster }} {{ $labels.sloth_slo }}": "eu availability",
    "{{ with $labels }}{{ .team }} {{ .tier }}{{ end }}": "checkout platinum",
    '{{ if eq $labels.tier "platinum" }}now{{ else }}later{{ end }}': "now",
}


def _plan(text: str, grouping: str = "") -> Plan:
    document = SPEC.replace("ONE", json.dumps(text)).replace("    GROUPING\n", grouping)
    (made,) = default_plans([only_slo(document, LoadOptions(extra_labels={"cluster": "eu"}))])
    return made


def _alerts(plan: Plan) -> list[AlertingRule]:
    return [rule for group in plan.groups for rule in group.rules if isinstance(rule, AlertingRule)]


ERRORS = {'cart_requests_total{code="500",zone="a"}': "0+60x60"}
LABELS = {
    "alertname": "CartErrors",
    "cluster": "eu",
    "sloth_id": "cart-availability",
    "sloth_service": "cart",
    "sloth_slo": "availability",
    "tier": "platinum",
    "price": '$1 {{ $labels.team }} "x"',
    "team": "on-call",
    "channel": "#cart",
    "route": "team-checkout",
}
PAGE = {**LABELS, "sloth_severity": "page"}


def _texts(summary: str, *others: str) -> dict[str, str]:
    return {**dict.fromkeys(("title", "description", *others), "-"), "summary": summary}


@pytest.mark.parametrize("form", FORMS)
def test_a_page_says_what_its_owner_meant(judge: Judge, form: str) -> None:
    told = _texts(FORMS[form].replace("ALERT", "CartErrors"), "budget_remaining", "time_to_exhaustion")
    assert judge(_plan(form), ERRORS, PAGE, told) == ""


SERVICE_LABELS = {name: text for name, text in LABELS.items() if name not in ("sloth_id", "sloth_slo")}
DOWN = {'up{job="cart",instance="1"}': "1x15 0x60", 'cart_requests_total{job="cart",instance="1"}': "0+60x15"}


@pytest.mark.parametrize("form", FORMS)
def test_so_does_an_alert_on_absent_telemetry(judge: Judge, form: str) -> None:
    """It is the service's, so there is no name of one SLO in it."""
    labels = {**SERVICE_LABELS, "alertname": "SLOTargetGone", "sloth_severity": "ticket"}
    told = _texts(FORMS[form].replace("ALERT", "SLOTargetGone").replace("eu availability", "eu "))
    assert judge(_plan(form), DOWN, labels, {**told, "slos": "availability"}) == ""


def test_a_group_says_its_own_label_beside_the_slos(judge: Judge) -> None:
    plan = _plan("{{ $labels.zone }} {{ $labels.team }}", "    group_by: [zone]\n")
    told = _texts("a checkout", "budget_remaining", "time_to_exhaustion")
    assert judge(plan, ERRORS, {**PAGE, "zone": "a"}, told) == ""


def test_only_what_is_read_is_put_on() -> None:
    page = _alerts(_plan("{{ $labels.tier }}"))[0]
    assert page.expr.count("label_replace(") == 2
    assert page.expr.endswith('"team", "checkout", "", ""),\n  "tier", "platinum", "", "")')
    plain = default_plan(only_slo(SLOTH))
    assert not any("label_replace" in rule.expr for rule in _alerts(plain))


@pytest.mark.parametrize("spec", [SPEC, SLOTH])
def test_sloths_own_rules_are_left_as_they_are(spec: str) -> None:
    slo = only_slo(spec.replace("ONE", '"{{ $labels.team }}"').replace("    GROUPING\n", ""))
    assert "label_replace" not in rule_file([sloth_plan(slo, "cli-gen-prom", "dev")])
