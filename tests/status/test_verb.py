"""`slo budget` and `slo report` at the command line, against a server of ours: output, exit codes, no traceback."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from slo_toolkit.cli.app import run
from tests.query.stub import HTML, Asked, Raw, Says, Script, Stub, always, running, success

from .fake import AT, FakePrometheus, identity, recorded

Told = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLO_PROMETHEUS_URL", "SLO_CONFIG", "SLO_CONTEXT", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def slo(capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs the command; answers its exit code, standard output and standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return call


@pytest.fixture
def serve() -> Iterator[Callable[[Script], Stub]]:
    """A server that follows the script until the test ends."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda script: stack.enter_context(running(script))


def of(series: list[tuple[dict[str, str], float]], **kept: Any) -> Script:
    """Answers as Prometheus would that has these series, and recorded them just now."""

    def script(asked: Asked) -> Says:
        now = time.time()
        fake = FakePrometheus(series, evaluated_at=now - 20, sample_age=AT - now, **kept)
        samples = fake.instant(asked.form["query"], now)
        return success(
            "vector", [{"metric": dict(s.labels), "value": [s.time, repr(s.value)]} for s in samples]
        )

    return script


def test_all_met_is_0(slo: Told, serve: Callable[[Script], Stub]) -> None:
    code, out, err = slo("budget", "--prometheus", serve(of(recorded())).url)
    assert (code, err) == (0, "")
    assert out.splitlines()[1].startswith("met        shop/requests")


def test_exhausted_is_1(slo: Told, serve: Callable[[Script], Stub]) -> None:
    code, out, _ = slo("budget", "--prometheus", serve(of(recorded(ratio_rate30d=0.01))).url)
    assert code == 1
    assert "exhausted" in out


def test_under_the_gate_is_1(slo: Told, serve: Callable[[Script], Stub]) -> None:
    url = serve(of(recorded())).url
    assert slo("budget", "--prometheus", url, "--fail-under", "90")[0] == 0
    assert slo("budget", "--prometheus", url, "--fail-under", "90.5%")[0] == 1


def test_no_data_is_3_and_told_for_each_slo(slo: Told, serve: Callable[[Script], Stub]) -> None:
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


def test_exhausted_beside_no_data_is_1(slo: Told, serve: Callable[[Script], Stub]) -> None:
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
def test_a_wrong_call_is_2_and_asks_nothing(
    slo: Told, serve: Callable[[Script], Stub], arguments: list[str]
) -> None:
    stub = serve(of(recorded()))
    code, out, err = slo("budget", "--prometheus", stub.url, *arguments)
    assert (code, out, stub.asked) == (2, "", [])
    assert err


@pytest.mark.parametrize(
    "script",
    [
        always(Says(b"busy", 503)),
        always(Says(b"<html>login</html>", headers=HTML)),
        always(Says(b'{"status": "success", "data": {"resul')),
        always(success("matrix", [])),
        always(success("vector", [])),
        always(Raw([b""])),
        of([]),
    ],
    ids=["503", "html", "truncated", "matrix", "empty", "hung-up", "no-series"],
)
def test_a_server_that_does_not_answer_is_3(
    slo: Told, serve: Callable[[Script], Stub], script: Script
) -> None:
    code, out, err = slo("budget", "--prometheus", serve(script).url)
    assert (code, out) == (3, "")
    assert err.startswith("slo: error: ")


def test_a_partial_response_is_3(slo: Told, serve: Callable[[Script], Stub]) -> None:
    def partial(asked: Asked) -> Says:
        whole = of(recorded())(asked)
        assert isinstance(whole, Says)
        return Says(json.dumps({**json.loads(whole.body), "warnings": ["a store is away"]}).encode())

    code, out, err = slo("budget", "--prometheus", serve(partial).url)
    assert code == 3
    assert out.splitlines()[1].startswith("no data ")
    assert "a store is away" in err


def test_a_server_whose_clock_is_an_hour_off_is_3(slo: Told, serve: Callable[[Script], Stub]) -> None:
    from email.utils import formatdate

    def late(asked: Asked) -> Says:
        answer = of(recorded())(asked)
        assert isinstance(answer, Says)
        headers = {**answer.headers, "Date": formatdate(time.time() - 3600, usegmt=True)}
        return Says(answer.body, headers=headers, date=False)

    code, _, err = slo("budget", "--prometheus", serve(late).url)
    assert code == 3
    assert "the server's clock is" in err


@pytest.mark.parametrize("output", ["json", "markdown", "html", "csv", "prometheus"])
def test_every_output_goes_to_standard_output(
    slo: Told, serve: Callable[[Script], Stub], output: str
) -> None:
    def script(asked: Asked) -> Says | Raw:
        return success("matrix", []) if asked.path.endswith("query_range") else of(recorded())(asked)

    code, out, err = slo("budget", "--prometheus", serve(script).url, "--output", output)
    assert (code, err) == (0, "")
    assert "requests" in out


def test_a_report_is_0_when_every_objective_was_met(slo: Told, serve: Callable[[Script], Stub]) -> None:
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


def test_raw_needs_a_spec(slo: Told) -> None:
    code, _, err = slo("budget", "--raw", "--prometheus", "http://127.0.0.1:1")
    assert code == 2
    assert "--raw needs --spec PATH" in err
