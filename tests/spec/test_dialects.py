"""What an SLO is, whichever dialect it is written in."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import yaml

from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.recipe import Compat, Recipe
from slo_toolkit.slo import (
    Alerting,
    AlertMeta,
    AvailabilitySli,
    EventSli,
    KubernetesMeta,
    LatencySli,
    Objective,
    ProbeSli,
    Quantity,
    Severity,
    Sli,
    Slo,
    Tier,
)
from slo_toolkit.spec import AlertWindows, LoadOptions, Source, load_windows
from slo_toolkit.windows import workbook_tiers
from tests.spec.documents import KUBERNETES, NATIVE, OPENSLO, SLOTH, WINDOWS, changed, loaded, only_slo, told

MONTH = Duration.of(days=30)


def test_sloth() -> None:
    assert only_slo(SLOTH) == Slo(
        service="shop",
        name="availability",
        objective=Objective(Decimal("0.999")),
        sli=EventSli(
            total_query="sum(rate(requests_total[{{.window}}]))",
            error_query='sum(rate(requests_total{code=~"5.."}[{{.window}}]))',
        ),
        description="Requests that succeed.",
        labels={"owner": "shop-team"},
        alerting=Alerting(
            name="ShopErrors",
            labels={"category": "availability"},
            page=AlertMeta({"severity": "critical"}),
            tiers=workbook_tiers(MONTH),
        ),
        spec="prometheus/v1",
        source="a.yaml",
    )


def test_the_native_format_is_a_superset_of_sloths() -> None:
    native = only_slo(changed(SLOTH, ("prometheus/v1", "slo-toolkit/v1")))
    sloth = only_slo(SLOTH)
    assert (native.sli, native.alerting, native.labels) == (sloth.sli, sloth.alerting, sloth.labels)


def test_kubernetes() -> None:
    slo = only_slo(KUBERNETES)
    assert slo.kubernetes == KubernetesMeta("shop-slos", "monitoring", {"app.kubernetes.io/part-of": "shop"})
    assert slo.spec == "sloth.slok.dev/v1"
    assert slo.labels == {"owner": "shop-team"}
    assert slo.sli == only_slo(SLOTH).sli
    assert slo.alerting.page == AlertMeta({"severity": "critical"})
    assert slo.alerting.ticket.disabled


def test_openslo_makes_an_slo_of_each_objective_and_no_alerts() -> None:
    result = loaded(OPENSLO)
    assert told(result) == []
    assert [(slo.id, slo.objective.ratio, slo.period) for slo in result.slos] == [
        ("shop-shop-availability-0", Decimal("0.999"), Duration.of(days=28)),
        ("shop-shop-availability-1", Decimal("0.95"), Duration.of(days=28)),
    ]
    first = result.slos[0]
    assert first.sli == EventSli(
        total_query="sum(rate(requests_total[{{.window}}]))",
        good_query='sum(rate(requests_total{code!~"5.."}[{{.window}}]))',
    )
    assert first.spec == "openslo/v1alpha"
    assert first.alerting.page.disabled
    assert first.alerting.ticket.disabled
    assert first.alerting.absence.disabled


def test_native() -> None:
    slo = only_slo(NATIVE)
    assert slo.sli == AvailabilitySli("requests_total", 'code=~"5.."', 'job="shop"')
    assert slo.period == Duration.of(days=28)
    assert slo.runbook_url == "https://runbooks.example.com/shop/availability"
    assert slo.alerting.tiers == (
        Tier(Severity.PAGE, Decimal(10), Duration.of(hours=1), Duration.of(minutes=5)),
    )


@pytest.mark.parametrize(
    ("section", "sli"),
    [
        (
            "events: {good_query: 'sum(rate(good[{{.window}}]))', total_query: 'sum(rate(total[{{.window}}]))'}",
            EventSli(total_query="sum(rate(total[{{.window}}]))", good_query="sum(rate(good[{{.window}}]))"),
        ),
        (
            "raw: {error_ratio_query: 'sum(rate(e[{{.window}}])) / sum(rate(t[{{.window}}]))'}",
            EventSli(
                "sum(rate(t[{{.window}}]))",
                "sum(rate(e[{{.window}}]))",
                error_ratio_query="sum(rate(e[{{.window}}])) / sum(rate(t[{{.window}}]))",
            ),
        ),
        ("latency: {histogram: seconds, threshold: 0.3}", LatencySli("seconds", Decimal("0.3"))),
        ("latency: {histogram: seconds, threshold: 300ms}", LatencySli("seconds", Decimal("0.3"))),
        ("latency: {histogram: seconds, threshold: 1m}", LatencySli("seconds", Decimal(60))),
        (
            "latency: {histogram: seconds, threshold: 1.0, filter: 'a=\"b\"', native: true}",
            LatencySli("seconds", Decimal("1.0"), 'a="b"', native=True),
        ),
        ("probe: {metric: probe_success, filter: 'job=\"x\"'}", ProbeSli("probe_success", 'job="x"')),
    ],
)
def test_native_slis(section: str, sli: Sli) -> None:
    start, end = NATIVE.index("      availability:"), NATIVE.index("    alerting:")
    assert only_slo(NATIVE[:start] + f"      {section}\n" + NATIVE[end:]).sli == sli


def test_everything_that_a_native_slo_can_say() -> None:
    slo = only_slo(
        """
