"""Queries that are sound PromQL and hardly what their owner meant: a warning at the query, with the right form."""

from __future__ import annotations

import pytest

from slo_toolkit.errors import Level, Problem
from slo_toolkit.spec.flaws import Flaw, Place, Report
from slo_toolkit.spec.query_warnings import warn_events
from tests.spec.documents import KUBERNETES, NATIVE, OPENSLO, changed, doubts

START, END = NATIVE.index("      availability:"), NATIVE.index("    alerting:")
W = "[{{.window}}]"


def native(section: str, **queries: str) -> str:
    lines = "".join(f"        {key}: >-\n          {query}\n" for key, query in queries.items())
    return NATIVE[:START] + f"      {section}:\n{lines}" + NATIVE[END:]


def of_errors(errors: str, total: str) -> tuple[str, Problem]:
    document = native("events", total_query=total, error_query=errors)
    (problem,) = doubts(document)
    return document, problem


def fitting(document: str, query: str, problem: Problem) -> str:
    """The document with the right form in place of the query, which needs no warning any more."""
    assert problem.level is Level.WARNING
    right = changed(document, (query, problem.hint.removeprefix("write ")))
    assert doubts(right) == []
    return problem.hint.removeprefix("write ")


ALL = f"sum(rate(shop_seconds_count{W}))"
FAST = f'sum(rate(shop_seconds_bucket{{le="0.5"}}{W}))'


@pytest.mark.parametrize(
    ("errors", "total", "right"),
    [
        (FAST, ALL, f"{ALL} - {FAST}"),
        (FAST, f'sum(rate(shop_seconds_bucket{{le="+Inf"}}{W}))', f"{ALL} - {FAST}"),
        (
            f'sum(rate(shop_seconds_bucket{{job="a", le="0.5"}}{W})) by (zone) or vector(0)',
            f'sum(rate(shop_seconds_count{{job="a"}}{W})) by (zone)',
            f'sum by (zone) (rate(shop_seconds_count{{job="a"}}{W})) '
            f'- sum by (zone) (rate(shop_seconds_bucket{{job="a",le="0.5"}}{W}))',
        ),
        (
            f'sum(increase(shop_seconds_bucket{{le=~"0.5|0.50", path=~"/a{{2}}"}}{W}))',
            f'sum(increase(shop_seconds_count{{path=~"/a{{2}}"}}{W}))',
            f'sum(increase(shop_seconds_count{{path=~"/a{{2}}"}}{W})) '
            f'- sum(increase(shop_seconds_bucket{{le=~"0.5|0.50",path=~"/a{{2}}"}}{W}))',
        ),
    ],
)
def test_fast_events_as_errors(errors: str, total: str, right: str) -> None:
    document, problem = of_errors(errors, total)
    assert problem.rule == "inverted"
    assert problem.message.startswith("`error_query` counts the fast events, those in the bucket le=")
    assert problem.position.line == 12
    assert fitting(document, errors, problem) == right


def test_slow_events_as_good() -> None:
    slow = f"{ALL} - {FAST}"
    document = native("events", total_query=ALL, good_query=slow)
    (problem,) = doubts(document)
    assert problem.message == '`good_query` counts the slow events, those beyond le="0.5", as good'
    assert fitting(document, slow, problem) == FAST


def test_a_total_of_the_fast_events_alone() -> None:
    _, problem = of_errors(ALL, FAST)
    assert problem.message == '`total_query` counts the fast events alone, those in the bucket le="0.5"'
    assert problem.hint == f"`error_query` is {ALL} - {FAST}, and `total_query` {ALL}"


@pytest.mark.parametrize(
    ("ratio", "right"),
    [(f"{FAST} / {ALL}", f"1 - {FAST} / {ALL}"), (f"1 - ({ALL} - {FAST}) / {ALL}", f"1 - {FAST} / {ALL}")],
)
def test_the_share_of_the_fast_events_as_error_ratio(ratio: str, right: str) -> None:
    document = native("raw", error_ratio_query=ratio)
    (problem,) = doubts(document)
    assert problem.rule == "inverted"
    assert fitting(document, ratio, problem) == right


