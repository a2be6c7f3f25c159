"""Errors of a part of the world over the total of all, and the other way round."""

from __future__ import annotations

import pytest

from slo_toolkit.spec.first_look import Says, says
from tests.spec.documents import NATIVE, SLOTH, changed, doubts, loaded, told

W = "[{{.window}}]"
START, END = NATIVE.index("      availability:"), NATIVE.index("    alerting:")


def spec(errors: str, total: str, key: str = "error_query") -> str:
    """An SLO whose queries count the rates of these selectors."""
    section = f"      events:\n        total_query: {rate(total)}\n        {key}: {rate(errors)}\n"
    return NATIVE[:START] + section + NATIVE[END:]


def rate(selector: str) -> str:
    return " + ".join(f"sum(rate({part}{W}))" for part in selector.split(" + "))


@pytest.mark.parametrize(
    ("errors", "total", "matcher"),
    [
        # The same metric.
        ('http{code=~"5..",cluster="prod"}', "http", 'cluster="prod"'),
        ('http{cluster="prod"}', "http", 'cluster="prod"'),
        ('http{code=~"5..",handler="/a"}', "http", 'handler="/a"'),
        ('http{code=~"5..",handler!="/health"}', "http", 'handler!="/health"'),
        ('http{code=~"5..",flavour="x"}', "http", 'flavour="x"'),
        ('http{code=~"5..",handler="/a"}', 'http{handler=~"/a|/b"}', None),
        ('http{code=~"5..",job="a"}', 'http{job="b"}', None),
        # Two metrics that speak of one thing, and two that do not.
        ('auth_failed_total{cluster="prod"}', "auth_total", 'cluster="prod"'),
        ('auth_failed_total{flavour="x"}', "auth_total", 'flavour="x"'),
        ('login_errors_total{namespace="a"}', "login_attempts_total", 'namespace="a"'),
        ('payment_failures_total{region="eu"}', "orders_total", 'region="eu"'),
        ('errors_total{instance=~"a.*"}', "requests_total", 'instance=~"a.*"'),
        ('failed_total{env="prod"}', 'orders_total{env="test"}', None),
    ],
)
def test_a_filter_that_only_the_errors_have_is_told(errors: str, total: str, matcher: str | None) -> None:
    (problem,) = doubts(spec(errors, total))
    assert problem.rule == "scope"
    assert problem.position.line == 11
    if matcher is None:
        assert problem.hint == "make both count the same events"
    else:
        assert problem.message == f"`error_query` counts only {matcher}, and `total_query` everything"
        assert problem.hint == f"write {matcher} in `total_query`, too, or in neither"


@pytest.mark.parametrize(
    ("errors", "total", "matcher"),
    [
        ('http{code=~"5.."}', 'http{handler!="/health"}', 'handler!="/health"'),
        ('http{code=~"5.."}', 'http{cluster="prod"}', 'cluster="prod"'),
        ('h_bucket{le="1"} + h_count{path="/"}', 'h_count{path="/"}', 'path="/"'),
    ],
)
def test_a_filter_that_only_the_total_has_is_told(errors: str, total: str, matcher: str) -> None:
    (problem,) = doubts(spec(errors, total))
    assert problem.message == f"`total_query` counts only {matcher}, and `error_query` everything"


def test_good_queries_are_read_alike() -> None:
    (problem,) = doubts(spec('http{code="200",tenant="a"}', "http", "good_query"))
    assert problem.message == '`good_query` counts only tenant="a", and `total_query` everything'


def test_so_is_the_ratio_of_a_raw_query() -> None:
    query = f'1 - sum(rate(http{{code="200",cluster="a"}}{W})) / sum(rate(http{W}))'
    section = f"      raw:\n        error_ratio_query: {query}\n"
    assert told(loaded(NATIVE[:START] + section + NATIVE[END:])) == [
        'a.yaml:10:28 warning: the numerator counts only cluster="a", and the denominator everything '
        '- write cluster="a" in the denominator, too, or in neither'
    ]


