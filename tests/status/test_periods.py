"""Periods, moments and names as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from slo_toolkit.errors import InputError
from slo_toolkit.status.moments import parse_moment, rfc3339
from slo_toolkit.status.names import NamePattern, Selection
from slo_toolkit.status.periods import parse_period
from slo_toolkit.status.report import edition

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "zone", "start", "end", "name"),
    [
        ("7d", UTC, "2026-11-17T12:00:00Z", "2026-11-24T12:00:00Z", "7d"),
        ("calendar:month", UTC, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", "2026-11"),
        ("calendar:quarter", UTC, "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z", "2026-Q4"),
        ("calendar:week", UTC, "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z", "2026-W48"),
        # Berlin was an hour further ahead in October.
        (
            "calendar:quarter",
            ZoneInfo("Europe/Berlin"),
            "2026-09-30T22:00:00Z",
            "2026-12-31T23:00:00Z",
            "2026-Q4",
        ),
    ],
)
def test_a_period_lies_on_the_time_line(text: str, zone: ZoneInfo, start: str, end: str, name: str) -> None:
    span = parse_period(text, zone).span(NOON)
    assert (rfc3339(span.start), rfc3339(span.end), span.name) == (start, end, name)


@pytest.mark.parametrize("text", ["", "0d", "calendar", "calendar:year", "month", "calendar:30d", "-30d"])
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(InputError):
        parse_period(text, UTC)


def test_the_first_moment_of_a_month_closes_the_one_before() -> None:
    span = parse_period("calendar:month", UTC).span(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
    assert (span.name, span.is_closed) == ("2026-10", True)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T03:00:00Z", "2026-11-24T03:00:00Z"),
        ("2026-11-24T03:00:00+02:00", "2026-11-24T01:00:00Z"),
        ("1795500000", "2026-11-24T06:00:00Z"),
        ("-2h", "2026-11-24T10:00:00Z"),
        ("-1d12h", "2026-11-23T00:00:00Z"),
    ],
)
def test_a_moment_is_read(text: str, moment: str) -> None:
    assert rfc3339(parse_moment(text, NOON)) == moment


@pytest.mark.parametrize(
    "text", ["", "now", "2026-11-24T03:00:00", "-2", "--2h", "2h", "1e9", "2026-11-25T00:00:00Z"]
)
def test_anything_else_is_no_moment(text: str) -> None:
    with pytest.raises(InputError):
        parse_moment(text, NOON)


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("checkout/*", True),
        ("check*/avail*", True),
        ("availability", True),
        ("checkout-availability", True),
        ("*-availability", True),
        ("checkout", False),
        ("checkout/latency", False),
        ("Checkout/*", False),
    ],
)
def test_a_pattern_matches_by_service_and_name_or_by_id(pattern: str, matched: bool) -> None:
    assert NamePattern(pattern).matches("checkout", "availability") is matched


@pytest.mark.parametrize("pattern", ["checkout/*", "availability", "*-avail?bility", "checkout-availability"])
def test_the_narrowed_request_finds_whatever_matches(pattern: str) -> None:
    import re

    regex = Selection.of([pattern]).id_regex
    assert regex is not None
    assert re.fullmatch(regex, "checkout-availability")


def test_a_report_is_about_the_last_whole_month_unless_told() -> None:
    assert edition(None, UTC, NOON).span.name == "2026-10"
    assert edition("2026-q3", UTC, NOON).span.is_closed
    running = edition("2026-11", UTC, NOON).span
    assert (running.at, running.is_closed) == (NOON, False)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-W40", "2026-09-27T22:00:00Z", "2026-10-04T22:00:00Z"),
        ("2026-w01", "2025-12-28T23:00:00Z", "2026-01-04T23:00:00Z"),  # it begins in the year before
        ("2020-W53", "2020-12-27T23:00:00Z", "2021-01-03T23:00:00Z"),
        ("2026-W43", "2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z"),  # its Sunday has 25 hours
    ],
)
def test_a_week_is_that_of_iso_8601_by_the_clock_of_the_zone(text: str, start: str, end: str) -> None:
    span = edition(text, ZoneInfo("Europe/Berlin"), NOON).span
    assert (rfc3339(span.start), rfc3339(span.end), span.name) == (start, end, text.upper())
    assert span.is_closed


def test_the_week_before_the_first_is_the_last_of_the_year_before() -> None:
    about = edition("2026-W01", UTC, NOON)
    assert about.calendar.before(about.span).name == "2025-W52"


@pytest.mark.parametrize(
    "text",
    [
        *("2026-13", "2026-Q5", "October", "2026-12", "2027-Q1", "0000-01"),
        *("2026-W54", "2025-W53", "2026-W00", "2026-W4", "2026-W49", "1970-W01"),
    ],
)
def test_no_report_about_a_month_that_is_none_or_not_yet(text: str) -> None:
    with pytest.raises(InputError):
        edition(text, UTC, NOON)
