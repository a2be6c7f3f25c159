"""Every form of query means after `slo compile` what its owner wrote, or its owner is told before anything is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from deploy.live.replay import Replay
from deploy.live.rules import rules_of
from tests.corpus.compiling import Compiled, compiled
from tests.corpus.forms import Form, forms, named
from tests.corpus.judge import differences
from tests.corpus.paging import differing_pages
from tests.corpus.playing import period_of, played, recorded, recorded_windows, write_history
from tests.live.prometheus import running_prometheus

Compile = Callable[[Form], Compiled]
Play = Callable[[Form], Replay]
"""Replays the rules of a form once, and those of the form beside it before."""

PERIOD_LAG = 600
"""Events of five minutes are added to the period every five minutes: it follows by so many seconds."""

SHOWN = 12
"""Differences of one window that are printed."""


@pytest.fixture(scope="module")
def compile_form(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    folder = tmp_path_factory.mktemp("corpus")
    return compiled(forms(), folder).__getitem__


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
    wrong = [_told(found) for window in form.windows if (found := _differences(address, done, window))]
    if form.says("period") and (found := _differences(address, done, period_of(form), lag=PERIOD_LAG)):
        wrong.append(_told(found))
    if form.says("alerts"):
        wrong += differing_pages(address, form, outcome)
    assert not wrong, "\n" + "\n".join(wrong)


def _says(form: Form, messages: tuple[str, ...]) -> bool:
    return any(re.search(form["says"], message) for message in messages)


def _differences(address: str, done: Compiled, window: str, lag: float = 0) -> list[str]:
    readings = recorded(address, done, window)
    return [str(found) for found in differences(address, done.form, window, readings, lag=lag)]


def _told(found: list[str]) -> str:
    more = [f"  and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return "\n".join([*found[:SHOWN], *more])
