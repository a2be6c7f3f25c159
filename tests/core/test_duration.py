"""Durations are read and written as Prometheus does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_toolkit.duration import Duration
from slo_toolkit.errors import DurationError


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1ms", 1),
        ("30s", 30_000),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("5m30s", 330_000),
        ("1d", 86_400_000),
        ("4w", 28 * 86_400_000),
        ("1y", 365 * 86_400_000),
        ("1d12h", 36 * 3_600_000),
        ("5m20ms", 300_020),
    ],
)
def test_reads_what_prometheus_reads(text: str, ms: int) -> None:
    assert Duration.parse(text) == Duration(ms)


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5 m", "-5m", "1.5h", "5m1h", "5min", "5M", "٣m", "0s", "300y"]
)
def test_refuses_what_prometheus_refuses_and_a_length_of_nothing(text: str) -> None:
    with pytest.raises(DurationError):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (Duration.of(days=30), "30d"),
        (Duration.of(days=28), "4w"),
        (Duration.of(days=7), "1w"),
        (Duration.of(days=90), "90d"),
        (Duration.of(hours=36), "1d12h"),
        (Duration.of(minutes=5, seconds=30), "5m30s"),
        (Duration.of(days=365), "1y"),
    ],
)
def test_writes_weeks_and_years_only_where_they_are_exact(duration: Duration, text: str) -> None:
    assert str(duration) == text


@given(st.integers(min_value=1, max_value=2**63 // 1_000_000))
def test_reads_back_what_it_writes(ms: int) -> None:
    assert Duration.parse(str(Duration(ms))) == Duration(ms)


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (Duration.of(days=1), "1 day"),
        (Duration.of(hours=36), "36 hours"),
        (Duration.of(minutes=216), "216 minutes"),
        (Duration.of(seconds=90), "90 seconds"),
        (Duration(1500), "1500 milliseconds"),
    ],
)
def test_words_use_the_largest_unit_that_is_exact(duration: Duration, words: str) -> None:
    assert duration.words() == words
