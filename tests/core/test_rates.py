"""Each SLI kind as PromQL. Whether the queries count right is shown by running them, in tests/live and tests/corpus."""

from __future__ import annotations

import re
from decimal import Decimal

import promql_parser
import pytest

from slo_toolkit import rates as sli_rates
from slo_toolkit.duration import Duration
from slo_toolkit.rates import EventRates
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Sli

from ..plan.slos import slo

WINDOW = Duration.of(minutes=5)


def rates(sli: Sli, *groups: str) -> EventRates:
    found = sli_rates.event_rates(slo(sli=sli, group_by=groups), WINDOW, "VALID")
    promql_parser.parse(found.valid)
    promql_parser.parse(found.errors)
    return found


def test_counters_are_read_over_one_scrape_more_so_that_neighbours_share_a_sample() -> None:
    found = rates(EventSli(total_query="sum(rate(t[{{.window}}]))", error_query="sum(rate(e[{{.window}}]))"))
    assert found == EventRates(
        "sum(rate(t[5m29s999ms]))", "(sum(rate(e[5m29s999ms]))) or on () 0 * sum(VALID)"
    )


def test_an_increase_is_told_per_second() -> None:
    found = rates(
        EventSli(total_query="sum(increase(t[{{.window}}]))", error_query="sum(increase(e[{{.window}}]))")
    )
    assert found.valid == "sum(increase(t[5m29s999ms])) / 329.999"


def test_samples_are_events_so_neighbours_share_none() -> None:
    found = rates(
        EventSli(
            total_query="sum_over_time((count(clients))[{{.window}}:])",
            error_query="sum_over_time((count(clients < 0.5))[{{.window}}:]) or on() vector(0)",
        )
    )
    assert found.valid == "sum_over_time((count(clients))[4m59s999ms:]) / 300"


def test_where_the_units_of_the_two_queries_differ_their_ratio_stays_as_written() -> None:
    sli = EventSli(total_query="sum(rate(t[{{.window}}]))", error_query="sum(increase(e[{{.window}}]))")
    assert sli_rates.reads_directly(slo(sli=sli))
    assert "/" not in rates(sli).valid + rates(sli).errors


REST = "VALID - on () ((sum(rate(g[5m29s999ms]))) or on () 0 * sum(VALID))"


def test_good_events_leave_the_rest_as_errors() -> None:
    found = rates(EventSli(total_query="sum(rate(t[{{.window}}]))", good_query="sum(rate(g[{{.window}}]))"))
    assert found.errors == REST


def test_a_subtraction_of_good_events_is_read_as_them() -> None:
    difference = "sum(rate(t[{{.window}}])) - sum(rate(g[{{.window}}]))"
    for query in (difference, f"clamp_min({difference}, 0)", f"({difference}) or vector(0)"):
        found = rates(EventSli(total_query="sum(rate(t[{{.window}}]))", error_query=query))
        assert found == EventRates("sum(rate(t[5m29s999ms]))", REST)


def test_without_a_bucket_to_subtract_nothing_is_known() -> None:
    bucket = 'sum(rate(d_bucket{le="0.5"}[{{.window}}]))'
    count = "sum(rate(d_count[{{.window}}]))"
    found = rates(EventSli(total_query=count, error_query=f"{count} - {bucket}"))
    read = 'sum(rate(d_bucket{le="0.5"}[5m29s999ms]))'
    assert found == EventRates(
        'sum(rate(d_count[5m29s999ms]) and ignoring (le) rate(d_bucket{le="0.5"}[5m29s999ms]))',
        f"VALID - on () ({read})",
    )


@pytest.mark.parametrize("function", ["rate", "increase"])
@pytest.mark.parametrize(
    ("every", "fast"),
    [
        ("d_count", 'd_bucket{le="0.5"}'),
        ('d_count{job="a"}', 'd_bucket{job="a",le=~"0.5|0.50"}'),
        ('d_count{job="a",code!~"5.."}', 'd_bucket{le="0.5",code!~"5..",job="a"}'),
        ('d_bucket{job="a",le="+Inf"}', 'd_bucket{job="a",le="1.0"}'),
    ],
)
def test_only_series_that_have_the_bucket_are_counted(every: str, fast: str, function: str) -> None:
    """Whichever way a query of the user's subtracts it from all events of the same histogram."""
    total, good = (f"sum by (route) ({function}({one}[{{{{.window}}}}]))" for one in (every, fast))
    events = (
        EventSli(total, f"{total} - {good}"),
        EventSli(total, f"clamp_min({total} - {good}, 0)"),
        EventSli(total, None, good),
    )
    for sli in events:
        for groups in ((), ("route",)):
            found = rates(sli, *groups)
            assert re.search(rf"{function}\(.*\) and ignoring \(le\) {function}\(d_bucket.*\)", found.valid)
            assert found.errors.startswith("VALID - on ")


