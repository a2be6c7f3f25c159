"""Input that breaks readers: a clear problem within seconds, never an exception."""

from __future__ import annotations

import time

import pytest

from tests.spec.documents import SLOTH, changed, loaded, told

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefghijklm", "bcdefghijklmn", strict=True)
)
MERGE_BOMB = "a: &a {k: v}\n" + "".join(
    f"{name}: &{name} {{{', '.join(f'k{number}: *{before}' for number in range(10))}}}\n"
    for before, name in zip("abcdefghijklm", "bcdefghijklmn", strict=True)
)

CASES: dict[str, tuple[str | bytes, str]] = {
    "an empty file": ("", "a.yaml:1:1 error: nothing stands in this file"),
    "only a comment": ("# nothing\n", "a.yaml:1:1 error: nothing stands in this file"),
    "only separators": ("---\n---\n", "a.yaml:2:1 error: nothing stands in this file"),
    "a NUL byte": (b"version: \0", "a.yaml:1:10 error: a NUL byte has no place in a spec"),
    "UTF-16": (SLOTH.encode("utf-16"), "a.yaml:1:1 error: this is UTF-16, not UTF-8"),
    "UTF-16 without a mark": (
        SLOTH.encode("utf-16-le"),
        "a.yaml:1:2 error: a NUL byte has no place in a spec",
    ),
    "UTF-32": (SLOTH.encode("utf-32"), "a.yaml:1:1 error: this is UTF-32, not UTF-8"),
    "Latin-1": (
        SLOTH.replace("succeed", "gelingen, für alle").encode("latin-1"),
        "a.yaml:8:43 error: the byte 0xFC is no UTF-8; the file may be Latin-1 or binary",
    ),
    "a control character": (
        SLOTH.replace("succeed", "succ\x07eed"),
        "a.yaml:8:36 error: the control character U+0007 has no place in a spec",
    ),
    "a tab": (
        SLOTH.replace("    sli:", "\tsli:"),
        "a.yaml:9:1 error: no YAML: found a tab character that violates indentation",
    ),
    "1000 lists": (
        "a: " + "[" * 1000 + "]" * 1000,
        "a.yaml:1:1003 error: no YAML: exceeded maximum nesting depth",
    ),
    "1000 flow mappings": ("{a: " * 1000, "a.yaml:1:261 error: nested deeper than 64 levels"),
    "1000 block mappings": (
        "".join(" " * depth + "a:\n" for depth in range(1000)),
        "a.yaml:66:66 error: nested deeper than 64 levels",
    ),
    "a million brackets": ("[" * 1_000_000, "a.yaml:1:1001 error: no YAML: exceeded maximum nesting depth"),
    "an alias bomb": (BOMB, "a.yaml:6:36 error: the aliases write out to more than 1,000,000 values"),
    "a bomb of mappings": (
        MERGE_BOMB,
        "a.yaml:7:20 error: the aliases write out to more than 1,000,000 values",
    ),
    "an alias of itself": ("a: &a [*a]", "a.yaml:1:8 error: the alias *a contains itself"),
    "an unknown alias": ("a: *b", "a.yaml:1:4 error: no anchor &b stands before this alias"),
    "a Python object": (
        "version: !!python/object/apply:os.system [ls]\nslos: []\n",
        "a.yaml:1:10 error: there is no version",
    ),
    "a lone surrogate": (
        'version: "\\ud800"',
        "a.yaml:1:13 error: no YAML: found invalid Unicode character escape code",
    ),
    "an unclosed quote": (
        'version: "prometheus/v1',
        "a.yaml:1:24 error: no YAML: found unexpected end of stream",
    ),
    "a colon in text": (
        "version: a: b",
        "a.yaml:1:11 error: no YAML: mapping values are not allowed in this context",
    ),
    "a number of a million digits": (
        SLOTH.replace("99.9", "9" * 1_000_000),
        "a.yaml:7:16 error: `objective` is above 0 and below 100",
    ),
    "a duration of a million digits": (
        SLOTH.replace("prometheus/v1", "slo-toolkit/v1").replace(
            "    objective", f"    period: {'9' * 1_000_000}d\n    objective"
        ),
        "a.yaml:7:13 error: `9999999999999999999999999999999999999...` is no duration",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_one_clear_problem_within_seconds(case: str) -> None:
    document, expected = CASES[case]
    started = time.monotonic()
    problems = told(loaded(document))
    assert problems[0].startswith(expected)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "document",
    [
        b"\xef\xbb\xbf" + SLOTH.encode(),
        SLOTH.replace("\n", "\r\n").encode(),
        SLOTH.replace("\n", "\r").encode(),
        SLOTH.replace("succeed", "gelingen, für alle 🦥").encode(),
        ("# a comment\n---\n" + SLOTH + "...\n").encode(),
    ],
    ids=["a byte order mark", "CRLF", "CR", "UTF-8", "document marks"],
)
def test_it_is_read_as_any_other_spec(document: bytes) -> None:
    result = loaded(document)
    assert told(result) == []
    assert [slo.id for slo in result.slos] == ["shop-availability"]


def test_positions_count_characters_not_bytes() -> None:
    document = changed(SLOTH, ("labels:\n  owner: shop-team", "labels: {note: ä🦥, owner: yes}"))
    assert told(loaded(document)) == [
        'a.yaml:3:27 error: YAML may read `yes` as the truth value true - put it in quotes: "yes"'
    ]