version: slo-toolkit/v1
service: shop
annotations: {contact: '#shop'}
slos:
  - name: speed
    objective: 95
    period: 7d
    group_by: [tenant, region]
    evaluation_interval: 1m
    scrape_interval: 15s
    dashboard_url: https://grafana.example.com/?slo={id}&brace={{x}}
    annotations: {summary: slow}
    aliases: {shop:speed:p95: p95, shop:speed:good: good_ratio}
    sli:
      latency: {histogram: seconds, threshold: 1}
    alerting:
      name: ShopIsSlow
      for: 2m
      min_error_events: 10
      ticket_alert: {disable: true, labels: {a: b}}
      tiers:
        - {name: Fast, severity: page, severity_label: critical, budget_percent: 5,
           long_window: 1h, short_window: 5m}
      absence: {for: 20m, no_targets_for: 1d, labels: {severity: info}, annotations: {why: silence}}
"""
    )
    assert slo.period == Duration.of(days=7)
    assert slo.group_by == ("tenant", "region")
    assert (slo.evaluation_interval, slo.scrape_interval) == (Duration.of(minutes=1), Duration.of(seconds=15))
    assert slo.dashboard_url == "https://grafana.example.com/?slo=shop-speed&brace={x}"
    assert slo.aliases == {"shop:speed:p95": Decimal("0.95"), "shop:speed:good": Quantity.GOOD_RATIO}
    alerting = slo.alerting
    assert alerting.pending_for == Duration.of(minutes=2)
    assert alerting.min_error_events == 10
    assert alerting.annotations == {"contact": "#shop", "summary": "slow"}
    assert alerting.ticket == AlertMeta({"a": "b"}, disabled=True)
    assert alerting.absence == AlertMeta({"severity": "info"}, {"why": "silence"})
    assert alerting.absence_for == Duration.of(minutes=20)
    assert alerting.no_targets_for == Duration.of(days=1)
    (tier,) = alerting.tiers
    assert (tier.name, tier.severity_label) == ("Fast", "critical")
    assert tier.burn_rate == Decimal("8.4")  # 5 % of 168 hours in one


def test_root_defaults_hold_unless_an_slo_says_otherwise() -> None:
    root = changed(NATIVE, ("service: shop\n", "service: shop\nperiod: 90d\nscrape_interval: 1m\n"))
    assert only_slo(root).period == Duration.of(days=28)
    assert only_slo(root).scrape_interval == Duration.of(minutes=1)
    assert only_slo(changed(root, ("    period: 4w\n", ""))).period == Duration.of(days=90)


def test_the_scrape_interval_of_the_call_holds_where_none_is_stated() -> None:
    told = LoadOptions(scrape_interval=Duration.of(minutes=2))
    assert only_slo(SLOTH, told).scrape_interval == Duration.of(minutes=2)
    stated = changed(NATIVE, ("period: 4w", "scrape_interval: 15s"))
    assert only_slo(stated, told).scrape_interval == Duration.of(seconds=15)


def test_the_scrape_interval_defaults_to_the_evaluation_interval() -> None:
    slo = only_slo(changed(NATIVE, ("period: 4w", "evaluation_interval: 1m")))
    assert slo.scrape_interval == Duration.of(minutes=1)


def test_labels_of_the_slo_win_over_the_services_and_those_of_the_call_over_both() -> None:
    document = changed(
        SLOTH,
        ("  owner: shop-team\n", "  owner: shop-team\n  tier: 1\n  site: all\n"),
        ("    objective:", "    labels: {tier: 2, site: main}\n    objective:"),
    )
    slo = only_slo(document, LoadOptions(extra_labels={"site": "b"}))
    assert slo.labels == {"owner": "shop-team", "tier": "2", "site": "b"}


@pytest.mark.parametrize(
    "written", ["2", "-1", "0.5", "true", "false", "plain", '"yes"', "'010'", "!!str 1:30", "1.2.3", "5m"]
)
def test_a_label_that_every_reader_takes_alike_is_text(written: str) -> None:
    slo = only_slo(changed(SLOTH, ("owner: shop-team", f"owner: {written}")))
    assert slo.labels["owner"] == written.removeprefix("!!str ").strip("\"'")


@pytest.mark.parametrize(
    ("written", "ratio"),
    [
        ("99.9", "0.999"),
        ("99.90", "0.999"),
        ("9.99e1", "0.999"),
        ("50", "0.5"),
        ('"99.9"', "0.999"),
        ("0.1", "0.001"),
    ],
)
def test_an_objective_is_exact(written: str, ratio: str) -> None:
    (slo,) = loaded(changed(SLOTH, ("99.9", written))).slos
    assert slo.objective.ratio == Decimal(ratio)


@pytest.mark.parametrize("written", ["", " null", " ~"])
def test_a_key_without_a_value_is_absent(written: str) -> None:
    document = changed(SLOTH, ("    description: Requests that succeed.\n", f"    description:{written}\n"))
    assert only_slo(document).description == ""


def test_json_is_read_like_yaml() -> None:
    value: Any = yaml.safe_load(changed(SLOTH, ("Requests", "🦥 Requests")))
    slo = only_slo(json.dumps(value))
    assert slo.description == "🦥 Requests that succeed."
    assert slo.sli == only_slo(SLOTH).sli


def test_anchors_aliases_and_merge_keys() -> None:
    slo = only_slo(
        """