def test_a_label_that_both_are_grouped_by_is_told_as_well() -> None:
    document = changed(
        SLOTH,
        (
            f'sum(rate(requests_total{{code=~"5.."}}{W}))',
            f'sum by (region) (rate(requests_total{{code=~"5..",region="eu"}}{W}))',
        ),
        (f"sum(rate(requests_total{W}))", f"sum by (region) (rate(requests_total{W}))"),
    )
    (problem,) = doubts(document)
    assert problem.message == '`error_query` counts only region="eu", and `total_query` everything'


@pytest.mark.parametrize(
    ("errors", "total"),
    [
        # Outcomes are what errors differ from the total by.
        ('http{code=~"5..",job="a"}', 'http{job="a"}'),
        ('http{code=~"5..",job="a"}', 'http{job="a",code!~"4.."}'),
        ('grpc{grpc_code!="OK",grpc_type="unary"}', 'grpc{grpc_type="unary"}'),
        ('mesh{response_flags=~"UF|URX"}', "mesh"),
        ('cache{result="miss"}', "cache"),
        ('mail{bounced="true",dsn="hard"}', 'mail{dsn="hard"}'),
        ('log_messages_total{level="error",app="shop"}', 'http_requests_total{app="shop"}'),
        ('jobs{queue="dead"}', "jobs"),
        # The same filter, written in another way.
        ("http{code=~'5..',job='a'}", 'http{job="a"}'),
        ('http{code=~"5..",job=~"a|b"}', 'http{job=~"^(b|a)$"}'),
        ('http{code="500",job="a"}', 'http{job=~"a"}'),
        ('http{code="500",path="/a"} + http{code="500",path="/b"}', 'http{path=~"/a|/b"}'),
        ('http{code="500",path=~"/a|/b"}', 'http{path="/a"} + http{path="/b"}'),
        ('http{code="500",pod!="",zone=~".+"}', "http"),
        # Metrics of two programs have labels of their own.
        ('edge_5xx{app="shop"}', 'mesh_requests_total{service="shop"}'),
        ('edge_5xx{route="shop"}', 'mesh_requests_total{service="cart"}'),
        ('probe_failed{job="probes"}', 'requests_total{job="web"}'),
        ('kafka_errors{topic="orders"}', "orders_placed_total"),
    ],
)
def test_what_is_sound_is_not_told(errors: str, total: str) -> None:
    assert doubts(spec(errors, total)) == []


@pytest.mark.parametrize(
    "errors",
    [
        f'sum(rate(http{{code="500"}}{W}) unless on (pod) maintenance{{cluster="a"}})',
        f'sum(rate(http{{code="500"}}{W})) or 0 * sum(rate(http{{cluster="a"}}{W}))',
        f'sum(rate(http{{code="500"}}{W})) and on () up{{cluster="a"}} == 1',
    ],
)
def test_what_only_says_when_it_counts_is_no_filter(errors: str) -> None:
    document = spec('http{code="500"}', "http")
    assert doubts(changed(document, (f'sum(rate(http{{code="500"}}{W}))', errors))) == []


@pytest.mark.parametrize(
    "total", ["vector(1)", "scalar(sum(rate(http{cluster='a'}[{{.window}}]))) * vector(1)"]
)
def test_a_constant_total_counts_no_other_part_of_the_world(total: str) -> None:
    document = spec('http{code="500",cluster="a"}', "http")
    result = loaded(changed(document, (f"total_query: sum(rate(http{W}))", f"total_query: {total}")))
    assert "scope" not in {problem.rule for problem in result.problems}


@pytest.mark.parametrize(
    ("label", "meaning"),
    [
        ("status_code", Says.OUTCOME),
        ("http_response_status_code", Says.OUTCOME),
        ("exceptionType", Says.OUTCOME),
        ("le", Says.OUTCOME),
        ("cluster_id", Says.PLACE),
        ("availability_zone", Says.PLACE),
        ("exported_job", Says.TARGET),
        ("destination_service_name", Says.TARGET),
        ("grpc_method", Says.REQUEST),
        ("uri", Says.REQUEST),
        ("flavour", Says.UNKNOWN),
    ],
)
def test_what_a_label_says(label: str, meaning: Says) -> None:
    assert says(label) is meaning
