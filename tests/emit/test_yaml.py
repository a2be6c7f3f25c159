from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slo_toolkit.emit.yaml import document

ANY_TEXT = st.text() | st.text(alphabet='a "\\\n\t:#-|>{}[]&*!%@`\u0085\u2028\ufeff\x00\x7f', max_size=12)
SOURCES = st.recursive(
    ANY_TEXT | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
)


@given(st.dictionaries(ANY_TEXT, SOURCES, max_size=4))
def test_what_is_written_is_what_a_yaml_reader_reads(value: dict[str, Any]) -> None:
    assert yaml.safe_load(document(value)) == value


@pytest.mark.parametrize(
    "text", ["yes", "NO", "on", "010", "1:30", "2024-01-01", "null", "~", "1e3", "", "="]
)
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    assert yaml.safe_load(document({text: text})) == {text: text}


def test_an_expression_of_several_lines_is_a_block() -> None:
    assert document({"expr": 'a{b="c"}\n/\nd'}) == 'expr: |-\n  a{b="c"}\n  /\n  d\n'


def test_a_block_is_left_where_it_could_be_read_back_differently() -> None:
    for text in (
        " leading\nspace",
        "trailing \nspace",
        "two line breaks\n\n",
        "\nstart",
        "a\rb\n",
        "a\x85b\n",
    ):
        assert "|" not in document({"expr": text})


def test_keys_keep_their_order() -> None:
    assert document({"b": 1, "a": [2, {"d": True, "c": []}]}) == "b: 1\na:\n- 2\n- d: true\n  c: []\n"


def test_characters_that_yaml_forbids_are_escaped_and_others_are_not() -> None:
    assert document({"summary": "größer \x7f 🙂"}) == 'summary: "größer \\u007f 🙂"\n'
