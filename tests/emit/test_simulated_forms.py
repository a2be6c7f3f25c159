"""Queries of the forms met in the wild are simulated: their tests pass, and fail for rules with a known fault.

The faults are those that tests of the form can see: where errors are all or nothing, no threshold is exact.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.emit.gaps import gaps
from slo_toolkit.emit.promtool_tests import burn_tests
from slo_toolkit.emit.rules import rule_file
from slo_toolkit.emit.source_series import source_series
from slo_toolkit.plan.default import default_plan
from slo_toolkit.slo import EventSli, LatencySli, RawSli, Sli, Slo, SlothPlugins

from .conftest import Run, outages
from .forms import GROUPED, MIXED, ON_OR_OFF, RATE, UNKNOWN
from .slos import W, plan, slo

BOTH = {**MIXED, **ON_OR_OFF}


FAULTS = {
    "pages never come": ("> 0.", "> 10."),
    "pages are always there": ("> 0.144", ">= -1"),
    "pages outlast the outage": ("ratio_rate5m{", "ratio_rate1h{"),
    "ratios are not recorded": ('record: "slo:sli_error:ratio_rate', 'record: "slo:sli_error:lost'),
    "there are no rules of the SLO": ("slo:objective:ratio", "slo:objective:lost"),
}
EXEMPLARY = ("total-of-parts", "ratio-or-zero", "mean", "maximum", "slices", "clients", "nodes-away")


@pytest.mark.parametrize("form", EXEMPLARY)
@pytest.mark.parametrize("fault", FAULTS)
def test_rules_with_a_known_fault_fail(run: Run, form: str, fault: str) -> None:
    sound = plan(BOTH[form], "99")
    old, new = FAULTS[fault]
    right = rule_file([sound])
    assert old in right
    assert "FAILED" in run([sound], right.replace(old, new))


MIXED_FAULTS = {
    "a page threshold that is a tenth too high": ("> 0.144", "> 0.1584"),
    "a page threshold that is a tenth too low": ("> 0.144", "> 0.1296"),
}


@pytest.mark.parametrize("form", ["total-of-parts", "ratio", "ratio-or-one", "mean", "joined"])
@pytest.mark.parametrize("fault", MIXED_FAULTS)
def test_where_a_share_is_simulated_a_threshold_is_exact(run: Run, form: str, fault: str) -> None:
    sound = plan(MIXED[form], "99")
    old, new = MIXED_FAULTS[fault]
    assert "FAILED" in run([sound], rule_file([sound]).replace(old, new))


def test_a_least_number_of_errors_is_kept_where_samples_are_counted(run: Run) -> None:
    """A slice a minute is an hour's sixty; twenty hours of them are asked for in vain."""
    few, many = (plan(ON_OR_OFF["slices"], "99", alerting={"min_error_events": n}) for n in (5, 1200))
    assert run([few]) == ""
    assert source_series(many.slo) is None


def test_a_share_of_samples_may_be_less_than_the_least_number_of_errors() -> None:
    source = source_series(slo("probe", "99", alerting={"min_error_events": 5}))
    assert source is not None
    assert not source.mixes


@pytest.mark.parametrize("form", GROUPED)
def test_all_series_are_of_one_group(run: Run, form: str) -> None:
    sli, label = GROUPED[form]
    grouped = plan(sli, "99", group_by=(label,))
    source = source_series(grouped.slo)
    assert source is not None
    assert source.mixes
    assert len({dict(series.labels)[label] for series in source.all}) == 1
    assert run([grouped]) == ""


def test_a_group_has_one_value_in_all_series() -> None:
    """By code, each group would be all errors or none."""
    by_code = EventSli(RATE["all"], error_query=f'sum(rate(all_total{{code="500"}}{W}))')
    assert source_series(slo(by_code)) is not None
    source = source_series(slo(by_code, group_by=("code",)))
    assert source is None


def test_slices_are_not_sampled_more_seldom_than_their_rates_need() -> None:
    slices = ON_OR_OFF["slices"]
    assert source_series(slo(slices, evaluation_interval=Duration.of(minutes=1))) is not None
    assert source_series(slo(slices, evaluation_interval=Duration.of(minutes=2))) is None


def _gaps(*slos: Slo) -> dict[str, list[str]]:
    return {f"{gap.what}: {gap.reason}": [each.name for each in left] for gap, left in gaps(slos).items()}


