"""The shortest window grows with the scrape interval, and everything is built on it."""

from __future__ import annotations

from typing import Any

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.plan.default import default_plan
from slo_toolkit.plan.model import RecordingRule
from slo_toolkit.slo import Quantity, RawSli, Slo
from slo_toolkit.windows import BASE_WINDOWS, WORKBOOK, base_window, with_enough_scrapes, workbook_tiers

from .slos import MONTH, slo


def records(of: Slo) -> dict[str, str]:
    rules = (rule for group in default_plan(of).groups for rule in group.rules)
    return {rule.record: rule.expr for rule in rules if isinstance(rule, RecordingRule)}


def scraped_every(text: str, **changes: Any) -> Slo:
    """With the Workbook's alerts, as far as scrapes so seldom can fill their windows."""
    interval = Duration.parse(text)
    tiers = [with_enough_scrapes(tier, interval) for tier in workbook_tiers(MONTH)]
    return slo(scrape_interval=interval, alerting={"tiers": tuple(filter(None, tiers))}, **changes)


@pytest.mark.parametrize(
    ("scraped", "base"),
    [
        ("1s", "5m"),
        ("30s", "5m"),
        ("2m", "5m"),
        ("121s", "10m"),
        ("3m", "10m"),
        ("5m", "15m"),
        ("10m", "30m"),
        ("15m", "1h"),
        ("30m", "2h"),
        ("1h", "3h"),
    ],
)
def test_the_base_holds_two_and_a_half_scrape_intervals(scraped: str, base: str) -> None:
    assert str(base_window(Duration.parse(scraped))) == base


def test_each_base_divides_the_longer_windows_of_the_workbook() -> None:
    workbook = {window for pair in WORKBOOK for window in (pair.long_window, pair.short_window)}
    for base in BASE_WINDOWS:
        assert all(base.divides(window) for window in workbook if window > base)


@pytest.mark.parametrize(
    ("scraped", "base", "range_"), [("5m", "15m", "19m59s999ms"), ("1h", "3h", "3h59m59s999ms")]
)
def test_only_the_base_reads_the_source_over_one_scrape_more(scraped: str, base: str, range_: str) -> None:
    found = records(scraped_every(scraped))
    readers = [name for name, expr in found.items() if "http_requests_total" in expr]
    others = [
        "slo:scrape_interval:seen_seconds",
        "slo:false_resets:count5m",
        "slo:error_series:matched_timestamp_seconds",
        "slo:error_label:seen_timestamp_seconds",
        "slo:sli_targets:info",
        "slo:replicas:count",
    ]
    assert readers == [f"slo:valid_events:rate{base}", f"slo:error_events:rate{base}", *others]
    assert f"http_requests_total[{range_}]" in found[readers[0]]


def test_windows_shorter_than_the_base_are_not_recorded() -> None:
    windows = {name.removeprefix("slo:sli_error:ratio_rate") for name in records(scraped_every("1h"))}
    assert not windows & {"5m", "30m", "1h", "2h"}
    assert windows >= {"3h", "6h", "1d", "3d", "30d"}


def test_events_are_counted_every_five_minutes_from_the_base() -> None:
    assert records(scraped_every("15m"))["slo:valid_events:count5m"] == (
        'sum_over_time(slo:valid_events:rate1h{sloth_id="shop-requests"}[4m59s999ms]) * 30'
    )


def test_the_present_is_the_base() -> None:
    of = scraped_every("5m", aliases={"slo:errors:ratio": Quantity.ERROR_RATIO})
    found = records(of)
    for name in ("slo:current_burn_rate:ratio", "slo:errors:ratio"):
        assert "slo:sli_error:ratio_rate15m{" in found[name]


def test_a_raw_ratio_is_asked_over_the_base_however_long_it_is() -> None:
    found = records(scraped_every("1h", sli=RawSli("1 - avg(avg_over_time(good[{{.window}}]))")))
    assert "avg_over_time(good[3h])" in found["slo:error_events:rate3h"]


def test_readers_are_told_a_base_that_is_not_five_minutes() -> None:
    assert "slo:base_window:seconds" not in records(scraped_every("30s"))
    assert records(scraped_every("10m"))["slo:base_window:seconds"] == "vector(1800)"