def test_a_kubernetes_spec_is_told_its_own_keys() -> None:
    document = changed(
        KUBERNETES,
        (f'sum(rate(requests_total{{code=~"5.."}}{W}))', FAST),
        (f"sum(rate(requests_total{W}))", ALL),
    )
    (problem,) = doubts(document)
    assert problem.message.startswith("`errorQuery` counts the fast events")
    assert problem.position.line == 17


def test_an_openslo_document_is_told_its_own_keys_at_their_place() -> None:
    slow = f'sum(rate(requests_seconds_count{W})) - sum(rate(requests_seconds_bucket{{le="1"}}{W}))'
    (problem,) = doubts(changed(OPENSLO, (f'sum(rate(requests_seconds_bucket{{le="1"}}{W}))', slow)))
    assert problem.message == '`good.query` counts the slow events, those beyond le="1", as good'
    assert problem.position.line == 25


@pytest.mark.parametrize(
    ("query", "right"),
    [
        (f"sum(rate(e{W})) / sum(rate(t{W})) * 100", f"sum(rate(e{W})) / sum(rate(t{W}))"),
        (f"100 * (1 - sum(rate(g{W})) / sum(rate(t{W})))", f"1 - sum(rate(g{W})) / sum(rate(t{W}))"),
        (f"100 - avg(avg_over_time(health{W}))", f"(100 - avg(avg_over_time(health{W}))) / 100"),
        (
            f"100 - sum(rate(g{W})) / sum(rate(t{W})) * 100",
            f"(100 - sum(rate(g{W})) / sum(rate(t{W})) * 100) / 100",
        ),
        (
            f"max(clamp_max(sum(rate(e{W})) * 100 / sum(rate(t{W})), 100))",
            f"(max(clamp_max(sum(rate(e{W})) * 100 / sum(rate(t{W})), 100))) / 100",
        ),
        (f"avg_over_time(late{W}) * 1e2", f"avg_over_time(late{W})"),
    ],
)
def test_percent_as_a_ratio(query: str, right: str) -> None:
    document = native("raw", error_ratio_query=query)
    (problem,) = doubts(document)
    assert problem.rule == "percent"
    assert problem.message == "an error ratio is 0 to 1, and this query gives percent"
    assert fitting(document, query, problem) == right


def test_errors_in_percent_of_a_total_that_is_not() -> None:
    errors = f'sum(rate(requests{{code=~"5.."}}{W})) * 100'
    document, problem = of_errors(errors, f"sum(rate(requests{W}))")
    assert problem.message == "`error_query` is in percent, and `total_query` is not"
    assert fitting(document, errors, problem) == errors.removesuffix(" * 100")


OK, ANY = f'sum(rate(requests{{code=~"2.."}}{W}))', f"sum(rate(requests{W}))"


@pytest.mark.parametrize(
    ("errors", "right"),
    [
        (f"({ANY} - {OK}) or vector(0)", f"{ANY} - ({OK} or vector(0))"),
        (f"{ANY} - {OK} or on() vector(0)", f"{ANY} - ({OK} or vector(0))"),
        (f"clamp_min({ANY} - {OK}, 0) or vector(0)", f"clamp_min({ANY} - ({OK} or vector(0)), 0)"),
        (f"sum(({ANY} - {OK}) or 0 * {ANY})", f"sum(({ANY} - ({OK} or vector(0))))"),
    ],
)
def test_a_zero_for_a_whole_difference_hides_an_outage(errors: str, right: str) -> None:
    document, problem = of_errors(errors, ANY)
    assert problem.rule == "hidden-outage"
    assert problem.message.startswith(
        f"while {OK} has no series, the whole difference falls back on 0 errors"
    )
    assert fitting(document, errors, problem) == right


def test_a_zero_for_each_group() -> None:
    total, good = f"sum by (zone) (rate(a{W}))", f"sum by (zone) (rate(b{W}))"
    errors = f"({total} - {good}) or 0 * {total}"
    document, problem = of_errors(errors, total)
    assert fitting(document, errors, problem) == f"{total} - ({good} or 0 * {total})"


def test_without_a_bucket_nothing_is_known() -> None:
    errors = f"({ALL} - {FAST}) or vector(0)"
    document, problem = of_errors(errors, ALL)
    assert fitting(document, errors, problem) == f"{ALL} - {FAST}"


