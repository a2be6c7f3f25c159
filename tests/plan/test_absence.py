"""Which alerts a service has on telemetry that is gone. When they fire is shown in tests/live."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from slo_toolkit.plan.default import default_plans
from slo_toolkit.plan.model import AlertingRule, RuleGroup
from slo_toolkit.plan.targets import sources
from slo_toolkit.slo import AlertMeta, AvailabilitySli, EventSli, LatencySli, RawSli, Sli, Slo

from .slos import slo


def groups_of_services(*slos: Slo) -> list[RuleGroup]:
    groups = (group for plan in default_plans(slos) for group in plan.groups)
    return [group for group in groups if group.name.startswith("slo-absence-")]


def target_gone(*slos: Slo) -> list[AlertingRule]:
    rules = [rule for group in groups_of_services(*slos) for rule in group.rules]
    return [rule for rule in rules if isinstance(rule, AlertingRule) and rule.alert == "SLOTargetGone"]


def named(name: str, **changes: Any) -> Slo:
    return slo(name=name, **changes)


def test_a_service_has_one_group_of_them_whatever_number_of_slos() -> None:
    made = groups_of_services(named("a"), named("b"), named("c", service="cart"))
    assert [(group.name, len(group.rules)) for group in made] == [
        ("slo-absence-shop", 3),
        ("slo-absence-cart", 3),
    ]


def test_an_alert_reads_all_slos_of_its_service() -> None:
    (alert,) = target_gone(named("a"), named("b"))
    assert 'slo:telemetry:state{sloth_service="shop"}[10m]' in alert.expr
    assert 'sloth_service=\\"shop\\"}[10m]' in alert.annotations["slos"]


def test_it_carries_the_labels_that_all_of_them_have_alike() -> None:
    same = {"owner": "web", "channel": "#shop"}
    (alert,) = target_gone(
        named("a", labels={**same, "feature": "a"}, alerting={"labels": {"severity": "warning"}}),
        named("b", labels={**same, "feature": "b"}, alerting={"labels": {"severity": "critical"}}),
    )
    assert alert.labels == {**same, "sloth_service": "shop", "sloth_severity": "ticket"}


def test_slos_whose_tickets_go_elsewhere_have_alerts_of_their_own() -> None:
    elsewhere = {"absence": AlertMeta({"channel": "#cart"})}
    first, second = target_gone(named("a"), named("b", alerting=elsewhere), named("c"))
    assert ('sloth_id=~"shop-a|shop-c"' in first.expr, "channel" in first.labels) == (True, False)
    assert ('sloth_id=~"shop-b"' in second.expr, second.labels["channel"]) == (True, "#cart")


def test_an_slo_of_which_absence_is_not_told_records_nothing_of_it() -> None:
    silent = {"absence": AlertMeta(disabled=True)}
    assert groups_of_services(named("a", alerting=silent)) == []
    (plan,) = default_plans([named("a", alerting=silent)])
    texts = [str(rule) for group in plan.groups for rule in group.rules]
    assert not [text for text in texts if "sli_targets" in text or "telemetry:state" in text]


W = "[{{.window}}]"


@pytest.mark.parametrize(
    ("sli", "series", "up"),
    [
        (AvailabilitySli("a_total", 'code="500"', 'job="web"'), ('a_total{job="web"}',), 'up{job="web"}'),
        (
            LatencySli("h_seconds", Decimal(1), 'job=~"w|x"'),
            ('h_seconds_count{job=~"w|x"}',),
            'up{job=~"w|x"}',
        ),
        (LatencySli("h_seconds", Decimal(1), native=True), ("h_seconds",), "up"),
        (EventSli(f'sum(rate(a{{job="x"}}{W})) + sum(rate(b{W}))', "c"), ('a{job="x"}', "b"), "up"),
        (RawSli(f'1 - avg(avg_over_time({{__name__="good"}}{W}))'), ('{__name__="good"}',), "up"),
        (EventSli(f"sum(rate(a{W})) default 0", "c"), (), "up"),
        (EventSli("sum(job:rate{{.window}})", "c"), (), "up"),
    ],
)
def test_the_targets_are_looked_up_by_what_the_total_reads(
    sli: Sli, series: tuple[str, ...], up: str
) -> None:
    found = sources(sli)
    assert (found.series, found.up) == (series, up)


def test_labels_of_which_the_query_asks_for_one_value_may_be_the_targets() -> None:
    found = sources(AvailabilitySli("a_total", 'code="500"', 'tier="gold",zone=~"a|b"'))
    assert "tier" in found.labels
    assert "zone" not in found.labels
