"""The series that simulate an SLI, found by reading its queries."""

from __future__ import annotations

from typing import Any

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.emit.source_series import Source, source_series
from slo_toolkit.slo import EventSli, Sli

from .forms import MIXED, ON_OR_OFF, UNKNOWN
from .slos import SLIS, UNKNOWN_SLIS, W, slo


def _source(sli: Sli | str, **changes: Any) -> Source:
    source = source_series(slo(sli, **changes))
    assert source is not None
    return source


def _events(sli: Sli | str, **changes: Any) -> tuple[list[str], list[str]]:
    """The series that grow while all is good, and those that grow while all fails."""
    inputs = _source(sli, **changes).inputs
    good = sorted(str(each.series) for each in inputs if each.good)
    return good, sorted(str(each.series) for each in inputs if each.error)


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


@pytest.mark.parametrize("sli", MIXED.values(), ids=MIXED.keys())
def test_any_share_of_errors_can_be_made_of_a_mean(sli: Sli) -> None:
    assert _source(sli).mixes


@pytest.mark.parametrize("sli", ON_OR_OFF.values(), ids=ON_OR_OFF.keys())
def test_where_a_share_means_something_else_all_or_nothing_fails(sli: Sli) -> None:
    assert not _source(sli).mixes


@pytest.mark.parametrize("sli", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_query_that_is_not_understood_has_no_series(sli: Sli) -> None:
    assert source_series(slo(sli)) is None


@pytest.mark.parametrize(
    "errors",
    [
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
    assert {series.metric for series in _source(sli).all} == {"a", "b", "a_failed", "b_failed"}


def test_an_offset_is_waited_for() -> None:
    assert _source(ON_OR_OFF["recorded-later"]).lag == Duration.of(minutes=5)


def test_every_known_kind_of_sli_has_series() -> None:
    assert all(source_series(slo(name)) for name in SLIS)
    assert not any(source_series(slo(sli)) for sli in UNKNOWN_SLIS.values())