@pytest.mark.parametrize(
    ("ratio", "right"),
    [
        (f"1 - {OK} / {ANY} or vector(0)", f"1 - ({OK} or vector(0)) / {ANY}"),
        (f"1 - avg(avg_over_time(up{W})) or vector(0)", f"1 - avg(avg_over_time(up{W}))"),
    ],
)
def test_a_zero_for_a_whole_ratio(ratio: str, right: str) -> None:
    document = native("raw", error_ratio_query=ratio)
    (problem,) = doubts(document)
    assert problem.rule == "hidden-outage"
    assert fitting(document, ratio, problem) == right


def test_a_zero_for_good_events_raises_a_false_alarm() -> None:
    bad = f'sum(rate(requests{{code=~"5.."}}{W}))'
    (problem,) = doubts(native("events", total_query=ANY, good_query=f"({ANY} - {bad}) or vector(0)"))
    assert problem.message == f"while {bad} has no series, the whole difference falls back on 0 good events"


@pytest.mark.parametrize(
    ("errors", "total"),
    [
        (f"{ALL} - {FAST}", ALL),
        (f"({ALL} - {FAST})", f"{ALL} or vector(1)"),
        (f'sum(rate(b_bucket{{le="+Inf"}}{W})) - sum(rate(b_bucket{{le="1"}}{W}))', f"sum(rate(b_count{W}))"),
        (f'sum(rate(b_bucket{{le="2"}}{W})) - sum(rate(b_bucket{{le="1"}}{W}))', f"sum(rate(b_count{W}))"),
        (f'sum(rate(b_bucket{{le="2"}}{W}))', f"sum(rate(c_count{W}))"),
        (f"100 * sum(rate(e{W}))", f"100 * sum(rate(e{W})) + 100 * sum(rate(ok{W}))"),
        (f'sum(rate(e{{code="100"}}{W}))', f"sum(rate(e{W}))"),
        (f"100 * sum(rate(e{W})) / sum(rate(e_all{W}))", f"sum(rate(e{W})) * 0 + 100"),
        (f"{ANY} - ({OK} or vector(0))", ANY),
        (f"({ANY} - ({OK} or vector(0))) or vector(0)", ANY),
        (f'sum(rate(e{{a="b-c"}}{W})) or vector(0)', f'sum(rate(t{{a="b-c"}}{W}))'),
        (f"sum(rate(a_failed{W})) + sum(rate(b_failed{W})) or vector(0)", f"sum(rate(ab{W}))"),
    ],
)
def test_what_is_sound_is_not_told(errors: str, total: str) -> None:
    assert doubts(native("events", total_query=total, error_query=errors)) == []


@pytest.mark.parametrize(
    "query",
    [
        f"1 - {FAST} / {ALL}",
        f"({ALL} - {FAST}) / {ALL}",
        f"1 - avg(avg_over_time(health_percent{W})) / 100",
        f"(100 - avg(avg_over_time(health{W}))) / 100",
        f"sum(rate(e{W})) * 100 / 100 / sum(rate(t{W}))",
        f"count(avg_over_time(x{W}) * 100 > 3) / count(x)",
        f"(1 - {OK} / {ANY}) or vector(1)",
        f"histogram_quantile(0.99, sum by (le) (rate(shop_seconds_bucket{W}))) > bool 100",
    ],
)
def test_a_sound_ratio_is_not_told(query: str) -> None:
    assert doubts(native("raw", error_ratio_query=query)) == []


def test_what_the_embedded_parser_does_not_take_is_left_to_promtool() -> None:
    document = native("events", total_query=f"sum(rate(t{W}", error_query=f"{FAST} * 100")
    assert {problem.rule for problem in doubts(document)} == {"promql"}


def test_a_query_of_hundreds_of_operands_is_left_alone() -> None:
    errors = " + ".join([f"sum(rate(e{W}))"] * 480) + f" - sum(rate(f{W})) * 3 or vector(0)"
    flaws: list[Flaw] = []
    warn_events({"total_query": ANY, "error_query": errors}, Place((), Report(0, flaws), lambda key: key))
    assert flaws == []


@pytest.mark.parametrize("bound", ["1e400", "x", "-1", "NaN"])
def test_a_bound_that_is_no_number_is_passed_over(bound: str) -> None:
    errors = f'{ALL} - sum(rate(shop_seconds_bucket{{le="{bound}"}}{W}))'
    assert doubts(native("events", total_query=ALL, error_query=errors)) == []
