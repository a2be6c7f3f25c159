"""The groups of an SLO are those that its owner's queries tell apart."""

from __future__ import annotations

import pytest

from slo_toolkit.errors import Level

from .documents import loaded

SPEC = """\
version: {version}
service: shop
{labels}slos:
  - name: requests
    objective: 99
{own}    sli:
      events:
        error_query: {errors}
        total_query: {total}
    alerting: {{name: ShopErrors}}
"""
RAW = """\
version: prometheus/v1
service: shop
slos:
  - name: requests
    objective: 99
    sli:
      raw:
        error_ratio_query: {query}
    alerting: {{name: ShopErrors}}
"""


def spec(errors: str, total: str, *, own: str = "", labels: str = "", version: str = "prometheus/v1") -> str:
    texts = [text.replace("[W]", "[{{.window}}]") for text in (errors, total)]
    return SPEC.format(errors=texts[0], total=texts[1], own=own, labels=labels, version=version)


@pytest.mark.parametrize(
    ("errors", "total", "groups"),
    [
        ("sum(rate(e[W]))", "sum(rate(t[W]))", ()),
        ("sum by (host) (rate(e[W]))", "sum(rate(t[W])) by (host)", ("host",)),
        ("sum by (b, a) (rate(e[W]))", "sum by (a, b) (rate(t[W]))", ("a", "b")),
        ("sum by (host) (rate(e[W])) or vector(0)", "sum by (host) (rate(t[W]))", ("host",)),
        ("sum by (host) (rate(t[W])) - sum by (host) (rate(g[W]))", "sum by (host) (rate(t[W]))", ("host",)),
        ("count by (zone) (max_over_time(e[W]))", "count by (zone) (max_over_time(t[W]))", ("zone",)),
    ],
)
def test_labels_that_both_queries_keep_group_the_slo(
    errors: str, total: str, groups: tuple[str, ...]
) -> None:
    result = loaded(spec(errors, total))
    assert [problem for problem in result.problems if problem.level is not Level.NOTE] == []
    assert result.slos[0].group_by == groups


def test_the_labels_of_a_raw_ratio_group_it() -> None:
    query = "sum by (zone) (rate(e[{{.window}}])) / sum by (zone) (rate(t[{{.window}}]))"
    assert loaded(RAW.format(query=query)).slos[0].group_by == ("zone",)


@pytest.mark.parametrize(
    ("errors", "total", "message"),
    [
        (
            "sum by (host) (rate(e[W]))",
            "sum(rate(t[W]))",
            "this query is grouped by host, `total_query` is not grouped",
        ),
        (
            "sum(rate(e[W]))",
            "sum by (host) (rate(t[W]))",
            "this query is not grouped, `total_query` is grouped by host",
        ),
        (
            "sum by (host) (rate(e[W]))",
            "rate(t[W])",
            "this query is grouped by host, `total_query` keeps all labels",
        ),
        (
            "sum without (pod) (rate(e[W]))",
            "sum without (pod) (rate(t[W]))",
            "`without (...)` keeps labels that only the server knows, so nothing says how many budgets there are",
        ),
    ],
)
def test_queries_that_keep_other_labels_than_each_other_are_refused(
    errors: str, total: str, message: str
) -> None:
    (problem,) = loaded(spec(errors, total)).problems
    assert (problem.level, problem.rule) == (Level.ERROR, "group-by")
    assert problem.message.startswith(message)
    assert "sum by (...)" in problem.hint
    assert problem.position.line == 8


def test_series_that_are_summed_although_the_query_keeps_them_apart_are_told() -> None:
    result = loaded(spec("rate(e[W])", "rate(t[W])"))
    (problem,) = result.problems
    assert problem.level is Level.WARNING
    assert problem.message.endswith("where there are several, they are summed")
    assert result.slos[0].group_by == ()


def test_groups_that_the_spec_names_must_be_kept_by_the_queries() -> None:
    own = "    group_by: [tenant]\n"
    native = "slo-toolkit/v1"
    kept = "sum by (tenant, code) (rate(e[W]))"
    fine = spec(kept, "rate(t[W])", own=own, version=native)
    assert loaded(fine).problems == ()
    assert loaded(fine).slos[0].group_by == ("tenant",)
    (problem,) = loaded(spec(kept, "sum(rate(t[W]))", own=own, version=native)).problems
    assert problem.message == "the query drops `tenant`, by which the SLO is grouped"
    assert problem.hint == "keep it: sum by (tenant) (...)"


def test_a_group_that_is_a_label_of_the_slo_is_none_where_it_has_that_value_alone() -> None:
    labels = "labels: {cluster: eu}\n"
    same = spec(
        'sum by (cluster) (rate(e{cluster="eu"}[W]))',
        'sum by (cluster) (rate(t{cluster="eu"}[W]))',
        labels=labels,
    )
    assert loaded(same).problems == ()
    assert loaded(same).slos[0].group_by == ()
    (problem,) = loaded(
        spec("sum by (cluster) (rate(e[W]))", "sum by (cluster) (rate(t[W]))", labels=labels)
    ).problems
    assert problem.message.startswith("the query is grouped by `cluster`, which is a label of the SLO, too")


def test_a_query_that_must_be_read_as_a_whole_is_told_with_its_price() -> None:
    result = loaded(RAW.format(query="max(max_over_time(late[{{.window}}]))"))
    (problem,) = result.problems
    assert (problem.level, problem.rule) == (Level.NOTE, "direct-read")
    assert problem.message.startswith(
        "`max_over_time` over a long window is not the sum of what it is over short ones"
    )
    assert "1,606,800 samples an hour" in problem.hint
    assert len(result.slos) == 1
