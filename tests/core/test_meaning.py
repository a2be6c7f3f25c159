"""What is read in a user's query. That the rules made of it say the same is shown by running them, in tests/corpus."""

from __future__ import annotations

import pytest

from slo_toolkit.meaning.labels import ResultLabels
from slo_toolkit.meaning.linear import Unit
from slo_toolkit.meaning.query import is_born_with, needed, pinned, quotient, read, witnesses
from slo_toolkit.meaning.text import arguments, cut, unbalanced, without_comments


def query(text: str) -> str:
    return text.replace("[W", "[{{.window}}")


def terms(text: str) -> list[tuple[str, float]] | None:
    linear = read(query(text)).linear
    return (
        None if linear is None else [(t.text.replace("[{{.window}}", "[W"), t.factor) for t in linear.terms]
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(rate(a[W]))", [("sum(rate(a[W]))", 1)]),
        ("sum by (host) (increase(a[W]))", [("sum by (host) (increase(a[W]))", 1)]),
        ("(sum(rate(a[W])))", [("sum(rate(a[W]))", 1)]),
        ("rate(a[W])", [("rate(a[W])", 1)]),
        ("sum(rate(a[W])) + sum(rate(b[W]))", [("sum(rate(a[W]))", 1), ("sum(rate(b[W]))", 1)]),
        ("sum(rate(a[W])) - sum(rate(b[W]))", [("sum(rate(a[W]))", 1), ("sum(rate(b[W]))", -1)]),
        (
            "sum(rate(a[W])) - (sum(rate(b[W])) - sum(rate(c[W])))",
            [("sum(rate(a[W]))", 1), ("sum(rate(b[W]))", -1), ("sum(rate(c[W]))", 1)],
        ),
        (
            "2 * (sum(rate(a[W])) - sum(rate(b[W])) / 4)",
            [("sum(rate(a[W]))", 2), ("sum(rate(b[W]))", -0.5)],
        ),
        ("-sum(rate(a[W]))", [("sum(rate(a[W]))", -1)]),
        ("sum(rate(a[W])) - on (x) sum(rate(b[W]))", [("sum(rate(a[W]))", 1), ("sum(rate(b[W]))", -1)]),
        ("sum(rate(a[W])) or vector(0)", [("sum(rate(a[W]))", 1)]),
        ("sum(rate(a[W])) OR on() vector(0)", [("sum(rate(a[W]))", 1)]),
        ("sum(rate(a[W])) or 0 * sum(rate(b[W]))", [("sum(rate(a[W]))", 1)]),
        ("sum(rate(a[W])) > 0", [("sum(rate(a[W]))", 1)]),
        ("sum(rate(a[W]) or vector(0))", [("sum(rate(a[W]) or vector(0))", 1)]),
        (
            "clamp_min(sum(rate(a[W])) - sum(rate(b[W])), 0)",
            [("sum(rate(a[W]))", 1), ("sum(rate(b[W]))", -1)],
        ),
        ("sum(rate(a[W] offset 5m))", [("sum(rate(a[W] offset 5m))", 1)]),
        ("sum(sum_over_time((count(x < 3))[W:]))", [("sum(sum_over_time((count(x < 3))[W:]))", 1)]),
        (
            'sum(rate(a{b="+ -"}[W])) + sum(rate(c[W]))',
            [('sum(rate(a{b="+ -"}[W]))', 1), ("sum(rate(c[W]))", 1)],
        ),
        ("sum(rate(a{b=~`\\d`}[W]))", [("sum(rate(a{b=~`\\d`}[W]))", 1)]),
        ("sum(rate(a[W])) # all of them", [("sum(rate(a[W]))", 1)]),
    ],
)
def test_a_sum_of_what_every_sample_adds_is_taken_apart(text: str, expected: list[tuple[str, float]]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("max(max_over_time(a[W]))", "max_over_time"),
        ("sum((1 - avg_over_time(up[W])) > 0.33)", "avg_over_time"),
        ("(sum(increase(a[W])) > 20) or vector(0)", ">"),
        ("sum(rate(a[W]) > bool 0)", ">"),
        ("sum(rate(a[W])) - sum(rate(b[W])) > 0", ">"),
        ("max(rate(a[W]))", "max"),
        ("avg(rate(a[W]))", "avg"),
        ("quantile(0.9, rate(a[W]))", "quantile"),
        ("sum(irate(a[W]))", "irate"),
        ("sum(rate(a[W])) / sum(rate(b[W]))", "/"),
        ("sum(rate(a[W])) and sum(rate(b[W]))", "and"),
        ("sum(rate(a[W])) or sum(rate(b[W]))", "or"),
        ("sum(rate(a[W]) + rate(b[W]))", "+ within a sum"),
        ("sum(clamp_min(rate(a[W]) - rate(b[W]), 0))", "clamp_min"),
        ("sum(rate(a[5m]))", "rate over a range of its own"),
        ("sum(rate(a[W])) + sum(rate(a[5m]))", "rate over a range of its own"),
        ("sum(rate(a[W] @ 1700000000))", "@"),
        ("sum(rate(a[W] offset {{.window}}))", "{{.window}} that is no range"),
        ("sum(a:rate{{.window}})", "a selector without a range"),
        ("sum(rate(a[W:]))", "rate of a subquery"),
        ("sum(rate(a[W])) + sum(increase(b[W]))", "events with events per second"),
        ("vector(1)", "vector"),
    ],
)
def test_what_is_no_sum_of_its_pieces_is_told_by_what_makes_it_so(text: str, culprit: str) -> None:
    assert terms(text) is None
    assert read(query(text)).culprit == culprit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("sum(rate(x[W]))", Unit.PER_SECOND),
        ("sum(increase(x[W]))", Unit.INCREASE),
        ("sum(count_over_time(x[W]))", Unit.SAMPLES),
        ('sum_over_time((sum(rate(r{code="500"}[2m])) > bool 1)[W:1m])', Unit.SAMPLES),
        ("count(max_over_time(x[W]))", Unit.PER_SECOND),
        ("rate(a[W]) + increase(b[W])", None),
    ],
)
def test_the_unit_of_a_query_is_told_by_the_functions_over_its_look_back(
    text: str, unit: Unit | None
) -> None:
    assert read(query(text)).unit is unit


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("sum(rate(a[W]))", ResultLabels()),
        ("sum by (host, code) (rate(a[W]))", ResultLabels(("host", "code"))),
        ("sum(rate(a[W])) by (host)", ResultLabels(("host",))),
        ("sum(sum by (host) (rate(a[W])))", ResultLabels()),
        ("rate(a[W])", ResultLabels(open_=True)),
        ("sum without (pod) (rate(a[W]))", ResultLabels(("pod",), open_=True, without=True)),
        ("sum by (pod) (sum without (pod) (rate(a[W])))", ResultLabels()),
        ("sum by (host) (rate(a[W])) or vector(0)", ResultLabels(("host",))),
        ("vector(0) or sum by (host) (rate(a[W]))", ResultLabels(("host",))),
        ("1 - sum by (host) (rate(a[W]))", ResultLabels(("host",))),
        ("sum by (a, b) (rate(x[W])) / on (a) sum by (a) (rate(y[W]))", ResultLabels(("a",))),
        (
            "sum by (a, b) (rate(x[W])) / on (a) group_left (c) sum by (a, c) (rate(y[W]))",
            ResultLabels(("a", "b", "c")),
        ),
        ("sum by (a, b) (rate(x[W])) / ignoring (b) sum by (a) (rate(y[W]))", ResultLabels(("a",))),
        ("histogram_quantile(0.9, sum by (le, host) (rate(x[W])))", ResultLabels(("host",))),
        ('label_replace(sum by (a) (rate(x[W])), "b", "$1", "a", "(.*)")', ResultLabels(("a", "b"))),
        ("topk(3, sum by (a) (rate(x[W])))", ResultLabels(("a",))),
        ("absent(x)", ResultLabels()),
        ("sum_over_time((sum by (a) (rate(x[2m])))[W:])", ResultLabels(("a",))),
    ],
)
def test_the_labels_of_a_result_are_known_from_the_query(text: str, labels: ResultLabels) -> None:
    assert read(query(text)).labels == labels


