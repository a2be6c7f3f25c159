"""Label values, names and a server's words that command terminals, break lines or are formulas and markup."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from slo_toolkit.foreign_text import columns
from slo_toolkit.status.episodes import Contribution, Episode
from slo_toolkit.status.history import History, Step
from slo_toolkit.status.model import Answer, Key
from slo_toolkit.status.periods import Span
from slo_toolkit.status.render import report_text
from slo_toolkit.status.render.as_csv import as_csv
from slo_toolkit.status.render.as_html import as_html
from slo_toolkit.status.render.as_json import as_json
from slo_toolkit.status.render.as_markdown import as_markdown, code, escaped
from slo_toolkit.status.render.as_prometheus import as_prometheus
from slo_toolkit.status.render.as_table import as_table
from slo_toolkit.status.report import Entry, Report
from slo_toolkit.status.series import SLOT
from slo_toolkit.status.stories import Story
from slo_toolkit.status.survey import Wanted, ask

from .conftest import Serve, SloCommand
from .fake import AT, DAY, FakePrometheus, identity, of, recorded

HOSTILE = "\x1b[2J\x9b31m\r\nx\u2028y\u202egpj.exe\u200b</td><script>alert(1)</script>|`\"'\\[a](http://b)@all\ud800"


@pytest.fixture
def answer() -> Answer:
    """A group, a service, an alert and a warning of that kind."""
    alert = {**identity(), "alertname": HOSTILE, "sloth_severity": HOSTILE, "alertstate": "firing"}
    series = [*recorded(group={"route": HOSTILE}), *recorded(service=HOSTILE, ratio_rate30d=0.002)]
    found = ask(FakePrometheus(series, alerts=[alert]), Wanted(at=AT))
    return replace(found, warnings=(HOSTILE,))


def _stories(answer: Answer) -> dict[Key, Story]:
    steps = (Step(AT - DAY, 1000, 5), Step(AT, 1000, 7))
    episode = Episode(AT - DAY, AT, 70.0, 500, 0.21, (Contribution("route", HOSTILE, 0.8),))
    return {status.key: Story(History(SLOT, steps), (episode,)) for status in answer.statuses}


def _report(answer: Answer) -> Report:
    stories = _stories(answer)
    entries = tuple(Entry(status, None, stories[status.key]) for status in answer.statuses)
    return Report(Span("2026-10", AT - DAY, AT, AT, is_closed=True), entries, answer.warnings)


RENDERERS: dict[str, Callable[[Answer], str]] = {
    "table": as_table,
    "wide table": lambda answer: as_table(answer, 300),
    "json": as_json,
    "markdown": as_markdown,
    "csv": as_csv,
    "prometheus": as_prometheus,
    "html": lambda answer: as_html(answer, _stories(answer)),
    "report table": lambda answer: report_text.as_table(_report(answer)),
    "report json": lambda answer: report_text.as_json(_report(answer)),
    "report markdown": lambda answer: report_text.as_markdown(_report(answer)),
    "report csv": lambda answer: report_text.as_csv(_report(answer)),
    "report html": lambda answer: report_text.as_html(_report(answer)),
}


@pytest.mark.parametrize("name", RENDERERS)
def test_nothing_commands_a_terminal_or_breaks_a_line_in_any_form(answer: Answer, name: str) -> None:
    harmless = replace(answer, statuses=tuple(replace(s, group={}, service="shop") for s in answer.statuses))
    text, other = RENDERERS[name](answer), RENDERERS[name](replace(harmless, warnings=("fine",)))
    assert text.replace("\n", "").isprintable()
    assert text.encode()
    if "table" not in name and "json" not in name:  # those lines follow the length of what they tell
        assert len(text.splitlines()) == len(other.splitlines())


def test_the_table_fits_its_width_whatever_the_names(answer: Answer) -> None:
    series = [*recorded(service="注文サービス", slo="可用性" * 12), *recorded(service="a", slo="b")]
    tables = [
        as_table(answer),
        as_table(ask(FakePrometheus(series), Wanted(at=AT))),
        report_text.as_table(_report(ask(FakePrometheus(series), Wanted(at=AT)))),
    ]
    for table in tables:
        assert max(map(columns, table.splitlines())) <= 80


def test_wide_characters_keep_the_columns_below_each_other() -> None:
    series = [*recorded(service="注文", slo="可用性"), *recorded(service="shop", slo="requests")]
    lines = as_table(ask(FakePrometheus(series), Wanted(at=AT))).splitlines()
    rows = [line for line in lines if line.startswith("met ")]
    assert len({columns(row.partition("99.9 %")[0]) for row in rows}) == 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1dcmd|' /C calc'!A0"])
def test_no_cell_of_text_is_a_formula(text: str) -> None:
    series = recorded(service=text, slo=text, group={"": "x"}, ratio_rate30d=0.002)
    (row,) = csv.DictReader(io.StringIO(as_csv(ask(FakePrometheus(series), Wanted(at=AT)))))
    assert (row["service"], row["slo"], row["group"]) == (f"'{text}", f"'{text}", "'=x")
    assert row["budget_remaining"] == "-1.0", "figures stay figures"


def test_markdown_takes_nothing_for_markup() -> None:
    assert escaped("<b>*a* _b_ [c](d) `e` ~f~ $g$ #1 &lt;") == (
        r"\<b\>\*a\* \_b\_ \[c\](d) \`e\` \~f\~ \$g\$ \#1 \&lt;"
    )
    assert escaped("a|b @all") == "a&#124;b &#64;all"
    assert code("a`b``c") == "``` a`b``c ```"
    assert code("<b>") == "`<b>`"
    assert "|" not in code("a|b")


def test_a_markdown_table_has_its_columns_whatever_stands_in_it(answer: Answer) -> None:
    rows = [line for line in as_markdown(answer).splitlines() if line.startswith("| ")]
    assert {row.count("|") for row in rows} == {9}


def test_the_page_has_no_tag_and_no_attribute_of_others(answer: Answer) -> None:
    tags: list[tuple[str, list[tuple[str, str | None]]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, attrs))

    Reader().feed(as_html(answer, _stories(answer)))
    assert "script" not in {tag for tag, _ in tags}
    assert not [name for _, attributes in tags for name, _ in attributes if name.startswith("on")]


def test_the_prometheus_text_has_one_sample_on_each_line_whatever_the_labels() -> None:
    group = {'x="1"} 1\nevil{a': 'y"} 2\nworse{b="', "http.route": "/"}
    text = as_prometheus(ask(FakePrometheus(recorded(group=group)), Wanted(at=AT)))
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    value = r'"(?:[^"\\\n]|\\["\\n])*"'
    label = rf"(?:[a-zA-Z_][a-zA-Z0-9_]*|{value})={value}"
    sample = re.compile(rf"[a-z_]+(?:\{{{label}(?:,{label})*\}})? [-+.e0-9]+")
    assert all(sample.fullmatch(line) for line in samples)
    assert '"http.route"="/"' in text


def test_the_verb_tells_it_so_on_either_stream(slo: SloCommand, serve: Serve) -> None:
    series = recorded(service="sh\u202eop", group={"route": "\x9b2J"}, ratio_rate30d=float("nan"))
    for output in ("table", "csv", "markdown", "json"):
        code_, out, err = slo("budget", "--prometheus", serve(of(series)).url, "--output", output)
        assert code_ == 3
        assert (out + err).replace("\n", "").isprintable()
        assert "sh\\u202eop" in out
    assert "sh\\u202eop/requests{route=\\x9b2J}: not measurable" in err
    assert json.loads(out)["slos"][0]["service"] == "sh\u202eop", "JSON tells it exactly"


def test_a_report_tells_the_reason_of_many_slos_once() -> None:
    series = [item for number in range(10) for item in recorded(slo=f"slo-{number}", ratio_rate30d=-0.5)]
    report = _report(ask(FakePrometheus(series), Wanted(at=AT)))
    assert report_text.as_table(report).count("no error ratio") == 1
