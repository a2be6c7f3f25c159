from __future__ import annotations

import pytest

from slo_toolkit.emit.example_text import examples


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("5..|429", ("500", "429")),
        ("(5..|429)", ("500",)),
        ("GET|POST", ("GET", "POST")),
        ("/api/.*", ("/api/0",)),
        ("[^/]+/v[1-9]", ("0/v1",)),
        (r"a\.b\d{3}$", ("a.b000",)),
        ("(?:x|y)z?", ("xz",)),
        ("(?i)get", ("get",)),
        ("|none", ("", "none")),
    ],
)
def test_each_alternative_has_an_example(pattern: str, texts: tuple[str, ...]) -> None:
    assert examples(pattern) == texts


@pytest.mark.parametrize("pattern", ["(", "[a", "*", r"\bx(?=y)", "(a)\\1"])
def test_an_expression_that_is_not_understood_has_none(pattern: str) -> None:
    assert examples(pattern) == ()
