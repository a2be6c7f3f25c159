"""Which verdict a budget gets, and what never looks green."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from slo_toolkit.errors import NotMeasurable
from slo_toolkit.status.model import Verdict
from slo_toolkit.status.names import Selection
from slo_toolkit.status.survey import Wanted, ask
from slo_toolkit.status.verdict import exit_code

from .conftest import StatusOf
from .fake import AT, FakePrometheus, identity, recorded


def test_a_budget_with_enough_left_is_met(status_of: StatusOf) -> None:
    status = status_of(FakePrometheus(recorded()))
    assert status.verdict is Verdict.MET
    assert status.budget_remaining == Decimal("0.9")
    assert not status.reasons


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [
        (0.00089, Verdict.MET),
        (0.00091, Verdict.AT_RISK),
        (0.001, Verdict.EXHAUSTED),
        (0.5, Verdict.EXHAUSTED),
    ],
)
def test_what_is_left_decides(status_of: StatusOf, ratio: float, verdict: Verdict) -> None:
    series = recorded(ratio_rate30d=ratio, ratio_rate1h=0.0)
    assert status_of(FakePrometheus(series)).verdict is verdict


def test_a_firing_alert_puts_a_budget_at_risk_and_a_pending_one_does_not(status_of: StatusOf) -> None:
    alert = {**identity(), "alertname": "ShopErrors", "sloth_severity": "page", "alertstate": "pending"}
    assert status_of(FakePrometheus(recorded(), alerts=[alert])).verdict is Verdict.MET
    status = status_of(FakePrometheus(recorded(), alerts=[{**alert, "alertstate": "firing"}]))
    assert status.verdict is Verdict.AT_RISK
    assert status.reasons == ("ShopErrors (page) fires",)


def test_a_budget_that_is_gone_within_a_day_is_at_risk(status_of: StatusOf) -> None:
    """0.9 of 30 days at 28x is 23 hours; at 26x it is more than a day."""
    assert status_of(FakePrometheus(recorded(ratio_rate1h=0.028))).verdict is Verdict.AT_RISK
    assert status_of(FakePrometheus(recorded(ratio_rate1h=0.026))).verdict is Verdict.MET


def test_more_errors_than_events_are_told_and_never_green(status_of: StatusOf) -> None:
    status = status_of(FakePrometheus(recorded(ratio_rate1h=1.5)))
    assert status.verdict is Verdict.NO_DATA
    assert status.reasons == (
        "more errors than events, 1.5 times as many in 1h: the queries do not count the same",
    )
    status = status_of(FakePrometheus(recorded(ratio_rate30d=1.5)))
    assert status.verdict is Verdict.EXHAUSTED
    assert "more errors than events" in status.reasons[1]


def test_an_alert_on_the_whole_period_is_told_as_any_other(status_of: StatusOf) -> None:
    status = status_of(FakePrometheus(recorded(days=1.0)))
    assert [str(window.long_window) for window in status.alert_windows] == ["1h", "6h", "1d"]
    assert status.alert_windows[-1].long_burn_rate == Decimal("0.1")


@pytest.mark.parametrize(
    ("prometheus", "reason"),
    [
        (FakePrometheus(recorded(ratio_rate30d=math.nan)), "no events were measured in the period"),
        (FakePrometheus(recorded(ratio_rate30d=math.inf)), "ratio_rate30d is infinite"),
        (FakePrometheus(recorded(without=["slo:sli_error:ratio_rate30d"])), "no events were measured"),
        (FakePrometheus(recorded(without=["slo:valid_events:rate5m"])), "returned nothing in the last five"),
        (FakePrometheus(recorded(), evaluated_at=AT - 3600), "last evaluated at 2026-11-24T05:00:00Z"),
        (FakePrometheus(recorded(), evaluated_at=None), "not evaluated"),
        (FakePrometheus(recorded(), sample_age=3600), "not"),
        (FakePrometheus(recorded() + recorded()[2:]), "two series where one is due"),
        (FakePrometheus(recorded(), warnings=["partial response"]), "the server warns: partial response"),
        (FakePrometheus(recorded(), clock=AT + 3600), "the server's clock is 60 minutes ahead of this one"),
    ],
    ids=[
        "NaN",
        "Inf",
        "no-events",
        "no-telemetry",
        "rules-stopped",
        "rules-gone",
        "old-samples",
        "duplicates",
        "partial-response",
        "clock-skew",
    ],
)
def test_what_is_doubtful_is_no_data(status_of: StatusOf, prometheus: FakePrometheus, reason: str) -> None:
    status = status_of(prometheus)
    assert status.verdict is Verdict.NO_DATA
    assert reason in "; ".join(status.reasons)
    assert exit_code([status]) == 3


def test_an_exhausted_budget_stays_exhausted_when_telemetry_goes(status_of: StatusOf) -> None:
    series = recorded(ratio_rate30d=0.01, without=["slo:valid_events:rate5m"])
    assert status_of(FakePrometheus(series)).verdict is Verdict.EXHAUSTED


def test_no_traffic_now_is_not_missing_telemetry(status_of: StatusOf) -> None:
    series = [item for item in recorded(rate5m=0.0) if item[0]["__name__"] != "slo:sli_error:ratio_rate5m"]
    assert status_of(FakePrometheus(series)).verdict is Verdict.MET


def test_a_server_without_slos_is_not_measurable() -> None:
    with pytest.raises(NotMeasurable, match="no rules record an SLO here"):
        ask(FakePrometheus(), Wanted(at=AT))


def test_a_name_that_nothing_records_is_not_measurable() -> None:
    with pytest.raises(NotMeasurable, match="named 'checkout/\\*'"):
        ask(FakePrometheus(recorded()), Wanted(at=AT, selection=Selection.of(["checkout/*"])))


def test_the_worst_comes_first_and_decides_the_exit_code() -> None:
    series = [
        *recorded(slo="fine"),
        *recorded(slo="silent", ratio_rate30d=math.nan),
        *recorded(slo="tight", ratio_rate30d=0.00095),
        *recorded(slo="spent", ratio_rate30d=0.002),
        *recorded(slo="overspent", ratio_rate30d=0.02),
    ]
    statuses = ask(FakePrometheus(series), Wanted(at=AT)).statuses
    assert [status.slo for status in statuses] == ["overspent", "spent", "silent", "tight", "fine"]
    assert exit_code(statuses) == 1
    assert exit_code([status for status in statuses if status.slo in ("silent", "fine")]) == 3
    assert exit_code([status for status in statuses if status.slo in ("tight", "fine")]) == 0


def test_less_than_the_gate_asks_for_is_bad(status_of: StatusOf) -> None:
    status = status_of(FakePrometheus(recorded()))
    assert exit_code([status], Decimal("0.9")) == 0
    assert exit_code([status], Decimal("0.91")) == 1


def test_each_group_has_its_own_verdict() -> None:
    search = recorded(group={"route": "search"})
    upload = recorded(group={"route": "upload"}, ratio_rate30d=0.01)
    whole = ("slo:objective:ratio", "slo:time_period:days")
    series = search + [item for item in upload if item[0]["__name__"] not in whole]
    statuses = ask(FakePrometheus(series), Wanted(at=AT)).statuses
    assert [(status.group, status.verdict) for status in statuses] == [
        ({"route": "upload"}, Verdict.EXHAUSTED),
        ({"route": "search"}, Verdict.MET),
    ]


def test_rules_of_sloth_tell_ratios_alone(status_of: StatusOf) -> None:
    """No event counts and no coverage: null, not zero; what was spent follows from the burn rate."""
    ours = ["slo:coverage:ratio30d"]
    series = [item for item in recorded(without=ours) if "events" not in item[0]["__name__"]]
    status = status_of(FakePrometheus(series))
    assert status.verdict is Verdict.MET
    assert (status.error_events, status.valid_events, status.coverage) == (None, None, None)
    assert [spent and round(spent, 6) for spent in status.spent_in.values()] == [
        Decimal("0.000139"),
        Decimal("0.003333"),
        None,
    ]


@pytest.mark.parametrize("days", [740_000.0, 1e300, 1e-9, 0.0, -30.0])
def test_a_recorded_period_that_is_none_is_told_and_never_green(status_of: StatusOf, days: float) -> None:
    status = status_of(FakePrometheus(recorded(days=days)))
    assert status.verdict is Verdict.NO_DATA
    assert status.reasons == (
        f"slo:time_period:days is {days:g}, which is no period from five minutes to ten years in days",
    )


@pytest.mark.parametrize("objective", [1.0, 0.0, 1.5])
def test_an_objective_that_leaves_no_budget_is_told_with_what_would_be_right(
    status_of: StatusOf, objective: float
) -> None:
    series = [
        (labels, objective if labels["__name__"] == "slo:objective:ratio" else value)
        for labels, value in recorded()
    ]
    status = status_of(FakePrometheus(series))
    assert status.verdict is Verdict.NO_DATA
    assert status.reasons == (
        f"slo:objective:ratio is {objective:g}, which is no objective that leaves a budget: "
        "state one above 0 and below 100 % in its spec, such as 99.9",
    )
