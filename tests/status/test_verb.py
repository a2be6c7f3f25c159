"""`slo budget` and `slo report` at the command line, against a server of ours: output, exit codes, no traceback."""

from __future__ import annotations

import json

import pytest

from tests.query.stub import Asked, Says, success

from .conftest import Serve, SloCommand
from .fake import AT, FakePrometheus, identity, of, recorded


def test_all_met_is_0(slo: SloCommand, serve: Serve) -> None:
    code, out, err = slo("budget", "--prometheus", serve(of(recorded())).url)
    assert (code, err) == (0, "")
    assert out.splitlines()[1].startswith("met        shop/requests")


def test_exhausted_is_1(slo: SloCommand, serve: Serve) -> None:
    code, out, _ = slo("budget", "--prometheus", serve(of(recorded(ratio_rate30d=0.01))).url)
    assert code == 1
    assert "exhausted" in out


def test_under_the_gate_is_1(slo: SloCommand, serve: Serve) -> None:
    url = serve(of(recorded())).url
    assert slo("budget", "--prometheus", url, "--fail-under", "90")[0] == 0
    assert slo("budget", "--prometheus", url, "--fail-under", "90.5%")[0] == 1


def test_no_data_is_3_and_told_for_each_slo(slo: SloCommand, serve: Serve) -> None:
    series = [
        *recorded(),
        *recorded(slo="silent", ratio_rate30d=float("nan")),
        *recorded(slo="mute", without=["slo:valid_events:rate5m"]),
    ]
    code, out, err = slo("budget", "--prometheus", serve(of(series)).url)
    assert code == 3
    assert "shop/silent: not measurable: no events were measured in the period" in err
    assert "shop/mute: not measurable: the SLI returned nothing in the last five minutes" in err
    assert "1 met" in out


def test_exhausted_beside_no_data_is_1_and_no_data_is_told_all_the_same(
    slo: SloCommand, serve: Serve
) -> None:
    series = [*recorded(ratio_rate30d=0.01), *recorded(slo="silent", ratio_rate30d=float("nan"))]
    code, _, err = slo("budget", "--prometheus", serve(of(series)).url)
    assert code == 1
    assert "shop/silent: not measurable" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--at", "tomorrow"],
        ["--at", "2099-01-01T00:00:00Z"],
        ["--period", "fortnight"],
        ["--timezone", "Mars/Olympus"],
        ["--fail-under", "much"],
        ["--fail-under", "101"],
        ["--output", "pdf"],
        ["--watch", "--output", "json"],
        ["--spec", "no-such-folder"],
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_2_and_asks_nothing(slo: SloCommand, serve: Serve, arguments: list[str]) -> None:
    stub = serve(of(recorded()))
    code, out, err = slo("budget", "--prometheus", stub.url, *arguments)
    assert (code, out, stub.asked) == (2, "", [])
    assert err


@pytest.mark.parametrize("output", ["json", "markdown", "html", "csv", "prometheus"])
def test_every_output_goes_to_standard_output(slo: SloCommand, serve: Serve, output: str) -> None:
    code, out, err = slo("budget", "--prometheus", serve(of(recorded())).url, "--output", output)
    assert (code, err) == (0, "")
    assert "requests" in out


def test_a_report_is_0_when_every_objective_was_met(slo: SloCommand, serve: Serve) -> None:
    sums = [
        ({**identity(), "slo_figure": kind}, value)
        for kind, value in (("valid", 1e6), ("errors", 100.0), ("slots", 8928.0))
    ]

    def script(asked: Asked) -> Says:
        if asked.path.endswith("query_range"):
            return success("matrix", [])
        at = float(asked.form["time"])
        fake = FakePrometheus(recorded(), evaluated_at=at, sample_age=AT - at, sums=sums)
        samples = fake.instant(asked.form["query"], at)
        return success("vector", [{"metric": dict(s.labels), "value": [at, repr(s.value)]} for s in samples])

    url = serve(script).url
    code, out, _ = slo("report", "--prometheus", url, "--month", "2026-10")
    assert code == 0
    assert out.splitlines()[1].split() == ["met", "shop/requests", "99.990", "%", "90.0", "%", "+0.0", "pp"]
    code, out, _ = slo("report", "--prometheus", url, "--quarter", "2026-Q3", "--output", "json")
    assert json.loads(out)["slos"][0]["before"]["period"] == "2026-Q2"
    code, out, _ = slo("report", "--prometheus", url, "--week", "2026-W01", "--output", "json")
    assert json.loads(out)["slos"][0]["before"]["period"] == "2025-W52"
    code, _, err = slo("report", "--prometheus", url, "--week", "2026-W01", "--month", "2026-10")
    assert (code, "one of --month, --quarter and --week" in err) == (2, True)


def test_raw_needs_a_spec(slo: SloCommand) -> None:
    code, _, err = slo("budget", "--raw", "--prometheus", "http://127.0.0.1:1")
    assert code == 2
    assert "--raw needs --spec PATH" in err


def test_rules_that_were_just_loaded_are_told_as_new(slo: SloCommand, serve: Serve) -> None:
    first_minutes = [series for series in recorded() if series[0]["__name__"].endswith("_events:rate5m")]
    code, out, err = slo("budget", "--prometheus", serve(of(first_minutes)).url)
    assert code == 3
    assert "its rules are new: the period is first recorded within five minutes" in out + err