def test_the_form_that_is_read_without_a_tree_is_read_the_same_with_one() -> None:
    for text in ("sum(rate(a[W]))", "sum by (b, c) (increase(a[W]))", 'sum ( rate(a{x="}"}[W]) ) by (b)'):
        fast, slow = read(query(text)), read(query(f"({text})"))
        assert (fast.labels, fast.unit, fast.subtracts) == (slow.labels, slow.unit, slow.subtracts)
        assert fast.linear is not None
        assert slow.linear is not None
        assert [t.text for t in fast.linear.terms] == [t.text for t in slow.linear.terms]


@pytest.mark.parametrize(
    ("text", "counted", "valid", "counts_good"),
    [
        ("sum(rate(a[W])) / sum(rate(b[W]))", "sum(rate(a[W]))", "sum(rate(b[W]))", False),
        ("1 - (\n sum(rate(a[W])) / sum(rate(b[W]))\n)", "sum(rate(a[W]))", "sum(rate(b[W]))", True),
        ("1 - (1 - sum(rate(a[W])) / sum(rate(b[W])))", "sum(rate(a[W]))", "sum(rate(b[W]))", False),
        (
            "(sum(rate(b[W])) - sum(rate(a[W]))) / sum(rate(b[W]))",
            "sum(rate(b[W])) - sum(rate(a[W]))",
            "sum(rate(b[W]))",
            False,
        ),
    ],
)
def test_a_ratio_of_two_sums_is_read_as_events(
    text: str, counted: str, valid: str, counts_good: bool
) -> None:
    found = quotient(query(text))
    assert found is not None
    assert (found.counted, found.valid, found.counts_good) == (query(counted), query(valid), counts_good)


