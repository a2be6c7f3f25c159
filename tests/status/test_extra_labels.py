"""One id in one store from several compilations, which `--extra-label` tells apart."""

from __future__ import annotations

import json

import pytest

from slo_toolkit.status.model import Verdict
from slo_toolkit.status.reading import FIGURE
from slo_toolkit.status.survey import Wanted, ask

from .conftest import Serve, SloCommand
from .fake import AT, FakePrometheus, identity, of, recorded

Recorded = list[tuple[dict[str, str], float]]


def _in(cluster: str) -> Recorded:
    return [({**labels, "cluster": cluster}, value) for labels, value in recorded()]


def _errors_of_the_week(**labels: str) -> tuple[dict[str, str], float]:
    return {**identity(), **labels, FIGURE: "week_errors"}, 500.0


def test_each_is_judged_by_its_own_objective() -> None:
    """The same errors are within one objective and far beyond the other."""
    eu = [(labels, 0.99 if "objective" in labels["__name__"] else value) for labels, value in _in("eu")]
    series = [
        (labels, 0.002 if "ratio_rate30d" in labels["__name__"] else value)
        for labels, value in [*eu, *_in("us")]
    ]
    statuses = ask(FakePrometheus(series), Wanted(at=AT)).statuses
    assert [(status.group, status.verdict) for status in statuses] == [
        ({"cluster": "us"}, Verdict.EXHAUSTED),
        ({"cluster": "eu"}, Verdict.MET),
    ]


def test_what_was_recorded_elsewhere_or_before_the_label_is_not_added() -> None:
    """A cluster that was given up days ago, and the days before the rules had the label."""
    sums = [
        _errors_of_the_week(cluster="us"),
        _errors_of_the_week(cluster="eu"),
        _errors_of_the_week(),
    ]
    (status,) = ask(FakePrometheus(_in("us"), sums=sums), Wanted(at=AT)).statuses
    assert (status.group, status.apart) == ({}, {"cluster": "us"})
    assert (status.verdict, status.reasons) == (Verdict.MET, ())


@pytest.mark.parametrize("verb", ["budget", "report"])
def test_every_request_asks_for_the_label(slo: SloCommand, serve: Serve, verb: str) -> None:
    stub = serve(of(_in("eu")))
    code, out, _ = slo(verb, "--prometheus", stub.url, "--extra-label", "cluster=eu", "--output", "json")
    assert code in (0, 3)
    assert json.loads(out)["slos"][0]["group"] == {}
    queries = [asked.form["query"] for asked in stub.asked if "query" in asked.form]
    assert queries
    assert all(query.count("sloth_id") == query.count('cluster="eu"') for query in queries)


def test_a_label_that_nothing_has_is_told(slo: SloCommand, serve: Serve) -> None:
    code, _, err = slo("budget", "--prometheus", serve(of([])).url, "--extra-label", "cluster=asia")
    assert code == 3
    assert "no rules record an SLO with cluster=asia here" in err


def test_a_wrong_label_is_a_wrong_call(slo: SloCommand) -> None:
    code, _, err = slo("budget", "--extra-label", "cluster", "--prometheus", "http://127.0.0.1:1")
    assert code == 2
    assert "name=value" in err
