"""Figures as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.status.render import words


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        ("0.9", "90.0 %"),
        ("0.8999999999999999", "90.0 %"),  # the noise of a float
        ("0.99996", "99.9 %"),
        ("-0.00001", "-0.1 %"),
        ("-4.957", "-495.7 %"),
        ("-31.2", "-3,120 %"),
    ],
)
def test_what_is_left_is_rounded_downwards(ratio: str, text: str) -> None:
    assert words.share(Decimal(ratio)) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [(20_000, "20s"), (300_000, "5m"), (7_500_000, "2h 5m"), (86_400_000, "1d"), (273_600_000, "3d 4h")],
)
def test_a_length_has_two_units_at_most(ms: int, text: str) -> None:
    assert words.length(Duration(ms)) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [("0", "0.00x"), ("0.001", "< 0.01x"), ("0.318", "0.32x"), ("14.4", "14.4x"), ("1000", "1,000x")],
)
def test_a_burn_rate_has_as_many_digits_as_say_something(rate: str, text: str) -> None:
    assert words.burn_rate(Decimal(rate)) == text


def test_a_time_of_outage_is_told_in_minutes() -> None:
    assert words.minutes(Decimal(12_960)) == "216 min"
    assert words.minutes(Decimal(-90)) == "-1.5 min"


@pytest.mark.parametrize(
    ("change", "text"),
    [("-0.963", "-96.3 pp"), ("0.05", "+5.0 pp"), ("-0.0004", "+0.0 pp"), ("0", "+0.0 pp")],
)
def test_a_change_has_a_sign_and_nothing_is_no_loss(change: str, text: str) -> None:
    assert words.points(Decimal(change)) == text
