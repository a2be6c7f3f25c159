"""The parts of PromQL: numbers, strings, bounds, look-backs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from slo_toolkit import promql
from slo_toolkit.duration import Duration

WINDOW = Duration.of(minutes=5)


@pytest.mark.parametrize(
    "template", ["{{.window}}", "{{ .window }}", "{{- .window -}}", "{{   .window}}", "{{.window   }}"]
)
def test_the_window_is_filled_in_however_it_is_spaced(template: str) -> None:
    assert promql.fill_window(f"rate(x[{template}])", WINDOW) == "rate(x[5m])"


@pytest.mark.parametrize(
    ("threshold", "matcher"),
    [
        ("0.3", 'le="0.3"'),
        ("1", r'le=~"1|1\\.0"'),
        ("2.5", 'le="2.5"'),
        ("10", r'le=~"10|10\\.0"'),
        ("1000000", r'le=~"1000000|1000000\\.0|1e\\+06"'),
        ("0.00001", r'le=~"0\\.00001|1e\\-05|1\\.0E\\-5"'),
    ],
)
def test_a_bucket_is_found_however_the_server_spells_its_bound(threshold: str, matcher: str) -> None:
    assert promql.le_matcher(Decimal(threshold)) == matcher


@pytest.mark.parametrize(
    ("value", "text"), [("0.0144", "0.0144"), ("0.000009333333333333333333", "0.000009333333333333333")]
)
def test_numbers_are_the_nearest_float_in_plain_notation(value: str, text: str) -> None:
    assert promql.number(Decimal(value)) == text
    assert float(text) == float(Decimal(value))


def test_strings_are_quoted_for_promql() -> None:
    assert promql.quote('a"b\\c\nd') == '"a\\"b\\\\c\\nd"'
