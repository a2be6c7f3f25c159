"""The shape of the default plan. Whether its rules are right is shown in tests/live, by running them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.plan.default import default_plan, default_plans
from slo_toolkit.plan.model import AlertingRule, RecordingRule
from slo_toolkit.slo import (
    AlertMeta,
    EventSli,
    LatencySli,
    ProbeSli,
    Quantity,
    RawSli,
    Severity,
    Sli,
    Slo,
    Tier,
)

from .slos import slo


def records(of: Slo) -> dict[str, RecordingRule]:
    rules = (rule for group in default_plan(of).groups for rule in group.rules)
    return {rule.record: rule for rule in rules if isinstance(rule, RecordingRule)}


def alerts(of: Slo) -> list[AlertingRule]:
    rules = (rule for plan in default_plans([of]) for group in plan.groups for rule in group.rules)
    return [rule for rule in rules if isinstance(rule, AlertingRule)]


ABSENCE = ["SLOTargetGone", "SLOMetricGone", "SLOTrafficStopped"]


def burn_rate_alerts(of: Slo) -> list[AlertingRule]:
    return [alert for alert in alerts(of) if alert.alert not in ABSENCE]


def test_sloths_series_are_all_there_under_sloths_names() -> None:
    assert {
        *(
            f"slo:sli_error:ratio_rate{window}"
            for window in ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")
        ),
        "slo:objective:ratio",
        "slo:error_budget:ratio",
        "slo:time_period:days",
        "slo:current_burn_rate:ratio",
        "slo:period_burn_rate:ratio",
        "slo:period_error_budget_remaining:ratio",
        "sloth_slo_info",
    } <= set(records(slo()))


def test_every_series_carries_the_identity_and_sloths_series_the_owners_labels_too() -> None:
    identity = {"sloth_id": "shop-requests", "sloth_service": "shop", "sloth_slo": "requests"}
    for name, rule in records(slo(labels={"owner": "web"})).items():
        assert identity.items() <= rule.labels.items(), name
    found = records(slo(labels={"owner": "web"}))
    assert found["slo:sli_error:ratio_rate5m"].labels == identity | {"owner": "web", "sloth_window": "5m"}
    assert found["slo:valid_events:rate5m"].labels == identity


def test_the_source_series_are_read_for_rates_and_counts_and_once_an_hour() -> None:
    readers = {name: rule.expr for name, rule in records(slo()).items() if "http_requests_total" in rule.expr}
    both = ("slo:valid_events:", "slo:error_events:")
    counts = {f"{stem}count5m" for stem in both}
    hourly = {f"{stem}{what}" for stem in both for what in ("increase1h", "increase5h", "born1h")}
    assert (
        readers.keys()
        == {
            *(f"{stem}rate5m" for stem in both),
            *counts,
            *hourly,
            "slo:measured:bridged1h",
            "slo:error_series:matched_timestamp_seconds",  # whether there are errors among them: one sample of each
            "slo:error_label:seen_timestamp_seconds",
            "slo:scrape_interval:seen_seconds",
            "slo:scrape_interval:marked_seconds",
            "slo:sli_targets:info",  # where they come from, the same
            "slo:false_resets:count5m",
            "slo:replicas:count",
        }
    )
    assert all("[4m59s999ms:5m])" in readers[name] for name in counts)
    assert all("[4m59s999ms:1h])" in readers[name] for name in (*hourly, "slo:measured:bridged1h"))
    assert all("[4m59s999ms:1h])" in readers[name] for name in readers if name.endswith("_seconds"))


def test_numbers_are_exact() -> None:
    found = records(slo("99.9"))
    assert found["slo:objective:ratio"].expr == "vector(0.999)"
    assert found["slo:error_budget:ratio"].expr == "vector(0.001)"
    assert "> 0.0144\n" in alerts(slo("99.9"))[0].expr


def test_a_rule_stands_behind_the_rules_that_it_reads() -> None:
    """A group runs in order: a rule that reads a later one would see its value of the evaluation before."""
    for group in default_plan(slo()).groups:
        names = [rule.record for rule in group.rules if isinstance(rule, RecordingRule)]
        for index, rule in enumerate(group.rules):
            later = [name for name in names[index + 1 :] if f"{name}{{" in rule.expr]
            assert not later, rule


def test_the_groups_run_as_often_as_what_they_feed_needs() -> None:
    intervals = {group.name: str(group.interval) for group in default_plan(slo()).groups}
    assert intervals == {
        "slo-sli-shop-requests": "30s",
        "slo-period-shop-requests": "5m",
        "slo-settled-shop-requests": "1h",
    }


def test_a_page_and_a_ticket_as_sloth_has_them() -> None:
    page, ticket = burn_rate_alerts(slo(alerting={"annotations": {"summary": "mine"}}))
    assert (page.alert, ticket.alert) == ("ShopErrors", "ShopErrors")
    assert (page.labels["sloth_severity"], ticket.labels["sloth_severity"]) == ("page", "ticket")
    assert page.annotations["summary"] == "mine"
    assert "14.4x in 1h and 5m, at which a whole budget lasts 50 hours" in page.annotations["description"]


def test_a_page_asks_for_what_is_left_of_its_own_budget() -> None:
    page = burn_rate_alerts(slo(group_by=("region",)))[0]
    own = "sloth_id=%[1]q, region=%[2]q"
    assert page.annotations["budget_remaining"] == (
        f'{{{{with printf "max(slo:period_error_budget_remaining:ratio{{{own}}})" $labels.sloth_id $labels.region'
        " | query}}{{. | first | value | humanizePercentage}}{{else}}unknown{{end}}"
    )
    assert "* 2592000 / (max(slo:current_burn_rate:ratio{" in page.annotations["time_to_exhaustion"]


def test_tiers_with_names_of_their_own_are_alerts_of_their_own() -> None:
    hour, minutes = Duration.of(hours=1), Duration.of(minutes=5)
    tiers = (
        Tier(Severity.PAGE, Decimal("14.4"), hour, minutes, "Critical", "critical"),
        Tier(Severity.PAGE, Decimal(6), hour, minutes, "High", "warning"),
    )
    found = burn_rate_alerts(slo(alerting={"tiers": tiers}))
    assert [(alert.alert, alert.labels["severity"]) for alert in found] == [
        ("Critical", "critical"),
        ("High", "warning"),
    ]


@pytest.mark.parametrize(
    ("objective", "burn_rates"),
    [("93.06", ["14.4", "6", "3", "1"]), ("93", ["6", "3", "1"]), ("80", ["3", "1"]), ("50", ["1"])],
)
def test_a_threshold_that_no_error_ratio_reaches_is_left_out(objective: str, burn_rates: list[str]) -> None:
    told = " ".join(alert.annotations["description"] for alert in burn_rate_alerts(slo(objective)))
    assert [rate for rate in ("14.4", "6", "3", "1") if f"above {rate}x" in told] == burn_rates


@pytest.mark.parametrize(
    ("alerting", "names"),
    [
        (
            {"page": AlertMeta(disabled=True)},
            ["ShopErrors", *ABSENCE],
        ),
        ({"absence": AlertMeta(disabled=True)}, ["ShopErrors", "ShopErrors"]),
        (
            {
                "page": AlertMeta(disabled=True),
                "ticket": AlertMeta(disabled=True),
                "absence": AlertMeta(disabled=True),
            },
            [],
        ),
    ],
)
def test_alerts_can_be_disabled(alerting: dict[str, Any], names: list[str]) -> None:
    assert [alert.alert for alert in alerts(slo(alerting=alerting))] == names


def test_a_least_number_of_errors_is_asked_of_the_long_window() -> None:
    page = alerts(slo(alerting={"min_error_events": 5}))[0]
    assert '(slo:error_events:rate1h{sloth_id="shop-requests"}) * 3600 >= 5' in page.expr
    assert '(slo:error_events:rate6h{sloth_id="shop-requests"}) * 21600 >= 5' in page.expr


def test_an_alert_waits_as_long_as_the_spec_says() -> None:
    page = alerts(slo(alerting={"pending_for": Duration.of(minutes=2)}))[0]
    assert page.pending_for == Duration.of(minutes=2)


def test_the_owners_labels_are_no_templates_but_the_alerts_own_are() -> None:
    page = alerts(slo(labels={"odd": "{{x}}"}, alerting={"labels": {"pod": "{{ $labels.pod }}"}}))[0]
    assert page.labels["odd"] == '{{"{{"}}x}}'
    assert page.labels["pod"] == "{{ $labels.pod }}"


def test_links_are_annotations() -> None:
    page = alerts(slo(runbook_url="https://r.example", dashboard_url="https://d.example"))[0]
    assert page.annotations["runbook_url"] == "https://r.example"
    assert page.annotations["dashboard_url"] == "https://d.example"


def test_groups_have_a_budget_and_alerts_of_their_own() -> None:
    of = slo(sli=ProbeSli("probe_success"), group_by=("instance",))
    found = records(of)
    assert "sum by (instance) (" in found["slo:valid_events:rate30m"].expr
    assert "sum by (instance) (" in found["slo:valid_events:count30d"].expr
    assert "max by (sloth_id, sloth_service, sloth_slo, instance) (" in alerts(of)[0].expr


@pytest.mark.parametrize(
    "sli",
    [
        RawSli("1 - sum(avg_over_time(good[{{.window}}]))"),
        EventSli("count(avg_over_time(up[{{.window}}]))", "sum(max_over_time(late[{{.window}}]))"),
    ],
    ids=["raw", "events"],
)
def test_a_query_that_is_no_sum_of_its_pieces_is_asked_over_every_window_and_the_period(sli: Sli) -> None:
    found = records(slo(sli=sli))
    for window in ("5m", "30m", "1h", "2h", "6h", "1d", "3d"):
        assert f"[{window}]" in found[f"slo:error_events:rate{window}"].expr
    assert "[30d]" in found["slo:error_events:count30d:settled"].expr
    assert found["slo:error_events:count30d"].expr.startswith(
        "last_over_time(slo:error_events:count30d:settled{"
    )
    # Such windows are as old as the source, whenever the rules were loaded.
    assert "slo:rules_loaded:ratio1h" not in found
    assert not any("rules_loaded:ratio" in alert.expr for alert in alerts(slo(sli=sli)))


def test_a_window_shorter_than_five_minutes_is_read_from_the_source() -> None:
    tier = Tier(Severity.PAGE, Decimal(10), Duration.of(minutes=30), Duration.of(minutes=2))
    found = records(slo(alerting={"tiers": (tier,)}))
    assert "http_requests_total[2m29s999ms]" in found["slo:valid_events:rate2m"].expr


def test_a_long_window_that_is_no_multiple_of_five_minutes_is_averaged() -> None:
    tier = Tier(Severity.PAGE, Decimal(10), Duration.of(minutes=64), Duration.of(minutes=5))
    rule = records(slo(alerting={"tiers": (tier,)}))["slo:valid_events:rate1h4m"]
    assert rule.expr.endswith("[1h4m]) / 128")


def test_windows_longer_than_the_period_are_left_out() -> None:
    found = records(slo(period=Duration.of(days=1)))
    assert "slo:sli_error:ratio_rate3d" not in found
    assert found["slo:time_period:days"].expr == "vector(1)"


def test_aliases_record_under_the_names_that_dashboards_know() -> None:
    of = slo(
        sli=LatencySli("duration_seconds", Decimal(1)),
        aliases={
            "slo:availability:ratio": Quantity.GOOD_RATIO,
            "slo:error_rate:ratio": Quantity.ERROR_RATIO,
            "slo:latency:p95": Decimal("0.95"),
        },
    )
    found = records(of)
    assert found["slo:availability:ratio"].expr.startswith("1 - max(slo:sli_error:ratio_rate5m{")
    assert found["slo:error_rate:ratio"].expr.startswith("max(slo:sli_error:ratio_rate5m{")
    assert (
        found["slo:latency:p95"].expr
        == "histogram_quantile(0.95, sum by (le) (rate(duration_seconds_bucket[5m30s])))"
    )
