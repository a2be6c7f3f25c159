"""Which SLOs cannot be read once where several replicas write into one store, and what their owner is told."""

from __future__ import annotations

import pytest

from slo_toolkit.spec import LoadOptions, Source, load

SPEC = """\
version: slo-toolkit/v1
service: shop
replica_labels: [{label}]
slos:
  - name: requests
    objective: 99.9
    sli:
      {sli}
    alerting:
      name: Burns
"""
REPLICA = "prometheus_replica"


def _told(sli: str, label: str = REPLICA) -> list[str]:
    loaded = load([Source("shop.yaml", SPEC.format(sli=sli, label=label).encode())], LoadOptions())
    return [
        f"{problem.position.line}:{problem.position.column} {problem.message}"
        for problem in loaded.problems
        if problem.rule == "replica-labels"
    ]


@pytest.mark.parametrize(
    ("sli", "told"),
    [
        (
            "raw: {error_ratio_query: 'max(rate(e[{{.window}}]))'}",
            "8:33 nothing says how to read each series once in this query: `max` over it is no sum of what its series "
            "count",
        ),
        (
            "events: {error_query: 'sum(sum_over_time((e)[{{.window}}:1m]))', "
            "total_query: 'sum(sum_over_time(t[{{.window}}]))'}",
            "8:29 nothing says how to read each series once in this query: a range in it is none of one metric",
        ),
        (
            "latency: {histogram: h, threshold: 1s, native: true}",
            "8:54 of native histograms there is no greatest, so no replica can be chosen",
        ),
        (
            "events: {error_query: 'sum by (prometheus_replica) (rate(e[{{.window}}]))', "
            "total_query: 'sum by (prometheus_replica) (rate(t[{{.window}}]))'}",
            "3:17 the SLO is grouped by `prometheus_replica`, so that each replica would have a budget",
        ),
    ],
    ids=["no-sum", "subquery", "native-histogram", "a-budget-for-each-replica"],
)
def test_what_would_count_replicas_twice_is_refused_at_its_place(sli: str, told: str) -> None:
    assert _told(sli) == [told]


@pytest.mark.parametrize(
    "sli",
    [
        "availability: {metric: t, errors: 'code=\"500\"'}",
        "latency: {histogram: h, threshold: 1s}",
        "raw: {error_ratio_query: 'sum(rate(e[{{.window}}])) / sum(rate(t[{{.window}}]))'}",
        "raw: {error_ratio_query: 'max(max without (prometheus_replica) (rate(e[{{.window}}])))'}",
    ],
    ids=["availability", "latency", "two-sums", "an-owner-who-knows"],
)
def test_what_is_read_once_is_not(sli: str) -> None:
    assert _told(sli) == []


def test_a_label_of_the_services_own_series_is_none_of_replicas() -> None:
    (told,) = _told("availability: {metric: t, errors: 'code=\"500\"'}", "instance")
    assert "`instance` tells the service's own series apart" in told


def test_the_option_holds_where_a_spec_has_no_such_key() -> None:
    text = SPEC.format(sli="availability: {metric: t, errors: 'a=\"b\"'}", label="own")
    options = LoadOptions(replica_labels=(REPLICA,))

    def labels(text: str) -> list[tuple[str, ...]]:
        return [slo.replica_labels for slo in load([Source("shop.yaml", text.encode())], options).slos]

    assert labels(text) == [("own",)]
    assert labels(text.replace("replica_labels: [own]\n", "")) == [(REPLICA,)]
