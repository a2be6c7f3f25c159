"""Problems as people read them, down to the column of the caret."""

from __future__ import annotations

import click
import pytest

from slo_toolkit.cli.diagnostics.as_text import problems_text
from slo_toolkit.errors import Level, Position, Problem


def shown(line: str, column: int, width: int = 1) -> list[str]:
    """The lines of a report about one place, without colours."""
    position = Position("a.yaml", 7, column)
    text = problems_text([Problem(position, "wrong", snippet=line, width=width)])
    return click.unstyle(text).splitlines()


def test_the_caret_stands_under_the_place() -> None:
    assert shown("objective: 100", 12, 3) == [
        "a.yaml:7:12: error: wrong",
        "    objective: 100",
        "               ^^^",
        "1 error in 1 file",
    ]


def test_a_tab_before_the_place_stays_a_tab() -> None:
    assert shown("\tkey: 1", 7)[1:3] == ["    \tkey: 1", "    \t     ^"]


def test_wide_and_combining_characters_are_counted_as_a_terminal_shows_them() -> None:
    assert shown("\N{CJK UNIFIED IDEOGRAPH-6771}: 1", 4)[2] == "        ^"
    assert shown("e\N{COMBINING ACUTE ACCENT}: 1", 5)[2] == "       ^"


def test_a_place_at_the_end_of_a_line_is_marked_behind_it() -> None:
    assert shown("key:", 5)[2] == "        ^"


def test_a_very_long_line_is_shown_around_the_place() -> None:
    lines = shown("a" * 5_000 + "WRONG" + "b" * 5_000, 5_001, 5)

    assert len(lines[1]) < 120
    assert lines[1].startswith("    ...aaa")
    assert lines[1].endswith("bbb...")
    assert lines[1].index("WRONG") == lines[2].index("^^^^^")


def test_nothing_in_a_spec_can_command_the_terminal() -> None:
    text = problems_text(
        [Problem(Position("a\x1b[2J.yaml", 1, 1), "no \x07", hint="\x1b[31m", snippet="\x9b31m: 1")]
    )

    assert not set(click.unstyle(text)) & {"\x1b", "\x07", "\x9b"}


def test_a_problem_of_a_whole_file_shows_no_line() -> None:
    text = problems_text([Problem(Position("a.yaml"), "is empty")])

    assert click.unstyle(text) == "a.yaml: error: is empty\n1 error in 1 file\n"


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ([Level.ERROR], "1 error in 1 file"),
        ([Level.WARNING, Level.WARNING], "2 warnings in 2 files"),
        ([Level.WARNING, Level.ERROR, Level.ERROR], "2 errors, 1 warning in 3 files"),
    ],
)
def test_the_last_line_counts(levels: list[Level], told: str) -> None:
    problems = [Problem(Position(f"{number}.yaml"), "x", level=level) for number, level in enumerate(levels)]

    assert click.unstyle(problems_text(problems)).splitlines()[-1] == told
