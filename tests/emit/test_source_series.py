from __future__ import annotations

from typing import Any

import pytest

from slo_toolkit.emit.source_series import EventSeries, source_series
from slo_toolkit.slo import EventSli, Sli

from .slos import SLIS, UNKNOWN_SLIS, W, slo


def _events(sli: Sli | str, **changes: Any) -> tuple[list[str], list[str]]:
    source = source_series(slo(sli, **changes))
    assert isinstance(source, EventSeries)
    return sorted(map(str, source.good)), sorted(map(str, source.error))


@pytest.mark.parametrize(
    ("sli", "good", "error"),
    [
        ("errors", ['http_requests_total{job="shop"}'], ['http_requests_total{job="shop",code="500"}']),
        ("good", ['grpc_handled_total{code="example"}'], ['grpc_handled_total{code="Internal"}']),
        ("two-metrics", ["jobs_total"], ["jobs_failed_total", "jobs_total"]),
        ("slow", ['rpc_seconds_bucket{le="0.5"}', "rpc_seconds_count"], ["rpc_seconds_count"]),
        (
            "latency",
            ['http_seconds_bucket{job="shop",le="1"}', 'http_seconds_count{job="shop"}'],
            ['http_seconds_count{job="shop"}'],
        ),
    ],
)
def test_good_events_and_errors_are_told_apart_by_reading_the_queries(
    sli: str, good: list[str], error: list[str]
) -> None:
    assert _events(sli) == (good, error)


@pytest.mark.parametrize("sli", UNKNOWN_SLIS.values(), ids=UNKNOWN_SLIS.keys())
def test_a_query_that_is_not_understood_has_no_series(sli: Sli) -> None:
    assert source_series(slo(sli)) is None


@pytest.mark.parametrize(
    "errors",
    [
        f"sum(rate(requests{{code=~'5..'}}{W} offset 5m))",
        f"max(rate(requests{{code=~'5..'}}{W}))",
        f"sum by (pod) (rate(failed{W})) + sum by (pod) (rate(lost{W}))",
        f"sum(rate(requests{W})) * sum(rate(failed{W}))",
        f"sum(rate({{__name__=~'requests.*'}}{W}))",
    ],
)
def test_what_is_no_plain_sum_is_not_guessed(errors: str) -> None:
    assert source_series(slo(EventSli(f"sum(rate(requests{W}))", error_query=errors))) is None


def test_a_zero_in_place_of_a_missing_series_does_not_matter() -> None:
    errors = f'sum(rate(requests{{code=~"5.."}}{W})) or vector(0)'
    sli = EventSli(f"sum(rate(requests{W}))", error_query=errors)
    assert _events(sli) == (["requests"], ['requests{code="500"}'])


def test_series_carry_the_labels_of_the_groups() -> None:
    good, _ = _events("two-metrics", group_by=("tenant",))
    assert good == ['jobs_total{tenant="example"}']


def test_every_series_that_a_sum_needs_exists_even_when_nothing_counts_in_it() -> None:
    sli = EventSli(
        f"sum(rate(a{W})) + sum(rate(b{W}))", error_query=f"sum(rate(a_failed{W})) + sum(rate(b_failed{W}))"
    )
    source = source_series(slo(sli))
    assert isinstance(source, EventSeries)
    assert {series.metric for series in source.all} == {"a", "b", "a_failed", "b_failed"}


def test_every_known_kind_of_sli_has_series() -> None:
    assert all(source_series(slo(name)) for name in SLIS)
