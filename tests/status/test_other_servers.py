"""`slo budget` at Thanos and Mimir, each by the differences that its documentation tells: stubs that have them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.query.stub import Asked, Says

from .conftest import Serve, SloCommand
from .fake import of, recorded

Series = list[tuple[dict[str, str], float]]
TENANT = "X-Scope-OrgID"


def labelled(label: str, *values: str) -> Series:
    """One SLO, recorded once for each value of a label that all of its series carry."""
    return [({**labels, label: value}, figure) for value in values for labels, figure in recorded()]


def error(status: int, kind: str, text: str) -> Says:
    return Says(json.dumps({"status": "error", "errorType": kind, "error": text}).encode(), status)


@dataclass
class Thanos:
    """A querier over several stores. Unless told otherwise it answers from those that it reaches.

    Replicas are merged where it was started with their label; `old` puts its warnings beside the result.
    """

    series: Series = field(default_factory=recorded)
    store_is_away: bool = False
    keeps_parameters: bool = True
    old: bool = False

    def __call__(self, asked: Asked) -> Says:
        if asked.path not in ("/api/v1/query", "/api/v1/query_range"):
            return Says(b"404 page not found\n", 404)
        if not self.store_is_away:
            return of(self.series)(asked)
        if self.keeps_parameters and asked.form.get("partial_response") == "false":
            return error(422, "execution", "expanding series: proxy Series(): rpc error: store-eu is away")
        answer = json.loads(of(self.series)(asked).body)
        beside = answer["data"] if self.old else answer
        beside["warnings"] = ["receive series from store-eu: connection refused"]
        return Says(json.dumps(answer).encode())


@dataclass
class Mimir:
    """Behind a prefix, for tenants who name themselves; several at once are told apart by a label of its own."""

    tenants: Mapping[str, Series]
    limit: str = ""

    def __call__(self, asked: Asked) -> Says:
        if asked.path not in ("/prometheus/api/v1/query", "/prometheus/api/v1/query_range"):
            return Says(b"404 page not found\n", 404)
        if TENANT not in asked.headers:
            return Says(b"no org id\n", 401)
        if self.limit:
            return error(422, "execution", self.limit)
        names = asked.headers[TENANT].split("|")
        if len(names) == 1:
            return of(self.tenants[names[0]])(asked)
        everything = [
            ({**labels, "__tenant_id__": name}, value)
            for name in names
            for labels, value in self.tenants[name]
        ]
        return of(everything)(asked)


def verdicts(out: str) -> dict[str, str]:
    """The verdict of each status, by the values of its group."""
    return {",".join(entry["group"].values()): entry["verdict"] for entry in json.loads(out)["slos"]}


def test_thanos_is_asked_for_whole_answers_alone(slo: SloCommand, serve: Serve) -> None:
    stub = serve(Thanos())
    assert slo("budget", "--prometheus", stub.url, "--output", "html")[0] == 0
    assert stub.asked
    assert {asked.form["partial_response"] for asked in stub.asked} == {"false"}


def test_thanos_refuses_where_a_store_is_away(slo: SloCommand, serve: Serve) -> None:
    code, out, err = slo("budget", "--prometheus", serve(Thanos(store_is_away=True)).url)
    assert (code, out) == (3, "")
    assert "422 Unprocessable Entity (execution: expanding series: proxy Series(): rpc error: store-eu" in err


@pytest.mark.parametrize("old", [False, True])
def test_a_partial_answer_of_thanos_is_never_met(slo: SloCommand, serve: Serve, old: bool) -> None:
    """Where something before it drops the parameter, its warning is what remains."""
    thanos = Thanos(store_is_away=True, keeps_parameters=False, old=old)
    code, out, err = slo("budget", "--prometheus", serve(thanos).url, "--output", "json")
    assert (code, verdicts(out)) == (3, {"": "no_data"})
    assert "the server warns: receive series from store-eu: connection refused" in err


def test_replicas_that_thanos_does_not_merge_are_told_apart(slo: SloCommand, serve: Serve) -> None:
    replicas = Thanos(labelled("replica", "a", "b"))
    code, out, _ = slo("budget", "--prometheus", serve(replicas).url, "--output", "json")
    assert (code, verdicts(out)) == (0, {"a": "met", "b": "met"})


def test_mimir_wants_a_tenant(slo: SloCommand, serve: Serve) -> None:
    code, out, err = slo("budget", "--prometheus", serve(Mimir({})).url + "/prometheus")
    assert (code, out) == (3, "")
    assert "401 Unauthorized (no org id); name the tenant: SLO_PROMETHEUS_HEADERS='X-Scope-OrgID:" in err


def test_mimir_is_told_the_tenant(slo: SloCommand, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    url = serve(Mimir({"blue": recorded(), "red": recorded(ratio_rate30d=0.5)})).url + "/prometheus"
    assert slo("budget", "--prometheus", url, "--header", f"{TENANT}: blue")[0] == 0
    assert slo("budget", "--prometheus", url, "--header", f"{TENANT}: red")[0] == 1
    monkeypatch.setenv("SLO_PROMETHEUS_HEADERS", f"{TENANT}: red")
    assert slo("budget", "--prometheus", url)[0] == 1


def test_several_tenants_of_mimir_are_told_apart(slo: SloCommand, serve: Serve) -> None:
    url = serve(Mimir({"blue": recorded(), "red": recorded(ratio_rate30d=0.5)})).url + "/prometheus"
    arguments = ["--header", f"{TENANT}: blue|red", "--output", "json"]
    code, out, _ = slo("budget", "--prometheus", url, *arguments)
    assert (code, verdicts(out)) == (1, {"red": "exhausted", "blue": "met"})


def test_mimir_without_its_prefix(slo: SloCommand, serve: Serve) -> None:
    code, out, err = slo("budget", "--prometheus", serve(Mimir({})).url, "--header", f"{TENANT}: blue")
    assert (code, out) == (3, "")
    assert "404 Not Found (404 page not found); check the path of the address" in err


def test_a_limit_of_mimir_is_told_in_its_own_words(slo: SloCommand, serve: Serve) -> None:
    limit = "the query time range exceeds the limit (query length: 720h, limit: 168h) (err-mimir-max-query-length)"
    url = serve(Mimir({"blue": recorded()}, limit)).url + "/prometheus"
    code, out, err = slo("budget", "--prometheus", url, "--header", f"{TENANT}: blue")
    assert (code, out) == (3, "")
    assert f"422 Unprocessable Entity (execution: {limit}); the server understands the query" in err
