"""Whatever is done to a valid spec, it loads or has problems with positions; nothing is raised."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_toolkit.errors import Level
from slo_toolkit.spec.decoding import LINE_BREAK
from tests.spec.documents import KUBERNETES, NATIVE, OPENSLO, SLOTH, WINDOWS, loaded

DOCUMENTS = (SLOTH, NATIVE, KUBERNETES, OPENSLO, WINDOWS)
FRAGMENTS = st.sampled_from(
    [
        "",
        " ",
        "\n",
        "\t",
        ":",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "<<: ",
        "!!int ",
        "'",
        '"',
        "|",
        ">",
        "#",
        "---\n",
        "null",
        "yes",
        "0",
        "-1",
        "1e9",
        ".nan",
        "010",
        "1:30",
        "2026-11-24",
        "{{.window}}",
        "{{",
        "5m",
        "\\",
        "\0",
        "é",
        "%",
    ]
)


@pytest.fixture(autouse=True)
def no_promtool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of calls of promtool would take minutes, and what it says does not matter here."""
    monkeypatch.setenv("PATH", "")


def check(text: str | bytes) -> None:
    result = loaded(text)
    lines = len(LINE_BREAK.split(text if isinstance(text, str) else text.decode("latin-1")))
    for problem in result.problems:
        assert problem.message
        assert problem.position.line >= 1
        assert problem.position.column >= 1
        assert problem.position.line <= lines + 1
    errors = [problem for problem in result.problems if problem.level is Level.ERROR]
    assert result.slos or errors or "AlertWindows" in str(text)


@settings(max_examples=300, deadline=None)
@given(
    document=st.sampled_from(DOCUMENTS),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), FRAGMENTS), min_size=1, max_size=3),
)
def test_text_cut_out_and_put_in(document: str, cuts: list[tuple[float, int, str]]) -> None:
    for where, length, fragment in cuts:
        start = int(where * len(document))
        document = document[:start] + fragment + document[start + length :]
    check(document)


@settings(max_examples=200, deadline=None)
@given(document=st.sampled_from(DOCUMENTS), line=st.integers(0, 40), value=FRAGMENTS | st.text(max_size=20))
def test_a_value_replaced(document: str, line: int, value: str) -> None:
    lines = document.splitlines()
    line %= len(lines)
    key, colon, _ = lines[line].partition(": ")
    lines[line] = f"{key}{colon}{value}"
    check("\n".join(lines))


@settings(max_examples=200, deadline=None)
@given(
    document=st.sampled_from(DOCUMENTS),
    order=st.lists(st.integers(0, 40), max_size=4),
    repeat=st.integers(1, 3),
)
def test_lines_removed_and_repeated(document: str, order: list[int], repeat: int) -> None:
    lines = document.splitlines(keepends=True)
    for number in order:
        if lines:
            line = lines.pop(number % len(lines))
            lines.insert(number % (len(lines) + 1), line * (repeat - 1))
    check("".join(lines))


@settings(max_examples=200, deadline=None)
@given(document=st.sampled_from(DOCUMENTS), where=st.floats(0, 1), junk=st.binary(max_size=6))
def test_bytes_put_in(document: str, where: float, junk: bytes) -> None:
    data = document.encode()
    start = int(where * len(data))
    check(data[:start] + junk + data[start:])
