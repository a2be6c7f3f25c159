"""What a report says of its episodes' times, and of a change against a period that was hardly measured."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.status.episodes import Episode, episodes
from slo_toolkit.status.history import History, Step
from slo_toolkit.status.model import BudgetStatus
from slo_toolkit.status.periods import Calendar, Unit
from slo_toolkit.status.render import report_text
from slo_toolkit.status.report import Entry, Report
from slo_toolkit.status.series import SLOT
from slo_toolkit.status.stories import Story
from slo_toolkit.status.survey import Wanted, ask

from .fake import AT, FakePrometheus, recorded

BERLIN = ZoneInfo("Europe/Berlin")
FIVE_MINUTES = 300


def _status() -> BudgetStatus:
    (status,) = ask(FakePrometheus(recorded()), Wanted(at=AT)).statuses
    return status


@pytest.fixture
def report() -> Report:
    """October in Berlin, with an outage on the night in which the clocks go back."""
    span = Calendar(Unit.MONTH, BERLIN).span(datetime(2026, 11, 1, tzinfo=BERLIN).timestamp())
    start = datetime(2026, 10, 25, 1, 35, tzinfo=UTC).timestamp()
    episode = Episode(start, start + 3000, 70.0, 500, 0.21)
    steps = (Step(span.start + 3600, 1000, 5), Step(span.end, 1000, 7))
    now = replace(_status(), span=span, coverage=Decimal(1))
    before = replace(now, span=Calendar(Unit.MONTH, BERLIN).before(span), coverage=Decimal("0.1"))
    story = Story(History(SLOT, steps), (episode,))
    return Report(span, (Entry(now, before, story),), zone=BERLIN)


FORMS: dict[str, Callable[[Report], str]] = {
    "table": report_text.as_table,
    "markdown": lambda report: report_text.as_markdown(report).replace("\\", ""),
    "html": report_text.as_html,
}


@pytest.mark.parametrize("form", FORMS)
def test_times_are_told_by_the_clock_that_was_asked_for_with_its_name(report: Report, form: str) -> None:
    text = FORMS[form](report)
    assert "2026-10-25 02:35" in text
    assert "Europe/Berlin" in text
    assert "UTC" not in text


def test_days_of_a_plot_begin_at_midnight_of_the_zone(report: Report) -> None:
    """The clocks go back in October, so that midnight is at another hour of UTC behind it."""
    found = re.findall(r'x="([0-9.]+)"[^>]*>Oct ([0-9]+)<', report_text.as_html(report))
    days = {int(day): float(x) for x, day in found}
    assert min(days) < 25 < max(days)
    hour = (480 - 12 - 60) / (31 * 24 + 1)
    for day, x in days.items():
        assert x == pytest.approx(60 + ((day - 1) * 24 + (day > 25)) * hour, abs=0.1)


@pytest.mark.parametrize("form", FORMS)
def test_a_change_against_a_month_that_was_hardly_measured_is_marked(report: Report, form: str) -> None:
    text = FORMS[form](report)
    assert "+0.0 pp*" in text
    assert "measured 3 of 30 days" in text
    assert "* one of the two periods was not measured whole" in text
    (entry,) = report.entries
    assert entry.before is not None
    whole = replace(entry, before=replace(entry.before, coverage=Decimal(1)))
    text = FORMS[form](replace(report, entries=(whole,)))
    assert "+0.0 pp" in text
    assert "pp*" not in text
    assert "not measured whole" not in text


def test_programs_are_told_of_a_partial_change_too(report: Report) -> None:
    (slo,) = json.loads(report_text.as_json(report))["slos"]
    assert (slo["change_is_partial"], slo["before"]["coverage"]) == (True, 0.1)
    (row,) = csv.DictReader(io.StringIO(report_text.as_csv(report)))
    assert (row["coverage_before"], row["change"]) == ("0.1", "0.0")


@pytest.mark.parametrize(("minutes", "found"), [(25, 1), (30, 1), (35, 2), (40, 2)])
def test_a_pause_of_more_than_half_an_hour_ends_an_episode(minutes: int, found: int) -> None:
    slots = [AT, AT + FIVE_MINUTES, AT + 2 * FIVE_MINUTES + 60 * minutes]
    hot = History(SLOT, tuple(Step(end, 100_000, 50_000) for end in slots))
    told = episodes(_status(), hot)
    assert len(told) == found
    assert (
        sum((episode.length.ms for episode in told), 0)
        == Duration.of(minutes=15 + (minutes if found == 1 else 0)).ms
    )


def test_a_slot_with_less_than_half_of_the_trouble_beside_it_is_no_part_of_its_time_but_of_its_cost() -> None:
    ratios = (0.1, 0.5, 0.5, 0.3, 0.1)
    slots = (Step(AT + n * FIVE_MINUTES, 100_000, ratio * 100_000) for n, ratio in enumerate(ratios))
    (told,) = episodes(_status(), History(SLOT, tuple(slots)))
    assert (told.start, told.end) == (AT, AT + 3 * FIVE_MINUTES)
    assert told.errors == pytest.approx(sum(ratios) * 100_000)