@pytest.mark.parametrize(
    "text",
    [
        "1 - avg_over_time(up[W])",
        "sum(rate(a[W])) / sum(increase(b[W]))",
        "rate(a[W]) / rate(b[W])",
        "sum by (a) (rate(a[W])) / sum(rate(b[W]))",
        "(sum(rate(a[W])) or vector(0)) / sum(rate(b[W]))",
        "sum(rate(a[W])) / sum(rate(b[W])) or vector(0)",
        "max(rate(a[W])) / max(rate(b[W]))",
    ],
)
def test_any_other_ratio_is_left_as_it_is(text: str) -> None:
    assert quotient(query(text)) is None


def test_what_must_be_there_for_a_result_is_known() -> None:
    assert needed(query('sum(rate(a{x="1"}[W])) - sum(rate(b[W]))')) == needed(query('b * on () a{x="1"}'))
    assert needed("a or b") == frozenset()
    assert needed("sum(a) or vector(0)") == frozenset()
    assert needed("a unless b") == needed("a")


def test_a_label_that_all_selectors_pin_has_one_value() -> None:
    assert pinned('sum(rate(a{r="eu"}[5m])) / sum(rate(b{r="eu"}[5m]))', "r") == "eu"
    assert pinned('sum(rate(a{r="eu"}[5m])) / sum(rate(b[5m]))', "r") is None
    assert pinned('sum(rate(a{r=~"eu|us"}[5m]))', "r") is None


def test_text_is_cut_at_the_outermost_operator_alone() -> None:
    assert cut("a - b - c", "-") == ("a - b", "c")
    assert cut('a{b="x - y"} - on (z) sum(c - d)', "-") == ('a{b="x - y"}', "sum(c - d)")
    assert cut("-a - -b", "-") == ("-a", "-b")
    assert cut("1e-3 * a", "*") == ("1e-3", "a")
    assert cut("a OR on() b", "or") == ("a", "b")
    assert arguments("clamp_min(max(a, b), 0)") == ["max(a, b)", "0"]
    with pytest.raises(ValueError, match="no -"):
        cut("a + b", "-")


def test_comments_go_and_strings_stay() -> None:
    assert without_comments('a{b="#"} # c\n+ d # "e') == 'a{b="#"} \n+ d '


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("sum(a", "("),
        ("a)", ")"),
        ("a{b='c}", "{"),
        ("[a)", ")"),
        ('a{b="(["} # )', ""),
        ("a{b=`\\`}", ""),
    ],
)
def test_what_has_no_counterpart_is_found(text: str, odd: str) -> None:
    found = unbalanced(text)
    assert (found[0] if found else "") in (odd, "'")
    assert (found is None) == (odd == "")


def test_a_bucket_is_born_with_its_histogram_and_one_of_the_good_events_alone_is_not() -> None:
    whole = 'sum(rate(d_count{job="a"}[5m]))'
    assert is_born_with('sum(rate(d_bucket{job="a", le="0.5"}[5m]))', whole)
    assert is_born_with(
        'sum(rate(d_bucket{le="0.5",job="a"}[5m]))', 'sum(rate(d_bucket{job="a",le="+Inf"}[5m]))'
    )
    assert not is_born_with('sum(rate(d_bucket{job="a",le="0.5",status="ok"}[5m]))', whole)
    assert not is_born_with('sum(rate(e_bucket{job="a",le="0.5"}[5m]))', whole)
    assert not is_born_with('sum(rate(d_good{job="a"}[5m]))', whole)


def test_a_query_that_is_too_deep_is_taken_as_it_stands() -> None:
    deep = " + ".join(["sum(rate(a[W]))"] * 9000)
    assert not read(query(deep)).known
    assert quotient(query(f"{deep} / {deep}")) is None
    assert needed(query(deep)) == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(rate(a[5m]))", ()),
        ("sum(rate(a[5m])) + sum(rate(b[5m]))", ()),
        ("sum(rate(a[5m])) or vector(0)", (("a", ()),)),
        (
            '(sum(rate(a{x="1"}[5m])) or vector(0)) + (sum(rate(b[5m])) or vector(0))',
            (("a", (("x", "=", "1"),)), ("b", ())),
        ),
        (
            "sum(rate(a[5m])) or sum(rate(b[5m]))",
            (("a", ()), ("b", ())),
        ),
        ("sum(rate(a[5m] offset 1m)) or vector(0)", (("a", ()),)),
        (
            r'sum(irate(a{p=~"/v\\d",q!="\""}[5m])) or vector(0)',
            (("a", (("p", "=~", r"/v\d"), ("q", "!=", '"'))),),
        ),
        ("vector(1)", ()),
        ("sum(", ()),
    ],
)
def test_a_query_that_always_answers_is_witnessed_by_its_series(
    text: str, expected: tuple[object, ...]
) -> None:
    assert witnesses(text) == expected
