"""Every form of query means after `slo compile` what its owner wrote, or its owner is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from deploy.live.api import value
from deploy.live.replay import Replay
from deploy.live.rules import rules_of
from tests.corpus.compiling import Compiled, compiled
from tests.corpus.forms import Form, forms, named
from tests.corpus.judge import Difference, of_a_window, of_the_period
from tests.corpus.paging import carried, differing_pages, interruptions, is_told
from tests.corpus.playing import period_of, played, recorded, recorded_windows, write_history
from tests.corpus.timeline import BETWEEN_MOMENTS, HOUR, MINUTE, OUTAGE, unix
from tests.live.prometheus import running_prometheus

Compile = Callable[[Form], Compiled]
Play = Callable[[Form], Replay]
"""Replays the rules of a form once, and those of the form beside it before."""

SHOWN = 12
"""Differences of one window that are printed."""


@pytest.fixture(scope="module")
def compile_form(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    folder = tmp_path_factory.mktemp("corpus")
    return compiled(forms(), folder, "tests").__getitem__


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A Prometheus with the whole history."""
    with running_prometheus() as found:
        write_history(found)
        yield found


@pytest.fixture(scope="module")
def play(address: str, compile_form: Compile) -> Play:
    @cache
    def once(form: Form) -> Replay:
        return played(address, compile_form(form))

    def with_its_neighbour(form: Form) -> Replay:
        if form["beside"]:
            once(named(f"{form.kind}/{form['beside']}"))
        return once(form)

    return with_its_neighbour


def _of(*ends: str) -> pytest.MarkDecorator:
    chosen = [form for form in forms() if form["ends"] in ends]
    return pytest.mark.parametrize("form", chosen, ids=lambda form: form.id)


@_of("refused")
def test_it_is_refused_with_the_reason(form: Form, compile_form: Compile) -> None:
    done = compile_form(form)
    assert done.code == 2, "it is compiled"
    assert _says(form, done.errors), done.errors


@_of("warned")
def test_its_owner_is_warned(form: Form, compile_form: Compile) -> None:
    done = compile_form(form)
    assert _says(form, done.warnings), done.warnings


@_of("same", "warned", "either")
def test_it_means_what_its_owner_wrote(form: Form, compile_form: Compile, play: Play, address: str) -> None:
    done = compile_form(form)
    if form["ends"] == "either" and done.code == 2:
        assert _says(form, done.errors), done.errors
        return
    assert done.code == 0, done.errors
    assert form["holds"] in done.rule_file.read_text()
    rules = rules_of(done.rules)
    windows = recorded_windows(rules)
    assert sorted(windows) == sorted(set(windows)), "a ratio is recorded twice"
    if not form.executed:
        return
    assert set(form.windows) <= set(windows)
    outcome = play(form)
    wrong = []
    for window in form.windows:
        wrong += _told(of_a_window(address, form, window, recorded(address, done, window)))
    if form.says("period"):
        period = period_of(form)
        wrong += _told(of_the_period(address, form, period, recorded(address, done, period)))
    if form["alerts"] != "no":
        wrong += (
            interruptions(outcome) if form["alerts"] == "steady" else differing_pages(address, form, outcome)
        )
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("form", [form for form in forms() if form["carries"]], ids=lambda form: form.id)
def test_its_page_carries_what_its_templates_ask_for(
    form: Form, compile_form: Compile, play: Play, address: str
) -> None:
    done = compile_form(form)
    assert done.code == 0, done.errors
    name, text = form["carries"].split("=", 1)
    assert carried(address, done, play(form))[name] == text


UNKNOWN = [form for form in forms() if form["missing"] == "unknown" and form.executed]


@pytest.mark.parametrize("form", UNKNOWN, ids=lambda form: form.id)
def test_an_outage_of_which_nothing_is_known_is_told(
    form: Form, compile_form: Compile, play: Play, address: str
) -> None:
    """A ratio of what is known, or the alert on telemetry that is gone. What never had a value cannot lose it."""
    done = compile_form(form)
    assert done.code == 0, done.errors
    outcome, late = play(form), unix(OUTAGE.end - 5 * MINUTE)
    ratios = recorded(address, done, "5m").values()
    known = any(found.get(late - late % BETWEEN_MOMENTS) for found in ratios)
    assert known or is_told(outcome, late) or not any(ratios)


def test_time_slices_are_counted_one_by_one(compile_form: Compile, play: Play, address: str) -> None:
    """Five slices of a minute in five minutes, whatever happens within them."""
    form = named("slices/least-errors")
    play(form)
    amid = unix(7 * HOUR)
    for kind in ("valid", "error"):
        selector = f'slo:{kind}_events:count5m{{sloth_service="{form.service}"}}'
        assert value(address, selector, amid) == pytest.approx(5, rel=0.02)


def _says(form: Form, messages: tuple[str, ...]) -> bool:
    return any(re.search(form["says"], message) for message in messages)


def _told(found: list[Difference]) -> list[str]:
    more = [f"  and {len(found) - SHOWN} more of this window"] if len(found) > SHOWN else []
    return [*map(str, found[:SHOWN]), *more]
