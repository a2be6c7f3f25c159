"""The rules about series without a bucket. What they count is shown in tests/live, by running them."""

from __future__ import annotations

from decimal import Decimal

import promql_parser
import pytest

from slo_toolkit.plan.default import default_plan
from slo_toolkit.plan.model import RecordingRule
from slo_toolkit.plan.sloth import sloth_plan
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, Slo

from .slos import REQUESTS, slo

LATENCY = LatencySli("d_seconds", Decimal("0.5"), 'job="web"')
NAMES = (
    "slo:without_bucket:info",
    "slo:unknown_events:count5m",
    "slo:unknown_events:count30d",
    "slo:unknown_events:count30d:settled",
)


def recorded(of: Slo) -> dict[str, str]:
    rules = (rule for group in default_plan(of).groups for rule in group.rules)
    return {rule.record: rule.expr for rule in rules if isinstance(rule, RecordingRule)}


def test_a_series_without_the_bucket_is_named_before_anything_is_counted() -> None:
    found = recorded(slo(sli=LATENCY, extra_labels={"cluster": "eu"}))
    assert found["slo:without_bucket:info"] == (
        "group without (le, sloth_id, sloth_service, sloth_slo, cluster) "
        '(d_seconds_count{job="web"} unless ignoring (le) d_seconds_bucket{job="web",le="0.5"})'
    )
    names = list(found)
    assert names.index("slo:without_bucket:info") < names.index("slo:valid_events:rate5m")


@pytest.mark.parametrize("name", ["rate5m", "count5m", "increase1h", "increase5h"])
def test_valid_and_error_events_leave_out_the_same_series(name: str) -> None:
    found = recorded(slo(sli=LATENCY, group_by=("route",)))
    left_out = []
    for kind in ("valid", "error"):
        expression = found[f"slo:{kind}_events:{name}"]
        promql_parser.parse(expression)
        _, _, behind = expression.partition(" unless ignoring (le, sloth_id, sloth_service, sloth_slo) ")
        left_out.append(behind.partition(")")[0])
    assert left_out[0] == left_out[1] != ""


def test_the_range_holds_an_evaluation_more_than_what_is_counted_over() -> None:
    found = recorded(slo(sli=LATENCY))
    assert "[5m29s999ms]" in found["slo:valid_events:rate5m"]
    assert 'slo:without_bucket:info{sloth_id="shop-requests"}[5m59s999ms]' in found["slo:valid_events:rate5m"]


def test_all_of_it_is_there_for_latency_alone() -> None:
    for sli in (
        REQUESTS,
        AvailabilitySli("r", 'code="500"'),
        ProbeSli("p"),
        LatencySli("d", Decimal(1), native=True),
    ):
        text = str(recorded(slo(sli=sli)))
        assert "without_bucket" not in text
        assert "unknown_events" not in text
    total, good = "sum(rate(d_count[{{.window}}]))", 'sum(rate(d_bucket{le="1"}[{{.window}}]))'
    for sli in (LATENCY, EventSli(total, None, good)):
        assert set(NAMES) <= set(recorded(slo(sli=sli)))


def test_sloths_own_rules_count_as_sloth_does() -> None:
    rules = (
        rule for group in sloth_plan(slo(sli=LATENCY), "cli-gen-prom", "0").groups for rule in group.rules
    )
    text = str([rule.expr for rule in rules])
    assert "ignoring (le)" not in text
    assert "without_bucket" not in text
