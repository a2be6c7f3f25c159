"""Every spelling of a bucket's bound that a client writes is matched."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.utils import floatToGoString

from slo_toolkit.bounds import spellings
from slo_toolkit.promql import le_matcher

# What Go 1.26 (strconv.FormatFloat(bound, 'g', -1, 64)) and Java 17 (Double.toString(bound)) print.
PRINTED = [
    ("0.000001", "1e-06", "1.0E-6"),
    ("0.00001", "1e-05", "1.0E-5"),
    ("0.000099", "9.9e-05", "9.9E-5"),
    ("0.0001", "0.0001", "1.0E-4"),
    ("0.0005", "0.0005", "5.0E-4"),
    ("0.00099", "0.00099", "9.9E-4"),
    ("0.001", "0.001", "0.001"),
    ("0.3", "0.3", "0.3"),
    ("0.75", "0.75", "0.75"),
    ("1", "1", "1.0"),
    ("2.5", "2.5", "2.5"),
    ("10", "10", "10.0"),
    ("512", "512", "512.0"),
    ("1000", "1000", "1000.0"),
    ("100000", "100000", "100000.0"),
    ("262144", "262144", "262144.0"),
    ("999999", "999999", "999999.0"),
    ("999999.5", "999999.5", "999999.5"),
    ("1000000", "1e+06", "1000000.0"),
    ("1048576", "1.048576e+06", "1048576.0"),
    ("2500000", "2.5e+06", "2500000.0"),
    ("9999999", "9.999999e+06", "9999999.0"),
    ("10000000", "1e+07", "1.0E7"),
    ("16777216", "1.6777216e+07", "1.6777216E7"),
    ("12345678.5", "1.23456785e+07", "1.23456785E7"),
    ("1073741824", "1.073741824e+09", "1.073741824E9"),
    ("10000000000", "1e+10", "1.0E10"),
    ("1000000000000000", "1e+15", "1.0E15"),
]


def matches(bound: Decimal, text: str) -> bool:
    """Whether the matcher of `bound` takes a bucket that is labelled with `text`."""
    _, operator, value = re.split(r"(=~?)", le_matcher(bound), maxsplit=1)
    value = value[1:-1].replace("\\\\", "\\")
    return value == text if operator == "=" else re.fullmatch(value, text) is not None


def in_python(bound: float) -> str:
    return str(floatToGoString(bound))  # type: ignore[no-untyped-call]


def as_open_metrics(go: str) -> str:
    return go if set(go) & set(".e") else f"{go}.0"


@pytest.mark.parametrize(("bound", "go", "java"), PRINTED)
def test_what_go_and_java_print_is_matched(bound: str, go: str, java: str) -> None:
    written = {bound, go, java, as_open_metrics(go), in_python(float(bound))}
    assert set(spellings(Decimal(bound))) == written | {as_open_metrics(bound)}
    assert all(matches(Decimal(bound), text) for text in written)


@given(
    st.decimals(min_value=Decimal("1e-9"), max_value=Decimal("1e15"), allow_nan=False, allow_infinity=False)
)
def test_what_the_python_client_prints_is_matched(bound: Decimal) -> None:
    assert matches(bound, in_python(float(bound)))


@given(st.integers(min_value=1, max_value=10**15), st.integers(min_value=0, max_value=12))
def test_every_spelling_has_the_value_of_the_bound(digits: int, places: int) -> None:
    bound = Decimal(digits).scaleb(-places)
    assert {float(text) for text in spellings(bound)} == {float(bound)}


def test_where_all_agree_the_matcher_is_plain() -> None:
    assert le_matcher(Decimal("0.5")) == 'le="0.5"'
    assert le_matcher(Decimal("0.50")) == 'le="0.5"'


def test_another_value_is_not_matched() -> None:
    assert not matches(Decimal(1), "10")
    assert not matches(Decimal(10), "1.0")
    assert not matches(Decimal(1048576), "1.04858e+06")
