"""The arithmetic of budgets, against the figures of the SRE Workbook, chapter 5."""

from __future__ import annotations

from decimal import Decimal

import pytest

from slo_toolkit import budget
from slo_toolkit.duration import Duration
from slo_toolkit.slo import Objective
from slo_toolkit.windows import workbook_tiers

MONTH = Duration.of(days=30)
THREE_NINES = Objective.from_percent(Decimal("99.9"))


def test_the_workbooks_burn_rates_at_thirty_days() -> None:
    assert [tier.burn_rate for tier in workbook_tiers(MONTH)] == [Decimal("14.4"), 6, 3, 1]


def test_other_periods_keep_the_windows_and_scale_the_burn_rates() -> None:
    rates = [round(tier.burn_rate, 4) for tier in workbook_tiers(Duration.of(days=28))]
    assert rates == [Decimal("13.44"), Decimal("5.6"), Decimal("2.8"), Decimal("0.9333")]
    assert [tier.long_window for tier in workbook_tiers(Duration.of(days=7))] == [
        Duration.of(hours=1),
        Duration.of(hours=6),
        Duration.of(days=1),
        Duration.of(days=3),
    ]


def test_a_tier_knows_the_share_of_the_budget_that_it_allows() -> None:
    shares = [tier.budget_share(MONTH) for tier in workbook_tiers(MONTH)]
    assert shares == [Decimal("0.02"), Decimal("0.05"), Decimal("0.1"), Decimal("0.1")]


@pytest.mark.parametrize(
    ("burn_rate", "left"),
    [
        ("14.4", Duration.of(hours=50)),
        ("6", Duration.of(days=5)),
        ("3", Duration.of(days=10)),
        ("2", Duration.of(days=15)),
        ("1", Duration.of(days=30)),
    ],
)
def test_time_to_exhaustion(burn_rate: str, left: Duration) -> None:
    assert budget.time_to_exhaustion(MONTH, Decimal(burn_rate)) == left


@pytest.mark.parametrize(
    ("percent", "burn_rate", "fires"),
    [("93.06", "14.4", True), ("93.05", "14.4", False), ("83.4", "6", True), ("83.3", "6", False)],
)
def test_below_some_objective_a_burn_rate_can_never_be_reached(
    percent: str, burn_rate: str, fires: bool
) -> None:
    assert budget.can_fire(Objective.from_percent(Decimal(percent)), Decimal(burn_rate)) is fires


def test_a_budget_in_minutes_of_total_outage() -> None:
    assert budget.full_outage(MONTH, Objective.from_percent(Decimal("99.5"))) == Duration.of(minutes=216)


@pytest.mark.parametrize(
    ("tier", "error_ratio", "seconds"),
    [
        (0, "1", 51.84),
        (0, "0.15", 345.6),
        (0, "0.02", 2592),
        (1, "1", 129.6),
        (2, "1", 259.2),
        (3, "1", 259.2),
    ],
)
def test_detection_times_of_the_workbook(tier: int, error_ratio: str, seconds: float) -> None:
    found = budget.detection_time(THREE_NINES, workbook_tiers(MONTH)[tier], Decimal(error_ratio))
    assert found is not None
    assert found.seconds == seconds


def test_an_error_ratio_below_the_threshold_is_never_detected() -> None:
    assert budget.detection_time(THREE_NINES, workbook_tiers(MONTH)[0], Decimal("0.0144")) is None


@pytest.mark.parametrize(
    ("number", "text"),
    [("99.90", "99.9"), ("1E+2", "100"), ("0.00001", "0.00001"), ("1E-7", "0.0000001"), ("30", "30")],
)
def test_numbers_are_written_without_exponents_and_idle_zeros(number: str, text: str) -> None:
    assert budget.plain(Decimal(number)) == text
