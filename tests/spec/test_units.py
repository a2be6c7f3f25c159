"""Thresholds in the unit of their histogram, and numbers that were meant in another one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from slo_toolkit.slo import LatencySli
from tests.spec.documents import NATIVE, changed, loaded, marked, only_slo, told

START, END = NATIVE.index("      availability:"), NATIVE.index("    alerting:")


def latency(histogram: str, threshold: str, matchers: str = "") -> str:
    section = f"latency: {{histogram: {histogram}, threshold: {threshold}, filter: '{matchers}'}}"
    if not matchers:
        section = f"latency: {{histogram: {histogram}, threshold: {threshold}}}"
    return NATIVE[:START] + f"      {section}\n" + NATIVE[END:]


def queries(total: str, errors: str) -> str:
    section = f"      events:\n        total_query: {total}\n        error_query: {errors}\n"
    return NATIVE[:START] + section + NATIVE[END:]


def slower_than(histogram: str, le: str, matchers: str = "") -> str:
    """A spec whose own queries count what is slower than the bucket `le`."""
    count = f"sum(rate({histogram}_count{{{matchers}}}[{{{{.window}}}}]))"
    bound = ",".join(part for part in (matchers, f'le="{le}"') if part)
    return queries(count, f"{count} - sum(rate({histogram}_bucket{{{bound}}}[{{{{.window}}}}]))")


@pytest.mark.parametrize(
    ("histogram", "threshold", "bound"),
    [
        ("istio_request_duration_milliseconds", "300ms", "300"),
        ("rpc_ms", "1s", "1000"),
        ("rpc_msec", "2s", "2000"),
        ("rpc_millis", "2s", "2000"),
        ("rpcDurationMillis", "2s", "2000"),
        ("rpc_milliseconds_histogram", "2s", "2000"),
        ("rpc_microseconds", "300ms", "300000"),
        ("rpc_us", "1ms", "1000"),
        ("rpc_nanoseconds", "1ms", "1000000"),
        ("rpc_ns", "1m", "60000000000"),
        ("http_request_duration_seconds", "300ms", "0.3"),
        ("rpc_sec", "300ms", "0.3"),
        ("deployment_minutes", "90s", "1.5"),
        ("backup_hours", "90m", "1.5"),
        ("age_days", "36h", "1.5"),
        ("latency", "300ms", "0.3"),
        ("ms_of_latency", "300ms", "0.3"),
        ("job_minutes", "10s", "0.16666666666666666"),
    ],
)
def test_a_duration_becomes_the_bound_in_the_unit_that_the_name_says(
    histogram: str, threshold: str, bound: str
) -> None:
    assert only_slo(latency(histogram, threshold)).sli == LatencySli(histogram, Decimal(bound))


def test_a_duration_is_no_size() -> None:
    assert told(loaded(latency("response_size_bytes", "300ms"))) == [
        "a.yaml:9:60 error: `response_size_bytes` holds sizes, not durations - write a number of that unit"
    ]


@pytest.mark.parametrize(
    ("histogram", "threshold", "problem"),
    [
        (
            "istio_request_duration_milliseconds",
            "0.3",
            "`0.3` of `istio_request_duration_milliseconds` is 0.3 ms, not 0.3 s"
            " - write 300 or 300ms if that is meant",
        ),
        (
            "http_request_duration_seconds",
            "300",
            "`300` of `http_request_duration_seconds` is 300 s, not 300 ms"
            " - write 0.3 or 300ms if that is meant, and 5m if not",
        ),
        (
            "mesh_seconds",
            "300",
            "`300` of `mesh_seconds` is 300 s, not 300 ms"
            " - write 0.3 or 300ms if that is meant, and 5m if not",
        ),
        (
            "rpc_us",
            "0.25",
            "`0.25` of `rpc_us` is 0.25 µs, not 0.25 s - write 250000 or 250ms if that is meant",
        ),
        (
            "rpc_ns",
            "300",
            "`300` of `rpc_ns` is 300 ns, not 300 ms - write 300000000 or 300ms if that is meant",
        ),
    ],
)
def test_a_number_that_makes_no_sense_in_its_unit_is_told_with_both_readings(
    histogram: str, threshold: str, problem: str
) -> None:
    result = loaded(latency(histogram, threshold))
    assert [line.partition(" warning: ")[2] for line in told(result)] == [problem]
    assert marked(result.problems[0]) == threshold
    assert len(result.slos) == 1


@pytest.mark.parametrize(
    ("histogram", "bound"),
    [
        ("http_request_duration_seconds", "0.005"),
        ("http_request_duration_seconds", "60"),
        ("istio_request_duration_milliseconds", "1"),
        ("istio_request_duration_milliseconds", "60000"),
        ("rpc_us", "250"),
        ("lookup_nanoseconds", "50000"),
        ("batch_seconds", "300"),
        ("backup_duration_seconds", "500"),
        ("export_job_duration_seconds", "7200"),
        ("queue_age_seconds", "300"),
        ("deployment_seconds", "900"),
        ("thing_seconds", "600"),
        ("thing_seconds", "3600"),
        ("thing_seconds", "90"),
        ("latency", "300"),
        ("response_size_bytes", "1048576"),
    ],
)
def test_what_may_be_meant_is_not_told(histogram: str, bound: str) -> None:
    assert told(loaded(latency(histogram, bound))) == []
    assert told(loaded(slower_than(histogram, bound))) == []


def test_a_job_that_is_named_in_a_matcher_may_take_long() -> None:
    assert told(loaded(latency("run_time_seconds", "300", 'job="nightly-backup"'))) == []
    assert told(loaded(slower_than("step_seconds", "300", 'name="import orders"'))) == []


def test_a_request_for_a_job_may_not() -> None:
    (problem,) = loaded(slower_than("http_request_duration_seconds", "300", 'handler="/jobs"')).problems
    assert problem.rule == "unit"


@pytest.mark.parametrize(
    ("histogram", "le", "message", "hint"),
    [
        (
            "http_request_duration_seconds",
            "500",
            '`le="500"` of `http_request_duration_seconds` is 500 s, not 500 ms',
            'write le="0.5" if that is meant',
        ),
        (
            "istio_request_duration_milliseconds",
            "0.5",
            '`le="0.5"` of `istio_request_duration_milliseconds` is 0.5 ms, not 0.5 s',
            'write le="500" if that is meant',
        ),
    ],
)
def test_a_bucket_of_a_users_query_is_told_once_with_the_right_form(
    histogram: str, le: str, message: str, hint: str
) -> None:
    (problem,) = loaded(slower_than(histogram, le)).problems
    assert (problem.message, problem.hint) == (message, hint)
    assert problem.position.line == 11


def test_a_threshold_that_no_float_holds_is_an_error() -> None:
    (problem,) = loaded(changed(latency("http_seconds", "1"), ("threshold: 1", "threshold: 1e400"))).problems
    assert problem.message == "`threshold` has more digits than Prometheus can tell apart"
