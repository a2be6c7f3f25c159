"""The demo's past is believable, and what it counts is what its series show."""

from __future__ import annotations

from itertools import pairwise

import pytest

from demo_service.metrics import DURATION_BUCKETS
from deploy.live.past import DAY, HOUR, INCIDENTS, OPERATIONS, SCRAPE_SECONDS, STARTED, Past, lived
from deploy.live.remote_write import Series

START = 1_699_833_600
MONDAY = START + 7 * DAY - STARTED


@pytest.fixture(scope="module")
def month() -> Past:
    return lived(START, START + 30 * DAY)


def named(past: Past, name: str, **labels: str) -> list[Series]:
    wanted = {"__name__": name, **labels}
    return [one for one in past.series() if wanted.items() <= dict(one.labels).items()]


def last(series: list[Series]) -> float:
    return sum(one.values[-1] or 0 for one in series)


def test_it_ends_where_it_is_told_to(month: Past) -> None:
    assert month.end == START + 30 * DAY
    assert all(series.times_ms[-1] == month.end * 1000 for series in month.series())


def test_more_of_it_changes_nothing_of_what_was(month: Past) -> None:
    longer = lived(START, START + 30 * DAY + HOUR)
    assert longer.scrapes[: len(month.scrapes)] == month.scrapes
    assert len(longer.scrapes) == len(month.scrapes) + HOUR // SCRAPE_SECONDS


def test_it_is_the_same_at_whatever_hour_it_is_told(month: Past) -> None:
    assert lived(START + 7 * HOUR, START + 7 * HOUR + 30 * DAY).scrapes == month.scrapes


def test_the_series_show_what_was_counted(month: Past) -> None:
    errors, valid = month.events(month.start, month.end)
    assert last(named(month, "http_requests_total")) == valid
    assert last(named(month, "http_requests_total", status="503")) == errors


def test_events_are_counted_between_any_two_scrapes(month: Past) -> None:
    middle = month.start + 12 * DAY
    before, after = month.events(month.start, middle), month.events(middle, month.end)
    assert (before[0] + after[0], before[1] + after[1]) == month.events(0, month.end)
    assert month.events(middle, middle) == (0, 0)


def test_only_what_came_after_a_moment_can_be_asked_for(month: Past) -> None:
    recent = [*month.series(after=month.end - 90)]
    assert {len(series.values) for series in recent} == {3}


def test_counters_never_fall(month: Past) -> None:
    for series in month.series():
        if dict(series.labels)["__name__"].endswith(("_total", "_bucket", "_count", "_sum")):
            assert all((low or 0) <= (high or 0) for low, high in pairwise(series.values)), series.labels


def test_buckets_hold_the_buckets_below_them(month: Past) -> None:
    for operation in OPERATIONS:
        buckets = named(month, "http_request_duration_seconds_bucket", route=operation.route)
        by_bound = {float(dict(series.labels)["le"]): series.values for series in buckets}
        assert set(by_bound) == {*DURATION_BUCKETS, float("inf")}
        for low, high in pairwise(sorted(by_bound)):
            assert all((a or 0) <= (b or 0) for a, b in zip(by_bound[low], by_bound[high], strict=True))
        (count,) = named(month, "http_request_duration_seconds_count", route=operation.route)
        assert by_bound[float("inf")] == count.values


def test_nights_and_weekends_are_quiet(month: Past) -> None:
    def requests(start: float, seconds: float) -> int:
        return month.events(MONDAY + start, MONDAY + start + seconds)[1]

    assert requests(13 * HOUR, HOUR) > 2 * requests(1 * HOUR, HOUR)
    assert requests(1 * DAY, DAY) > 1.5 * requests(5 * DAY, DAY)


def test_every_incident_shows(month: Past) -> None:
    database, index = INCIDENTS
    errors, valid = month.events(
        month.start + database.began, month.start + database.began + database.seconds
    )
    assert errors / valid == pytest.approx(database.failing, abs=0.02)
    calm = month.events(month.start + 2 * DAY, month.start + 3 * DAY)
    assert calm[0] / calm[1] < 0.001
    assert index.slow