version: prometheus/v1
service: shop
x-defaults: &defaults
  objective: 99.5
  alerting: &alerting {name: ShopErrors}
slos:
  - <<: *defaults
    name: availability
    objective: 99.9
    sli: {raw: {error_ratio_query: 'sum(rate(e[{{.window}}])) / sum(rate(t[{{.window}}]))'}}
"""
    )
    assert slo.objective.percent == Decimal("99.9")
    assert slo.alerting.name == "ShopErrors"


def test_a_mistake_in_a_merged_mapping_stands_where_it_is_written() -> None:
    document = changed(
        SLOTH,
        ("slos:\n", "x-more: &more\n  objektive: 1\nslos:\n"),
        ("  - name", "  - <<: *more\n    name"),
    )
    assert told(loaded(document)) == [
        "a.yaml:6:3 error: an SLO has no key `objektive` - known here: name, description, objective, labels, "
        "plugins, sli, alerting"
    ]


def test_several_documents_of_several_dialects_stand_in_one_file() -> None:
    documents = (SLOTH, changed(NATIVE, ("service: shop", "service: stock")), OPENSLO)
    result = loaded("\n---\n".join(documents))
    assert told(result) == []
    assert [slo.id for slo in result.slos] == [
        "shop-availability",
        "stock-availability",
        "shop-shop-availability-0",
        "shop-shop-availability-1",
    ]


def test_a_period_of_the_call_holds_where_the_spec_has_none() -> None:
    months = LoadOptions(period=Duration.of(days=60))
    assert only_slo(SLOTH, months).period == Duration.of(days=60)
    assert only_slo(NATIVE, months).period == Duration.of(days=28)


@pytest.mark.parametrize(
    ("days", "tiers", "left_out"),
    [
        (60, [("28.8", "1h"), ("12", "6h"), ("6", "1d"), ("2", "3d")], ""),
        # 0.9333x of four weeks is meant as the 1x of a month.
        (28, [("13.44", "1h"), ("5.6", "6h"), ("2.8", "1d"), ("1", "3d")], ""),
        (
            7,
            [("3.36", "1h"), ("1.4", "6h")],
            "7 days lasts, so these alerts are left out: 0.7x (ticket, 1d), 0.2333x",
        ),
        (
            1,
            [],
            "1 day lasts, so these alerts are left out: 0.48x (page, 1h), 0.2x (page, 6h), 0.1x (ticket, 1d)",
        ),
    ],
)
def test_default_tiers_scale_with_the_period_and_tell_of_no_lasting_budget(
    days: int, tiers: list[tuple[str, str]], left_out: str
) -> None:
    result = loaded(SLOTH, options=LoadOptions(period=Duration.of(days=days)))
    found = [(plain(tier.burn_rate), str(tier.long_window)) for tier in result.slos[0].alerting.tiers]
    assert found == tiers
    problems = told(result)
    assert len(problems) == bool(left_out)
    assert all(f"warning: below 1x a budget of {left_out}" in problem for problem in problems)


def test_sloths_rules_keep_the_tiers_that_sloth_makes() -> None:
    week = LoadOptions(period=Duration.of(days=7), recipe=Recipe(compat=Compat.SLOTH))
    assert only_slo(SLOTH, week).alerting.tiers == workbook_tiers(Duration.of(days=7))


def test_a_tier_of_a_lasting_budget_that_its_owner_wrote_is_kept_and_warned_of() -> None:
    document = changed(NATIVE, ("burn_rate: 10", "burn_rate: 0.7"))
    result = loaded(document)
    assert result.slos[0].alerting.tiers[0].burn_rate == Decimal("0.7")
    assert told(result) == [
        "a.yaml:17:22 warning: this alert fires without need: at 0.7x a budget of 28 days lasts "
        "- take a burn rate above 1"
    ]
    low = changed(WINDOWS, ("errorBudgetPercent: 42", "errorBudgetPercent: 30"))
    (problem,) = told(loaded(low, SLOTH, options=LoadOptions(period=Duration.of(days=7))))
    assert (
        "below 1x a budget of 7 days lasts, so these alerts fire without need: 0.7x (ticket, 3d)" in problem
    )


def test_alert_windows_replace_the_default_tiers_of_their_period() -> None:
    result = loaded(WINDOWS, SLOTH, options=LoadOptions(period=Duration.of(days=7)))
    assert told(result) == []
    assert [tier.burn_rate for tier in result.slos[0].alerting.tiers] == [
        Decimal("13.44"),
        Decimal("3.5"),
        Decimal("1.4"),
        Decimal("0.98"),
    ]
    (month,) = loaded(WINDOWS, SLOTH).slos
    assert month.alerting.tiers == workbook_tiers(MONTH)


def test_alert_windows_of_their_own_file() -> None:
    windows = load_windows([Source("w.yaml", WINDOWS.encode())])
    assert windows.problems == ()
    week = Duration.of(days=7)
    slo = only_slo(SLOTH, LoadOptions(period=week, windows=windows.windows))
    assert slo.alerting.tiers == windows.windows.tiers(week)
    assert windows.windows.tiers(MONTH) is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "shortWindow: 5m, longWindow: 1h",
            "shortWindow: 2h, longWindow: 1h",
            "w.yaml:6:49 error: the short window 2h is not shorter than the long one, 1h",
        ),
        (
            "longWindow: 3d",
            "longWindow: 8d",
            "w.yaml:10:65 error: the window 8d is longer than the period of 7 days",
        ),
        (
            "errorBudgetPercent: 8",
            "errorBudgetPercent: 0",
            "w.yaml:6:33 error: `errorBudgetPercent` is above 0 and at most 100, not `0`",
        ),
        (
            "    slow: {errorBudgetPercent: 42, shortWindow: 6h, longWindow: 3d}\n",
            "",
            "w.yaml:9:5 error: `ticket` has no `slow` - add `slow:`",
        ),
    ],
)
def test_mistakes_in_alert_windows(old: str, new: str, problem: str) -> None:
    windows = load_windows([Source("w.yaml", changed(WINDOWS, (old, new)).encode())])
    assert told(windows) == [problem]


def test_two_alert_windows_for_one_period_conflict() -> None:
    assert told(loaded(WINDOWS, WINDOWS)) == ["b.yaml:4:14 error: a.yaml:4:14 has windows for 7 days, too"]


def test_an_slo_among_alert_windows_is_an_error() -> None:
    windows = load_windows([Source("w.yaml", SLOTH.encode())])
    assert [problem.message for problem in windows.problems] == ["alert windows are wanted here, not SLOs"]
    assert windows.windows == AlertWindows({})


def test_absence_alerts_unless_nothing_else_does() -> None:
    assert not only_slo(SLOTH).alerting.absence.disabled
    silent = changed(
        SLOTH,
        (
            "      page_alert:\n",
            "      ticket_alert: {disable: true}\n      page_alert:\n        disable: true\n",
        ),
    )
    assert only_slo(silent).alerting.absence.disabled


def test_a_silent_slo_needs_no_alert_name() -> None:
    start = SLOTH.index("    alerting:")
    silent = SLOTH[:start] + "    alerting: {page_alert: {disable: true}, ticket_alert: {disable: true}}\n"
    assert only_slo(silent).alerting.name == ""
