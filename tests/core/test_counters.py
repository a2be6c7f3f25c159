"""Something else asked of the counters in a query than their rate."""

from __future__ import annotations

import pytest

from slo_toolkit.meaning.counters import with_counters


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("sum(rate(a[{{.window}}]))", "sum((<a>))"),
        ('sum by (x) (increase( a{b="c[d]("} [ {{ .window }} ] ))', 'sum by (x) ((<a{b="c[d]("}>))'),
        ("sum(rate((a{b='c'}[{{.window}}])) * 2)", "sum((<a{b='c'}>) * 2)"),
        (
            "label_replace(rate(a[{{.window}}]), 'x', '$1', 'rate', '(.*)')",
            "label_replace((<a>), 'x', '$1', 'rate', '(.*)')",
        ),
        ("sum(rate(a[{{.window}}])) # rate(b[{{.window}}])\nor vector(0)", "sum((<a>)) \nor vector(0)"),
        ("sum(rate(a[{{.window}}]) or rate(b[{{.window}}]) * 0)", "sum((<a>) or (<b>) * 0)"),
    ],
)
def test_each_counter_is_asked(query: str, asked: str) -> None:
    assert with_counters(query, "<{}>".format) == asked


@pytest.mark.parametrize("query", ["sum(count_over_time(a[{{.window}}]))", "sum(rate(a[{{.window}}:1m]))"])
def test_what_no_counter_is_read_by_is_not(query: str) -> None:
    assert with_counters(query, "<{}>".format) is None
