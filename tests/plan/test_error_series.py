"""What tells errors from other events, and where its absence would read as no errors."""

from __future__ import annotations

from decimal import Decimal

import pytest

from slo_toolkit.plan.error_series import error_series
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Sli

TOTAL = 'sum(rate(requests_total{job="web"}[{{.window}}]))'


def errors(query: str) -> EventSli:
    return EventSli(TOTAL, query)


def labels(sli: Sli) -> list[str]:
    found = error_series(sli)
    assert found is not None
    return [told.label for told in found.labels]


@pytest.mark.parametrize(
    ("sli", "expected"),
    [
        (AvailabilitySli("requests_total", 'code=~"5.."', 'job="web"'), ["code"]),
        (errors('sum(rate(requests_total{job="web",code=~"5.."}[{{.window}}]))'), ["code"]),
        (
            errors('sum(rate(requests_total{job="web",outcome="error",code=~"5.."}[{{.window}}]))'),
            ["code", "outcome"],
        ),
        (errors('sum(rate(requests_total{job="web",code!="",code!~"2.."}[{{.window}}]))'), ["code"]),
    ],
)
def test_the_label_is_the_one_that_the_error_query_alone_asks_for(sli: Sli, expected: list[str]) -> None:
    assert labels(sli) == expected


@pytest.mark.parametrize(
    "query",
    [
        'sum(rate(requests_total{job="web",code!~"2.."}[{{.window}}]))',
        'sum(rate(requests_total{job="web",code=~"(5..)?"}[{{.window}}]))',
        "sum(rate(failures_total[{{.window}}]))",
        'sum(rate(requests_total{code=~"5.."}[{{.window}}]))',
    ],
    ids=[
        "a missing label matches",
        "an empty one does",
        "a metric of its own",
        "other series than the total's",
    ],
)
def test_no_label_tells_where_its_absence_says_nothing(query: str) -> None:
    assert labels(errors(query)) == []


@pytest.mark.parametrize(
    "sli",
    [
        EventSli(TOTAL, good_query='sum(rate(requests_total{job="web",code!~"5.."}[{{.window}}]))'),
        errors(f'{TOTAL} - sum(rate(requests_total{{job="web",code="200"}}[{{{{.window}}}}]))'),
        errors('max(rate(requests_total{job="web",code="500"}[{{.window}}]))'),
        RawSli("1 - avg_over_time(up[{{.window}}])"),
        ProbeSli("probe_success"),
        LatencySli("duration_seconds", Decimal(1)),
    ],
    ids=["good events", "a subtraction", "no sum", "raw", "probe", "latency"],
)
def test_errors_that_are_no_series_of_their_own_cannot_vanish(sli: Sli) -> None:
    assert error_series(sli) is None


def test_series_are_errors_or_have_the_label_of_the_total() -> None:
    found = error_series(AvailabilitySli("requests_total", 'code=~"5.."', 'job="web"'))
    assert found is not None
    (told,) = found.labels
    assert found.selectors == (told.errors,) == ('requests_total{job="web",code=~"5.."}',)
    assert (told.series, told.total) == ('requests_total{job="web",code!=""}', 'requests_total{job="web"}')
