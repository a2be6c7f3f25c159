"""Events of which nobody knows whether they were errors: told, and never green where they could spend the budget."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest

from slo_toolkit.query.samples import Sample
from slo_toolkit.slo import LatencySli
from slo_toolkit.status.model import Verdict
from slo_toolkit.status.periods import parse_period
from slo_toolkit.status.recorded import read_recorded
from slo_toolkit.status.survey import Wanted, ask

from .fake import AT, SPEC, FakePrometheus, identity, recorded

Series = list[tuple[dict[str, str], float]]


def unknown(events: float, **labels: str) -> Series:
    """So many of the period, and as many lately."""
    names = ("slo:unknown_events:count30d", "slo:unknown_events:count5m")
    return [({"__name__": name, **identity(), **labels}, events) for name in names]


def test_a_few_are_told_and_decide_nothing() -> None:
    """Of the 9000 errors that are left."""
    answer = ask(FakePrometheus(recorded() + unknown(8900)), Wanted(at=AT))
    (status,) = answer.statuses
    assert (status.verdict, status.reasons) == (Verdict.MET, ())
    (warning,) = answer.warnings
    assert warning == (
        "shop/requests: 0.089 % of the events are of series without a bucket at the threshold, so nobody knows whether "
        "they were errors: give every one the bucket, or the SLO a threshold at which all have one; "
        "slo:without_bucket:info names the series"
    )


def test_as_many_as_are_left_of_the_budget_leave_no_verdict() -> None:
    answer = ask(FakePrometheus(recorded() + unknown(9100)), Wanted(at=AT))
    (status,) = answer.statuses
    assert status.verdict is Verdict.NO_DATA
    assert (
        "so nobody knows whether they were errors; were they all, nothing of the budget would be left:"
        in (status.reasons[0])
    )
    assert answer.warnings == ()


def test_what_is_exhausted_anyway_stays_so() -> None:
    (status,) = ask(FakePrometheus(recorded(ratio_rate30d=0.002) + unknown(1e6)), Wanted(at=AT)).statuses
    assert status.verdict is Verdict.EXHAUSTED


def test_without_any_nothing_is_told() -> None:
    (reading,) = read_recorded(FakePrometheus(recorded() + unknown(0)), AT)
    assert reading.unknown_events is None
    assert ask(FakePrometheus(recorded() + unknown(0)), Wanted(at=AT)).warnings == ()


def test_the_groups_of_an_slo_are_told_together() -> None:
    series: Series = []
    for route in ("a", "b"):
        series += recorded(group={"route": route}) + unknown(1000, route=route)
    (warning,) = ask(FakePrometheus(series), Wanted(at=AT)).warnings
    assert warning.startswith("shop/requests: 0.01 % of the events")


def test_those_of_another_period_are_summed() -> None:
    sums = [
        ({**identity(), "slo_figure": figure}, value)
        for figure, value in (("valid", 1e6), ("errors", 100.0), ("slots", 2016.0), ("unknown", 950.0))
    ]
    source = FakePrometheus(recorded(), sums=sums)
    (reading,) = read_recorded(source, AT, parse_period("7d", UTC))
    assert reading.unknown_events == Decimal(950)
    assert any("sum_over_time(slo:unknown_events:count5m{" in asked for asked in source.asked)
    (status,) = ask(source, Wanted(at=AT, period=parse_period("7d", UTC))).statuses
    assert status.verdict is Verdict.NO_DATA


LATENCY = replace(SPEC, sli=LatencySli("duration_seconds", Decimal("0.5")))


class Raw(FakePrometheus):
    """Answers the raw figures of one SLO: no errors among 100 events a second."""

    def __init__(self, **more: float) -> None:
        super().__init__()
        self.more = {name.replace("_", "/"): value for name, value in more.items()}

    def instant(self, expr: str, at: float, share: float = 1) -> Sequence[Sample]:
        values = {"valid": 100.0, "errors": 0.0, "coverage": 1440.0, "all": 100.0}
        names = re.findall(r'"slo_figure", "0/([^"]+)"', expr)
        told = {name: self.more.get(name, values.get(name.partition("/")[0])) for name in names}
        return [
            Sample({"slo_figure": f"0/{name}"}, value, at)
            for name, value in told.items()
            if value is not None
        ]


def test_raw_figures_tell_how_many_events_beside_the_valid_ones_there_were() -> None:
    answer = ask(Raw(all_30d=100.5), Wanted(at=AT, specs=(LATENCY,), raw=True))
    (status,) = answer.statuses
    assert status.verdict is Verdict.MET
    (warning,) = answer.warnings
    assert warning.startswith("shop/requests: 0.5 % of the events are of series without a bucket")
    assert "slo:" not in warning


@pytest.mark.parametrize("ratio", [0.0, 5.0])
def test_raw_figures_of_series_that_got_the_bucket_are_refused_whatever_they_say(ratio: float) -> None:
    source = Raw(changed=6.0, errors_30d=100 * ratio)
    (status,) = ask(source, Wanted(at=AT, specs=(LATENCY,), raw=True)).statuses
    assert status.verdict is Verdict.NO_DATA
    assert status.reasons[0].startswith(
        "6 of its series had a bucket at the threshold for a part of the period alone"
    )
