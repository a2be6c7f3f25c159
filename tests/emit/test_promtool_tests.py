"""The generated unit tests pass for the generated rules, and fail for rules with any of the known faults."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml

from slo_toolkit.duration import Duration
from slo_toolkit.emit.promtool_tests import burn_tests, outage_tests
from slo_toolkit.emit.rules import rule_file
from slo_toolkit.slo import Severity, Sli, Tier
from slo_toolkit.windows import with_enough_scrapes, workbook_tiers

from .conftest import Run, outages
from .forms import MIXED, ON_OR_OFF
from .slos import SLIS, UNKNOWN_SLIS, plan

SIMULATED = {**MIXED, **ON_OR_OFF}


@pytest.mark.parametrize("sli", SLIS)
def test_every_kind_of_sli_passes(run: Run, sli: str) -> None:
    assert run([plan(sli)]) == ""


@pytest.mark.parametrize("sli", SIMULATED.values(), ids=SIMULATED.keys())
def test_every_form_of_query_that_is_understood_passes_and_fails_without_alerts(run: Run, sli: Sli) -> None:
    """The objective is one that a fifth of errors, which some of these forms need to see any, is far beyond."""
    assert run([plan(sli, "95")]) == ""
    silent = rule_file([plan(sli, "95", alerting={"tiers": ()})])
    assert "FAILED" in run([plan(sli, "95")], silent)


@pytest.mark.parametrize("objective", ["99.99", "99.5", "99", "95", "80"])
def test_every_objective_passes(run: Run, objective: str) -> None:
    assert run([plan("errors", objective)]) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"period": Duration.of(days=28)},
        {"period": Duration.of(days=7)},
        {"period": Duration.of(days=1), "alerting": {"tiers": workbook_tiers(Duration.of(days=1))[:3]}},
        {"period": Duration.of(days=3), "alerting": {"tiers": workbook_tiers(Duration.of(days=3))}},
        {"group_by": ("tenant", "region")},
        {"evaluation_interval": Duration.of(minutes=1), "scrape_interval": Duration.of(minutes=1)},
        {"evaluation_interval": Duration.of(seconds=15), "scrape_interval": Duration.of(seconds=15)},
        {"alerting": {"pending_for": Duration.of(seconds=100)}},
        {"alerting": {"min_error_events": 50}},
        {"alerting": {"tiers": ()}},
        {"labels": {"cluster": "eu"}, "extra_labels": {"cluster": "eu"}, "group_by": ("tenant",)},
    ],
    ids=str,
)
def test_every_option_passes(run: Run, changes: dict[str, Any]) -> None:
    assert run([plan("availability", **changes)]) == ""


@pytest.mark.parametrize("sli", ["availability", "probe"])
@pytest.mark.parametrize(
    ("scraped", "short", "long"),
    [
        ("15s", "1m", "30m"),
        ("30s", "2m", "1h"),
        ("30s", "3m", "1h"),
        ("30s", "4m", "6h"),
        ("30s", "7m", "1h"),
        ("30s", "13m", "1h"),
        ("30s", "5m", "33m"),
        ("30s", "5m", "1h4m"),
    ],
)
def test_windows_that_are_no_multiple_of_five_minutes_pass(
    run: Run, sli: str, scraped: str, short: str, long: str
) -> None:
    tier = Tier(Severity.PAGE, Decimal(14), Duration.parse(long), Duration.parse(short))
    assert run([plan(sli, "99", scrape_interval=Duration.parse(scraped), alerting={"tiers": (tier,)})]) == ""


@pytest.mark.parametrize("scraped", ["2m", "5m", "15m", "1h"])
def test_slow_scrapes_pass(run: Run, scraped: str) -> None:
    interval = Duration.parse(scraped)
    tiers = [with_enough_scrapes(tier, interval) for tier in workbook_tiers(Duration.of(days=30))]
    alerting = {"tiers": tuple(filter(None, tiers))}
    assert run([plan("availability", "99", scrape_interval=interval, alerting=alerting)]) == ""


def test_slos_that_share_a_metric_do_not_disturb_each_other(run: Run) -> None:
    together = [plan("latency"), plan("latency", "95", name="latency-relaxed"), plan("errors")]
    assert [test["name"] for test in outages(together)][:3] == [
        "no telemetry: latency, latency-relaxed, errors",
        "total outage: latency, errors",
        "total outage: latency-relaxed",
    ]
    assert run(together) == ""


@pytest.mark.parametrize("sli", UNKNOWN_SLIS)
def test_an_sli_that_cannot_be_simulated_is_named_with_the_reason(run: Run, sli: str) -> None:
    unknown = plan(UNKNOWN_SLIS[sli], name=sli)
    assert f"# shop-{sli} is tested without any traffic: " in (outage_tests([unknown], "rules.yaml") or "")
    assert [test["name"] for test in outages([unknown])] == [f"no telemetry: {sli}"]
    assert run([unknown]) == ""


FAULTS = {
    "a page threshold that is a tenth too high": ("> 0.0144", "> 0.01584"),
    "a page threshold that is a tenth too low": ("> 0.0144", "> 0.01296"),
    "the slow page's threshold is a fifth too high": ("> 0.006", "> 0.0072"),
    "the slow page's threshold is a tenth too low": ("> 0.006", "> 0.0054"),
    "the lowest threshold of the ticket is a tenth too low": ("> 0.001", "> 0.0009"),
    "a division that gives NaN without traffic": (" > 0)", ")"),
    "a missing error series is no data": (" or on () 0 * ", " and on () 0 * "),
    "a short window that is as long as the long one": ("ratio_rate5m{", "ratio_rate1h{"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_rules_with_a_known_fault_fail(run: Run, fault: str) -> None:
    old, new = FAULTS[fault]
    right = rule_file([plan("errors")])
    assert old in right
    assert "FAILED" in run([plan("errors")], right.replace(old, new))


def test_rules_without_alerts_fail(run: Run) -> None:
    silent = rule_file([plan("errors", alerting={"tiers": ()})])
    assert "ALERTS" in run([plan("errors")], silent)


def test_tests_run_against_the_rules_they_name() -> None:
    for make in (outage_tests, burn_tests):
        assert yaml.safe_load(make([plan()], "../rules/shop.yaml") or "")["rule_files"] == [
            "../rules/shop.yaml"
        ]