@pytest.mark.parametrize(
    ("every", "fast"),
    [
        ("sum(rate(d_count[{{.window}}]))", 'sum(rate(e_bucket{le="0.5"}[{{.window}}]))'),
        ('sum(rate(d_count{job="a"}[{{.window}}]))', 'sum(rate(d_bucket{le="0.5"}[{{.window}}]))'),
        ("sum(rate(d_count[{{.window}}]))", 'sum(rate(d_bucket{le="0.5",status="ok"}[{{.window}}]))'),
        ("sum(rate(d_count[{{.window}}]))", "sum(rate(d_bucket[{{.window}}]))"),
        ("sum(rate(d_count[{{.window}}]))", 'sum(rate(d_bucket{le!="0.5"}[{{.window}}]))'),
        ("sum(rate(d_count[{{.window}}]))", 'sum(rate(d_bucket{le="+Inf"}[{{.window}}]))'),
        ("sum(rate(d_count[{{.window}}]))", 'sum(rate(d_bucket{le="0.5"}[{{.window}}] offset 1h))'),
        ("sum(rate(d_count[{{.window}}]))", 'sum(rate(d_bucket{le="0.5"}[{{.window}}]) > 0)'),
        ("sum(rate(d_count[{{.window}}]))", 'sum without (le) (rate(d_bucket{le="0.5"}[{{.window}}]))'),
        ("2 * sum(rate(d_count[{{.window}}]))", 'sum(rate(d_bucket{le="0.5"}[{{.window}}]))'),
        (
            "sum(rate(d_count[{{.window}}])) + sum(rate(e_count[{{.window}}]))",
            'sum(rate(d_bucket{le="0.5"}[{{.window}}]))',
        ),
        ('sum(rate(d_bucket{le="2"}[{{.window}}]))', 'sum(rate(d_bucket{le="0.5"}[{{.window}}]))'),
    ],
)
def test_where_it_cannot_be_told_which_series_lack_a_bucket_a_query_keeps_its_meaning(
    every: str, fast: str
) -> None:
    for sli in (EventSli(every, None, fast), EventSli(every, f"{every} - {fast}")):
        found = rates(sli)
        assert "ignoring" not in found.valid + found.errors


def test_nor_does_a_sum_without_the_labels_of_the_groups() -> None:
    total, good = "sum(rate(d_count[{{.window}}]))", 'sum(rate(d_bucket{le="0.5"}[{{.window}}]))'
    assert "ignoring" not in rates(EventSli(total, None, good), "route").valid


def test_a_sum_is_that_of_the_parts_that_are_there() -> None:
    found = rates(
        EventSli(
            total_query="sum(rate(failed[{{.window}}])) + sum(rate(ok[{{.window}}]))",
            error_query="sum(rate(failed[{{.window}}]))",
        )
    )
    assert found.valid == (
        "sum(\n    sum(rate(failed[5m29s999ms]))\n  or\n"
        '    label_replace(sum(rate(ok[5m29s999ms])), "piece", "1", "", "")\n)'
    )


def test_what_is_subtracted_from_another_series_than_the_total_is_unknown_without_that() -> None:
    found = rates(
        EventSli(
            total_query="sum(rate(t[{{.window}}]))",
            error_query="sum(rate(begun[{{.window}}])) - sum(rate(done[{{.window}}]))",
        )
    )
    assert found.valid == "sum(rate(t[5m29s999ms])) and on () (sum(rate(begun[5m29s999ms])))"
    assert found.errors.endswith(") and on () (VALID)")


def test_availability() -> None:
    assert rates(AvailabilitySli("http_requests_total", 'code=~"5.."', 'job="web"')) == EventRates(
        'sum(rate(http_requests_total{job="web"}[5m29s999ms]))',
        '(sum(rate(http_requests_total{job="web",code=~"5.."}[5m29s999ms]))) or on () 0 * sum(VALID)',
    )


def test_groups_are_kept_through_both_queries() -> None:
    found = rates(AvailabilitySli("requests_total", 'code="500"'), "route", "method")
    assert found.valid == "sum by (route, method) (rate(requests_total[5m29s999ms]))"
    assert found.errors.endswith("or on (route, method) 0 * sum by (route, method) (VALID)")


def test_without_the_latency_bucket_there_are_no_valid_events_either() -> None:
    found = rates(LatencySli("duration_seconds", Decimal("0.3")))
    bucket = 'sum(rate(duration_seconds_bucket{le="0.3"}[5m29s999ms]))'
    assert found.valid == (
        "sum(rate(duration_seconds_count[5m29s999ms])"
        ' and ignoring (le) rate(duration_seconds_bucket{le="0.3"}[5m29s999ms]))'
    )
    assert found.errors == f"VALID - on () ({bucket})"


def test_native_histograms_are_asked_for_the_fraction_below_the_threshold() -> None:
    found = rates(LatencySli("duration_seconds", Decimal("0.3"), native=True))
    assert found.valid == "histogram_count(sum(rate(duration_seconds[5m29s999ms])))"
    assert "histogram_fraction(0, 0.3, sum(rate(duration_seconds[5m29s999ms])))" in found.errors


def test_failed_probes_are_the_samples_that_are_not_one() -> None:
    found = rates(ProbeSli("probe_success", 'job="blackbox"'))
    assert found.valid == 'sum(count_over_time(probe_success{job="blackbox"}[4m59s999ms])) / 300'


def test_a_raw_ratio_counts_every_second_alike_and_is_neither_nan_nor_below_0() -> None:
    found = rates(RawSli("1 - max(max_over_time(up_ratio[{{.window}}]))"))
    ratio = "clamp_min(max(1 - max(max_over_time(up_ratio[5m]))), 0) >= 0"
    assert found == EventRates(f"({ratio}) * 0 + 1", ratio)


def test_a_query_that_is_no_sum_of_pieces_is_read_over_the_window_as_written() -> None:
    found = rates(
        EventSli(
            total_query="sum(increase(t[{{.window}}]))",
            error_query="(sum(increase(e[{{.window}}])) > 20) or vector(0)  # seldom",
        )
    )
    assert found.valid == "sum(sum(increase(t[5m]))) / 300"
    assert found.errors.startswith("(sum((sum(increase(e[5m])) > 20) or vector(0)) / 300) or on () 0 * ")
