"""Series of several replicas as PromQL. That it counts each event once is shown in tests/live/test_replicas.py."""

from __future__ import annotations

from dataclasses import replace

import promql_parser
import pytest

from slo_toolkit import rates as sli_rates
from slo_toolkit.duration import Duration
from slo_toolkit.marks import Marks
from slo_toolkit.promql import fill_window
from slo_toolkit.replicas import once, queried
from slo_toolkit.slo import EventSli, ProbeSli, Slo

from ..plan.slos import slo

TWICE = replace(slo(), replica_labels=("prometheus_replica",))
WINDOW = Duration.of(minutes=5)


def _valid(of: Slo) -> str:
    found = sli_rates.event_rates(of, WINDOW, "VALID")
    promql_parser.parse(found.valid)
    promql_parser.parse(found.errors)
    return found.valid


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "sum(rate(t[{{.window}}]))",
            "sum(rate((max without (prometheus_replica) (t))[5m:30s]))",
        ),
        (
            'sum by (a) (increase( (t{b="[)"}[ {{ .window }} ] offset 1m) )) # it\'s',
            'sum by (a) (increase((max without (prometheus_replica) (t{b="[)"} offset 1m))[5m:30s]))',
        ),
        (
            "sum(count_over_time(up[{{.window}}]))",
            "sum(count_over_time((avg without (prometheus_replica) (up))[5m:30s]))",
        ),
    ],
)
def test_each_range_of_a_query_is_of_each_series_once(written: str, read: str) -> None:
    assert queried(written, WINDOW, TWICE) == read
    assert queried(written, WINDOW, slo()) == fill_window(written, WINDOW)


def test_a_window_that_is_read_at_marks_has_its_own_steps() -> None:
    read = queried("sum(rate(t[{{.window}}]))", Marks(WINDOW.ms), TWICE)
    assert read == "sum(rate((max without (prometheus_replica) (t))[5m1ms:5m]))"


@pytest.mark.parametrize(
    "query",
    [
        "sum(sum_over_time((count(clients))[{{.window}}:]))",
        'sum(rate({__name__=~"a|b"}[{{.window}}]))',
        "max_over_time(t[{{.window}}])",
    ],
)
def test_what_is_no_range_of_one_counter_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="range"):
        queried(query, WINDOW, TWICE)


def test_a_sum_of_the_owners_keeps_its_meaning() -> None:
    sli = EventSli(
        "2 * sum(increase(t[{{.window}}])) + sum(increase(u[{{.window}}]))", "sum(increase(e[{{.window}}]))"
    )
    assert _valid(replace(TWICE, sli=sli)) == (
        "sum(\n    2 * sum(increase((max without (prometheus_replica) (t))[5m29s999ms:30s]))\n  or\n    "
        "label_replace(sum(increase((max without (prometheus_replica) (u))[5m29s999ms:30s])), "
        '"piece", "1", "", "")\n) / 329.999'
    )


def test_two_replicas_that_probe_at_one_moment_are_one_event() -> None:
    assert _valid(replace(TWICE, sli=ProbeSli("probe_success"))) == (
        "sum(count_over_time((avg without (prometheus_replica) (probe_success))[4m59s999ms:30s])) / 300"
    )


def test_where_scrapes_are_seldom_the_last_one_is_looked_for_further_back() -> None:
    seldom = replace(TWICE, scrape_interval=Duration.of(minutes=10))
    assert once("t offset 1h", seldom) == (
        "max without (prometheus_replica) (last_over_time(t[20m] offset 1h))"
    )
