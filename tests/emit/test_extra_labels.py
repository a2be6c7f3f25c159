"""Extra labels are a part of the identity: on every rule, and in every question about a recorded series."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import yaml

from slo_toolkit.emit.dashboards import dashboards
from slo_toolkit.emit.inhibition import inhibit_rules
from slo_toolkit.emit.promtool_tests import burn_tests, outage_tests
from slo_toolkit.emit.runbooks import runbook
from slo_toolkit.plan.model import AlertingRule, Plan
from slo_toolkit.slo import Quantity
from slo_toolkit.spec import LoadOptions
from tests.spec.documents import NATIVE, SLOTH, only_slo

from .slos import SLIS, UNKNOWN_SLIS, plan

EXTRA = {"cluster": 'e"u', "stage": "live"}
ON_ALL: dict[str, Any] = {"labels": {"owner": "team-a", **EXTRA}, "extra_labels": EXTRA}
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "grouped": {"group_by": ("region",)},
    "with-a-least-number": {"alerting": {"min_error_events": 5}},
}

_GENERATED = re.compile(r"(?:\bslo:[\w:]+|\bsloth_slo_info|\bALERTS)(\{(?:\"(?:\\.|[^\"\\])*\"|[^}\"])*\})?")
_BY_NAME = re.compile(r"\{__name__=~\"slo:[^}]*\}")


def _all_plans() -> Iterator[Plan]:
    for sli in (*SLIS.values(), *UNKNOWN_SLIS.values()):
        for changes in VARIANTS.values():
            yield plan(sli, **ON_ALL, **changes)
    yield plan("latency", **ON_ALL, aliases={"shop:p95": Decimal("0.95"), "shop:good": Quantity.GOOD_RATIO})


PLANS = list(_all_plans())


def _selectors(text: str) -> Iterator[str]:
    yield from (match[0] for match in _GENERATED.finditer(text))
    yield from _BY_NAME.findall(text)


@pytest.mark.parametrize("made", PLANS, ids=lambda made: type(made.slo.sli).__name__)
def test_every_rule_carries_them_and_every_selector_asks_for_them(made: Plan) -> None:
    rules = [rule for group in made.groups for rule in group.rules]
    asked = 0
    for rule in rules:
        assert EXTRA.items() <= rule.labels.items(), rule
        for selector in _selectors(rule.expr):
            assert r'cluster="e\"u", stage="live"' in selector, rule
            asked += 1
        for labels in re.findall(r"\b(?:by|on) \((sloth_id[^)]*)\)", rule.expr):
            assert "cluster, stage" in labels, rule
        if isinstance(rule, AlertingRule):
            # A query of the alert's own labels, or one that is written out within a string of the template.
            for selector in _selectors(" ".join(rule.annotations.values())):
                written = r"cluster=\"e\\\"u\", stage=\"live\""
                assert "sloth_id=%[1]q, cluster=%[2]q, stage=%[3]q" in selector or written in selector
    assert asked > len(rules) / 2, "hardly a selector is recognised"


def test_the_dashboards_of_a_service_and_its_runbook_ask_for_them() -> None:
    plans = [plan("errors", **ON_ALL), plan("latency", **ON_ALL, group_by=("region",))]
    texts = [text for name, text in dashboards({"shop": plans}, counted=True) if name == "shop.json"]
    texts = [text.replace(r"\"", '"').replace(r"\\", "\\") for text in texts]
    for text in (*texts, *map(runbook, plans)):
        found = [selector for selector in _selectors(text) if "{" in selector]
        assert found
        assert all(r'cluster="e\"u", stage="live"' in selector for selector in found)


def test_the_overview_tells_them_apart() -> None:
    (text,) = [t for name, t in dashboards({"shop": [plan("errors", **ON_ALL)]}, True) if "overview" in name]
    assert "max by (sloth_id, sloth_service, sloth_slo, cluster, stage)" in text
    assert "on (sloth_id)" not in text


def test_a_page_silences_no_ticket_of_another_compilation() -> None:
    (rule,) = yaml.safe_load(inhibit_rules([plan(**ON_ALL, group_by=("region",))]))["inhibit_rules"]
    assert rule["equal"] == ["sloth_id", "sloth_service", "sloth_slo", "cluster", "stage", "region"]


def test_the_generated_tests_ask_for_them() -> None:
    for make in (outage_tests, burn_tests):
        tests = yaml.safe_load(make([plan(**ON_ALL)], "rules.yaml") or "")["tests"]
        checks = [check["expr"] for test in tests for check in test["promql_expr_test"]]
        assert checks
        assert all(r'cluster="e\"u", stage="live"' in expr for expr in checks)


@pytest.mark.parametrize("document", [SLOTH, NATIVE], ids=["sloth", "native"])
def test_a_spec_gets_them_from_the_call(document: str) -> None:
    slo = only_slo(document, LoadOptions(extra_labels=EXTRA))
    assert slo.extra_labels == EXTRA
    assert EXTRA.items() <= slo.labels.items()