def test_what_is_not_tested_is_told_with_the_reason() -> None:
    native = LatencySli("http_seconds", Decimal(1), native=True)
    told = _gaps(
        slo("errors"),
        slo(UNKNOWN["quantile"], name="quantile"),
        slo(UNKNOWN["two-units"], name="two-units"),
        slo(native, name="native"),
        slo(ON_OR_OFF["slices"], name="slices"),
        slo(ON_OR_OFF["down"], name="down"),
        slo("probe", name="probe", alerting={"min_error_events": 5}),
        slo(ON_OR_OFF["down"], name="no-alerts", alerting={"tiers": ()}),
    )
    assert told == {
        "any traffic: no series are known that the queries would count as good events, and others as errors": [
            "quantile",
            "two-units",
        ],
        "any traffic: not every promtool can simulate native histograms": ["native"],
        "slow burns: the queries look back further than the window": ["slices"],
        "slow burns: the queries compare with a threshold, so a share of errors may be none": ["down"],
        "slow burns: a small share of the samples is less than `min_error_events`": ["probe"],
    }


SECONDS_ABOVE = RawSli("avg_over_time((latency > bool 0.5)[{{.window}}:1m])")


def test_rules_that_promtool_cannot_evaluate_have_no_tests(run: Run) -> None:
    """A number in a subquery is a sample in each of its steps, of which promtool takes 10,000."""
    month = plan(SECONDS_ABOVE, "99", name="month")
    week = plan(SECONDS_ABOVE, "99", name="week", period=Duration.of(days=6))
    assert outages([week]) != []
    assert run([week]) == ""
    assert outages([month, plan("errors")]) == []
    (told,) = _gaps(month.slo, slo("errors"), slo("errors", service="other"))
    assert told.startswith("any promtool test: promtool takes 10,000 samples of a query")


def test_that_promtool_cannot_is_so(promtool: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it can one day, those tests can be made."""
    monkeypatch.setattr("slo_toolkit.emit.promtool_tests.untestable", lambda slos: None)
    assert "too many samples" in run([plan(SECONDS_ABOVE, "99")])


def test_what_promtool_does_not_read_has_no_tests() -> None:
    sli = EventSli(f"sum(rate(all_total{W})) default 0", error_query=RATE["bad"])
    metricsql = slo(sli, name="metricsql", plugins=SlothPlugins(metricsql=True))
    (told,) = _gaps(metricsql, slo("errors"))
    assert told == "any promtool test: promtool reads no MetricsQL, of which the service has a query"
    assert outages([default_plan(metricsql), plan("errors")]) == []


WITHOUT_TELEMETRY = {
    "the objective is another": ("vector(0.999)", "vector(0.99)"),
    "the budget is another": ("vector(0.001)", "vector(0.01)"),
    "what was never there is an alert": ("[10m]) > 0 < 3", "[10m]) < 3"),
}


@pytest.mark.parametrize("fault", WITHOUT_TELEMETRY)
def test_without_any_knowledge_of_the_query_rules_are_tested(run: Run, fault: str) -> None:
    unknown = plan(UNKNOWN["quantile"], alerting={"name": "Requests"})
    right = rule_file([unknown])
    old, new = WITHOUT_TELEMETRY[fault]
    assert old in right
    assert run([unknown], right) == ""
    assert "FAILED" in run([unknown], right.replace(old, new))


@pytest.mark.parametrize(
    ("changes", "fire"),
    [
        ({}, ["16m30s: 0", "29m: 1"]),
        ({"alerting": {"absence_for": Duration.of(minutes=20)}}, ["26m30s: 0", "39m: 1"]),
    ],
)
def test_targets_that_are_gone_are_an_alert_in_its_time(
    run: Run, changes: dict[str, Any], fire: list[str]
) -> None:
    made = plan("errors", **changes)
    checks = outages([made])[-1]["promql_expr_test"]
    assert [f"{check['eval_time']}: {len(check['exp_samples'])}" for check in checks] == fire
    assert run([made]) == ""


def test_a_wait_of_a_day_is_not_waited_for() -> None:
    made = plan("errors", alerting={"absence_for": Duration.of(days=1)})
    assert not [test for test in outages([made]) if test["name"].startswith("targets gone")]


@pytest.mark.parametrize(
    "sli",
    [
        EventSli(f"{RATE['all']} or vector(1)", error_query=RATE["bad"]),
        RawSli(f"(1 - avg(avg_over_time(up{W}))) or vector(1)"),
    ],
    ids=["total", "ratio"],
)
def test_where_a_number_stands_in_for_missing_telemetry_no_alert_is_asked_for(run: Run, sli: Sli) -> None:
    made, other = plan(sli, "99", name="stands-in"), plan("errors", name="other")
    checks = outages([made, other])[0]["promql_expr_test"]
    (silent,) = [check["expr"] for check in checks if "ALERTS" in check["expr"]]
    assert silent == 'ALERTS{sloth_service="shop", sloth_slo=~"|other"}'
    assert run([made, other]) == ""


def test_files_without_a_test_are_not_made(run: Run) -> None:
    unknown = plan(UNKNOWN["quantile"])
    assert [test["name"] for test in outages([unknown])] == ["no telemetry: requests"]
    assert burn_tests([unknown], "rules.yaml") is None
    assert run([unknown]) == ""
