"""The pages of `slo budget` and `slo report` in a real browser: whole on any screen, and silent to the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from slo_toolkit.status.episodes import Contribution, Episode
from slo_toolkit.status.history import History, Step
from slo_toolkit.status.render import report_text
from slo_toolkit.status.render.as_html import as_html
from slo_toolkit.status.report import Entry, Report
from slo_toolkit.status.series import SLOT
from slo_toolkit.status.stories import Story
from tests.chromium import chromium_binary
from tests.status.fake import AT, DAY, one_of_each_verdict

from .chromium import Browser, running_chromium

PHONE, LAPTOP = 390, 1280
SHEET = 718  # what the margins leave of A4, in CSS pixels
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, for text of any size

# Red, green and blue of a colour as the browser tells it; relative luminance and contrast are those of WCAG 2.2.
CONTRASTS = """
(() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = text => {
    const linear = c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
    const [r, g, b] = rgb(text).slice(0, 3).map(c => linear(c / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = element => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (rgb(colour)[3] !== 0) return colour;
    }
  };
  const texts = [...document.querySelectorAll('h1 span, th, td, td a, dt, dd, p, .badge, figcaption, svg text')];
  return texts.map(element => {
    const style = getComputedStyle(element);
    const own = light(element.closest('svg') ? style.fill : style.color);
    const [a, b] = [own, light(ground(element))].sort((x, y) => y - x);
    return [(a + .05) / (b + .05), element.className.baseVal || element.className || element.tagName];
  });
})()
"""
CLIPPED = """
[...document.querySelectorAll('svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect();
    return box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom;
  }).map(text => text.textContent);
})
"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def _story() -> Story:
    times = [AT - 29 * DAY + number * 7200 for number in range(348)]
    steps = tuple(Step(time, 1e5, 4e4 if number % 150 == 9 else 20.0) for number, time in enumerate(times))
    episode = Episode(times[8], times[9], 400.0, 4e4, 0.5, (Contribution("route", "/pay", 0.97),))
    return Story(History(SLOT * 24, steps), (episode, replace(episode, start=times[158], end=times[159])))


def _budget() -> str:
    answer = one_of_each_verdict(route="/a/rather/long/route/of/one/" + "piece" * 12)
    return as_html(answer, {status.key: _story() for status in answer.statuses})


def _report() -> str:
    answer = one_of_each_verdict(route="/a/rather/long/route/of/one/" + "piece" * 12)
    entries = tuple(Entry(status, None, _story()) for status in answer.statuses)
    return report_text.as_html(Report(answer.statuses[0].span, entries, answer.warnings))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_chromium(chromium_binary()) as found:
        yield found


@pytest.fixture(params=[_budget, _report], ids=["budget", "report"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(request.param())
    return path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, LAPTOP])
def test_a_page_is_whole_and_silent(browser: Browser, file: Path, width: int, dark: bool) -> None:
    page = browser.open(file, width=width, dark=dark)
    assert {url.partition(",")[0] for url in page.requests} <= {file.absolute().as_uri(), "data:"}
    assert page.complaints == []
    assert page.value("document.querySelectorAll('svg').length") > 0
    assert page.value(OVERFLOW) == 0, "nothing makes the page wider than the screen"
    assert page.value(CLIPPED) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_word_stands_out_from_its_ground(browser: Browser, file: Path, dark: bool) -> None:
    page = browser.open(file, width=LAPTOP, dark=dark)
    found = page.value(CONTRASTS)
    assert len(found) > 50
    assert [what for contrast, what in found if contrast < LEAST_CONTRAST] == []


def test_dark_is_dark(browser: Browser, file: Path) -> None:
    grounds = [
        browser.open(file, width=LAPTOP, dark=dark).value("getComputedStyle(document.body).backgroundColor")
        for dark in (False, True)
    ]
    light, dark = (sum(map(int, re.findall(r"\d+", ground))) for ground in grounds)
    assert light > 700
    assert dark < 100


def test_a_page_prints(browser: Browser, file: Path) -> None:
    """On sheets that are full, and on white, although the screen is dark."""
    page = browser.open(file, width=LAPTOP, dark=True)
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 4, "a sheet for each of the SLOs"
    page.resize(SHEET, 1000)
    page.call("Emulation.setEmulatedMedia", {"media": "print"})
    assert page.value(OVERFLOW) == 0, "nothing is cut off at the right"
    assert page.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
