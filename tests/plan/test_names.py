"""No two rules of an SLO record one series, whatever its period and its windows are."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_toolkit.duration import Duration
from slo_toolkit.plan.default import default_plan
from slo_toolkit.plan.model import RecordingRule, Rule
from slo_toolkit.slo import AvailabilitySli, RawSli, Severity, Slo, Tier
from slo_toolkit.windows import workbook_tiers

from .slos import REQUESTS, slo

DAYS = (1, 2, 3, 7, 14, 28, 30, 90, 365)
SCRAPES = (15, 30, 120, 180, 300, 900, 3600)
MINUTES = (1, 2, 4, 5, 7, 10, 13, 15, 30, 60, 64, 120, 360, 1440, 4320, 10_080)


def twice(of: Slo) -> list[str]:
    """The names that two rules record with the same labels."""
    rules = (rule for group in default_plan(of).groups for rule in group.rules)
    found = Counter(map(_series, rules))
    return [str(name) for name, count in found.items() if count > 1]


def _series(rule: Rule) -> tuple[str, frozenset[tuple[str, str]]]:
    name = rule.record if isinstance(rule, RecordingRule) else rule.alert
    return name, frozenset(rule.labels.items())


def tier(severity: Severity, windows: set[Duration]) -> Tier:
    return Tier(severity, Decimal(2), max(windows), min(windows))


@st.composite
def slos(draw: st.DrawFn) -> Slo:
    period = Duration.of(days=draw(st.sampled_from(DAYS)))
    windows = st.sampled_from([*(Duration.of(minutes=minutes) for minutes in MINUTES), period])
    pairs = st.sets(windows.filter(lambda window: window <= period), min_size=2, max_size=2)
    tiers = draw(st.lists(st.builds(tier, st.sampled_from(Severity), pairs), max_size=4))
    sli = draw(st.sampled_from([REQUESTS, RawSli("1 - avg(avg_over_time(up[{{.window}}]))")]))
    return slo(
        period=period,
        sli=sli,
        scrape_interval=Duration.of(seconds=draw(st.sampled_from(SCRAPES))),
        group_by=draw(st.sampled_from([(), ("region",)])),
        alerting={
            "tiers": tuple(tiers) or workbook_tiers(period),
            "min_error_events": draw(st.sampled_from([0, 5])),
        },
    )


@given(slos())
def test_no_two_rules_record_one_series(of: Slo) -> None:
    assert twice(of) == []


@pytest.mark.parametrize("days", [1, 3])
def test_an_alert_on_the_whole_period_reads_what_its_own_group_records(days: int) -> None:
    """The period's ratio is recorded every five minutes, too seldom and too late for an alert."""
    of = slo(period=Duration.of(days=days), sli=AvailabilitySli("a", 'code="500"'))
    ours, period, _ = default_plan(of).groups
    name = f"slo:sli_error:ratio_rate{days}d"
    assert name not in [rule.record for rule in ours.rules if isinstance(rule, RecordingRule)]
    assert name in [rule.record for rule in period.rules if isinstance(rule, RecordingRule)]
    told = " ".join(rule.expr for rule in ours.rules)
    assert f"(slo:error_events:rate{days}d{{" in told
    assert f"{name}{{" not in told
