"""Each SLI kind as PromQL. Whether the queries count right is shown in tests/live, by running them."""

from __future__ import annotations

from decimal import Decimal

import promql_parser
import pytest

from slo_toolkit import promql
from slo_toolkit.duration import Duration
from slo_toolkit.promql import EventRates, Unit
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Sli

from ..plan.slos import slo

WINDOW = Duration.of(minutes=5)


def rates(sli: Sli, *groups: str) -> EventRates:
    found = promql.event_rates(slo(sli=sli, group_by=groups), WINDOW, "VALID")
    promql_parser.parse(found.valid)
    promql_parser.parse(found.errors)
    return found


@pytest.mark.parametrize(
    "template", ["{{.window}}", "{{ .window }}", "{{- .window -}}", "{{   .window}}", "{{.window   }}"]
)
def test_the_window_is_filled_in_however_it_is_spaced(template: str) -> None:
    assert promql.fill_window(f"rate(x[{template}])", WINDOW) == "rate(x[5m])"


def test_counters_are_read_over_one_scrape_more_so_that_neighbours_share_a_sample() -> None:
    found = rates(EventSli(total_query="sum(rate(t[{{.window}}]))", error_query="sum(rate(e[{{.window}}]))"))
    assert found == EventRates("sum(rate(t[5m30s]))", "(sum(rate(e[5m30s]))) or on () 0 * sum(VALID)")


def test_an_increase_is_told_per_second() -> None:
    found = rates(
        EventSli(total_query="sum(increase(t[{{.window}}]))", error_query="sum(increase(e[{{.window}}]))")
    )
    assert found.valid == "sum(increase(t[5m30s])) / 330"


def test_samples_are_events_so_neighbours_share_none() -> None:
    found = rates(
        EventSli(
            total_query="sum_over_time((count(clients))[{{.window}}:])",
            error_query="sum_over_time((count(clients < 0.5))[{{.window}}:]) or on() vector(0)",
        )
    )
    assert found.valid == "sum(sum_over_time((count(clients))[5m:])) / 300"


def test_where_the_units_of_the_two_queries_differ_their_ratio_stays_as_written() -> None:
    found = rates(
        EventSli(total_query="sum(rate(t[{{.window}}]))", error_query="sum(increase(e[{{.window}}]))")
    )
    assert "/" not in found.valid + found.errors


def test_good_events_leave_the_rest_as_errors_and_never_less_than_none() -> None:
    found = rates(EventSli(total_query="sum(rate(t[{{.window}}]))", good_query="sum(rate(g[{{.window}}]))"))
    assert found.errors == "clamp_min(VALID - on () ((sum(rate(g[5m30s]))) or on () 0 * sum(VALID)), 0)"


def test_availability() -> None:
    assert rates(AvailabilitySli("http_requests_total", 'code=~"5.."', 'job="web"')) == EventRates(
        'sum(rate(http_requests_total{job="web"}[5m30s]))',
        '(sum(rate(http_requests_total{job="web",code=~"5.."}[5m30s]))) or on () 0 * sum(VALID)',
    )


def test_groups_are_kept_through_both_queries() -> None:
    found = rates(AvailabilitySli("requests_total", 'code="500"'), "route", "method")
    assert found.valid == "sum by (route, method) (rate(requests_total[5m30s]))"
    assert found.errors.endswith("or on (route, method) 0 * sum by (route, method) (VALID)")


def test_without_the_latency_bucket_there_are_no_valid_events_either() -> None:
    found = rates(LatencySli("duration_seconds", Decimal("0.3")))
    bucket = 'sum(rate(duration_seconds_bucket{le="0.3"}[5m30s]))'
    assert found.valid == f"sum(rate(duration_seconds_count[5m30s])) and {bucket}"
    assert found.errors == f"clamp_min(VALID - on () ({bucket}), 0)"


def test_native_histograms_are_asked_for_the_fraction_below_the_threshold() -> None:
    found = rates(LatencySli("duration_seconds", Decimal("0.3"), native=True))
    assert found.valid == "histogram_count(sum(rate(duration_seconds[5m30s])))"
    assert "histogram_fraction(0, 0.3, sum(rate(duration_seconds[5m30s])))" in found.errors


def test_failed_probes_are_the_samples_that_are_not_one() -> None:
    found = rates(ProbeSli("probe_success", 'job="blackbox"'))
    assert found.valid == 'sum(count_over_time(probe_success{job="blackbox"}[5m])) / 300'


def test_a_raw_ratio_counts_every_second_alike_and_drops_nan() -> None:
    found = rates(RawSli("1 - avg(up_ratio)"))
    assert found == EventRates("max(1 - avg(up_ratio) >= 0) * 0 + 1", "max(1 - avg(up_ratio) >= 0)")


@pytest.mark.parametrize(
    ("threshold", "matcher"),
    [
        ("0.3", 'le="0.3"'),
        ("1", r'le=~"1|1\\.0"'),
        ("2.5", 'le="2.5"'),
        ("10", r'le=~"10|10\\.0"'),
        ("1000000", r'le=~"1000000|1000000\\.0|1e\\+06"'),
        ("0.00001", r'le=~"0\\.00001|1e\\-05"'),
    ],
)
def test_a_bucket_is_found_however_the_server_spells_its_bound(threshold: str, matcher: str) -> None:
    assert promql.le_matcher(Decimal(threshold)) == matcher


@pytest.mark.parametrize(
    ("query", "unit"),
    [
        ("sum(rate(x[{{.window}}]))", Unit.PER_SECOND),
        ("sum(rate(a[{{.window}}])) - sum(rate(b[{{.window}}]))", Unit.PER_SECOND),
        ("sum(increase(x[{{.window}}]))", Unit.INCREASE),
        ("sum(count_over_time(x[{{.window}}]))", Unit.SAMPLES),
        ("rate(a[{{.window}}]) + increase(b[{{.window}}])", Unit.PER_SECOND),
        ("histogram_share(0.2, x{{.window}})", Unit.PER_SECOND),
    ],
)
def test_the_unit_of_a_query_is_told_by_its_functions(query: str, unit: Unit) -> None:
    assert promql.query_unit(query) is unit


@pytest.mark.parametrize(
    ("value", "text"), [("0.0144", "0.0144"), ("0.000009333333333333333333", "0.000009333333333333333")]
)
def test_numbers_are_the_nearest_float_in_plain_notation(value: str, text: str) -> None:
    assert promql.number(Decimal(value)) == text
    assert float(text) == float(Decimal(value))


def test_strings_are_quoted_for_promql() -> None:
    assert promql.quote('a"b\\c\nd') == '"a\\"b\\\\c\\nd"'
