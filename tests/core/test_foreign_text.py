"""Text of others, fit to be shown: on one line, without commands, measured in columns."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_toolkit.foreign_text import as_json, columns, excerpt, on_one_line, padded, shortened, wrapped

ANYTHING = st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Mn", "Lo"]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/api/items", "/api/items"),
        ("größe: 5 µs, 東京", "größe: 5 µs, 東京"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("a\u2028b\x85c", "a\\u2028b\\x85c"),
        ("user\u202etxt.exe", "user\\u202etxt.exe"),
        ("pay\u200bment", "pay\\u200bment"),
        ("\ufeffa\u2066b\u00adc", "\\ufeffa\\u2066b\\xadc"),
        ("a\u3164b\u034fc\ufe0f", "a\\u3164b\\u034fc\\ufe0f"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("a\u00a0b", "a\\xa0b"),
        ("e\u0301t\u0301", "e\u0301t\u0301"),
        ("\u0301a", "\\u0301a"),
        ("a" + "\u0301" * 6, "a" + "\u0301" * 4 + "\\u0301" * 2),
        ("C:\\temp", "C:\\temp"),
    ],
)
def test_what_is_not_simply_seen_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert on_one_line(text) == shown


@given(ANYTHING)
def test_whatever_comes_is_one_printable_line_and_stays_it(text: str) -> None:
    shown = on_one_line(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(character).startswith("C") for character in shown)
    assert on_one_line(shown) == shown


@given(ANYTHING)
def test_json_tells_every_text_exactly_and_commands_no_terminal(text: str) -> None:
    written = as_json({"text": text})
    assert json.loads(written) == {"text": text}
    assert written.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("東京", 4), ("e\u0301", 1), ("\uff46", 2), ("🔥", 2), ("", 0), ("ｱ", 1)],
)
def test_a_width_is_told_in_columns(text: str, width: int) -> None:
    assert columns(text) == width
    assert columns(padded(text, 10)) == 10


@given(
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "So"]), max_size=40), st.integers(3, 20)
)
def test_what_is_too_wide_keeps_its_beginning_and_its_end(text: str, width: int) -> None:
    short = shortened(text, width)
    assert columns(short) <= width
    if columns(text) > width:
        head, _, tail = short.partition("…")
        assert text.startswith(head)
        assert text.endswith(tail)
        assert columns(short) >= width - 2


def test_a_wide_name_is_cut_between_its_characters() -> None:
    assert shortened("東京都庁舎第一本庁舎", 11) == "東京…本庁舎"


@given(st.text(st.characters(codec="utf-8", categories=["L", "Zs"]), max_size=80), st.integers(2, 20))
def test_lines_are_broken_by_columns_and_lose_nothing(text: str, width: int) -> None:
    lines = list(wrapped(text, width))
    assert all(0 < columns(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_lines_are_broken_between_words() -> None:
    assert list(wrapped("one two three", 8)) == ["one two", "three"]
    assert list(wrapped("eins zweidreivier fünf", 8)) == ["eins", "zweidrei", "vier", "fünf"]


def test_a_servers_words_are_one_line_and_no_flood() -> None:
    assert excerpt(" no\n\n luck\t\x1b[2J ") == "no luck \\x1b[2J"
    assert len(excerpt("x" * 10_000_000)) == 300
    assert excerpt("x" * 301).endswith("x…")
