"""The same statuses as a table, JSON, Markdown, CSV, Prometheus text and a page."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from slo_toolkit.status.episodes import Contribution, Episode
from slo_toolkit.status.history import History, Step
from slo_toolkit.status.model import Answer
from slo_toolkit.status.render.as_csv import as_csv
from slo_toolkit.status.render.as_html import as_html
from slo_toolkit.status.render.as_json import as_json
from slo_toolkit.status.render.as_markdown import as_markdown
from slo_toolkit.status.render.as_prometheus import as_prometheus
from slo_toolkit.status.render.as_table import as_table
from slo_toolkit.status.series import SLOT
from slo_toolkit.status.stories import Story
from slo_toolkit.status.survey import Wanted, ask

from .fake import AT, DAY, FakePrometheus, one_of_each_verdict, recorded

SCHEMA = Path(__file__).parents[2] / "docs" / "budget.schema.json"


@pytest.fixture
def answer() -> Answer:
    return one_of_each_verdict(route='/a"b')


@pytest.fixture
def document(answer: Answer) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(as_json(answer))
    return parsed


def test_the_json_is_what_its_schema_says(document: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)


def test_the_json_tells_what_is_not_known_as_null(document: dict[str, Any]) -> None:
    silent = next(slo for slo in document["slos"] if slo["slo"] == "silent")
    assert silent["verdict"] == "no_data"
    unknown = ("error_ratio", "budget_remaining", "budget_remaining_events", "time_to_exhaustion_seconds")
    assert [silent[key] for key in unknown] == [None] * len(unknown)


def test_the_json_tells_the_budget_in_three_currencies(document: dict[str, Any]) -> None:
    """99.9 % over 30 days is 43.2 minutes; twice that was spent."""
    spent = next(slo for slo in document["slos"] if slo["slo"] == "spent")
    assert spent["budget_remaining"] == -1
    assert spent["budget_outage_seconds"] == 2592
    assert spent["budget_remaining_outage_seconds"] == -2592
    assert spent["budget_remaining_events"] == -10_000
    assert spent["time_to_exhaustion_seconds"] == 0


@pytest.mark.parametrize("width", [80, 100, 160, 240])
def test_the_table_fits_its_width(answer: Answer, width: int) -> None:
    lines = as_table(answer, width).splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("VERDICT")
    assert [line.split("  ")[0] for line in lines[1:] if not line.startswith(" ") and "shop/" in line] == [
        "exhausted",
        "no data",
        "at risk",
        "met",
    ]


def test_the_table_has_colour_only_on_demand(answer: Answer) -> None:
    assert "\x1b" not in as_table(answer)
    assert re.sub(r"\x1b\[[0-9;]*m", "", as_table(answer, colour=True)) == as_table(answer)


def test_a_long_name_is_shortened_in_the_middle() -> None:
    series = recorded(service="a-service-with-quite-a-long-name", slo="and-an-slo-with-an-even-longer-name")
    lines = as_table(ask(FakePrometheus(series), Wanted(at=AT))).splitlines()
    assert max(map(len, lines)) <= 80
    assert "a-servi" in lines[1]
    assert "…" in lines[1]


def test_two_hundred_slos_take_a_line_each() -> None:
    series = [item for number in range(200) for item in recorded(slo=f"slo-{number:03}")]
    lines = as_table(ask(FakePrometheus(series), Wanted(at=AT))).splitlines()
    assert len([line for line in lines if line.startswith("met ")]) == 200
    assert "200 met" in lines[-1]


def test_the_markdown_is_a_table_and_the_details_of_what_is_not_met(answer: Answer) -> None:
    text = as_markdown(answer)
    assert "| 🔴 exhausted | `shop/spent` |" in text
    assert "**`shop/tight`: at risk**" in text
    assert "ShopErrors (page) fires" in text
    assert "**`shop/fine" not in text


def test_the_csv_has_empty_fields_where_nothing_is_known(answer: Answer) -> None:
    rows = {row["slo"]: row for row in csv.DictReader(io.StringIO(as_csv(answer)))}
    assert rows["silent"]["error_ratio"] == ""
    assert rows["spent"]["budget_remaining"] == "-1.0"
    assert rows["fine"]["group"] == 'route=/a"b'


def test_the_prometheus_text_has_no_sample_where_nothing_is_known(answer: Answer) -> None:
    lines = as_prometheus(answer).splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    assert 'slo_budget_remaining_ratio{sloth_service="shop",sloth_slo="spent"} -1.0' in samples
    assert 'slo_budget_verdict{sloth_service="shop",sloth_slo="silent",verdict="no_data"} 1' in samples
    assert not [line for line in samples if "remaining" in line and "silent" in line]
    assert 'route="/a\\"b"' in "\n".join(samples)
    assert "NaN" not in "\n".join(samples)


@pytest.fixture
def page(answer: Answer) -> str:
    steps = tuple(Step(AT - 30 * DAY + (number + 1) * 7200, 1000, number % 7) for number in range(360))
    episode = Episode(
        AT - 9 * DAY, AT - 9 * DAY + 2400, 700.0, 500, 0.21, (Contribution("route", "<b>", 0.8),)
    )
    stories = {status.key: Story(History(SLOT * 24, steps), (episode,)) for status in answer.statuses}
    return as_html(answer, stories)


def test_the_page_asks_nothing_of_anybody(page: str) -> None:
    assert not re.findall(r"<script|<iframe|@import|url\(", page)
    assert not re.findall(r'(?:src|href)="(?!#|data:)', page)
    assert "default-src 'none'" in page


def test_the_page_has_plots_and_marks_the_episodes(page: str) -> None:
    assert page.count("<svg") == 2 * 4
    assert page.count('<polyline class="ideal"') == 4
    assert 'class="episode"' in page
    assert "route=&lt;b&gt; (80%)" in page
    assert "<b>" not in page


def test_the_page_is_for_dark_and_for_paper_too(page: str) -> None:
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_no_figure_of_a_plot_is_broken(page: str) -> None:
    assert "nan" not in page.lower().replace("finance", "")
    assert not re.findall(r'="[^"]*inf', page)
