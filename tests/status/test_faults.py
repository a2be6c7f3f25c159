"""Whatever a server does wrong, `slo budget` says what, exits with 3 and calls nothing met."""

from __future__ import annotations

import csv
import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from email.utils import formatdate
from io import StringIO
from pathlib import Path

import pytest
import trustme

from tests.query.stub import HTML, Asked, Raw, Says, Script, Stub, always, running, success, vector

from .conftest import Serve, SloCommand
from .fake import Answers, of, recorded

HOUR = 3600
MIB = 1024 * 1024

SPEC = """\
version: prometheus/v1
service: shop
slos:
  - name: requests
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(errors_total[{{.window}}]))
        total_query: sum(rate(requests_total[{{.window}}]))
    alerting: {page_alert: {disable: true}, ticket_alert: {disable: true}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "shop.yaml"
    path.write_text(SPEC)
    return str(path)


def failure(slo: SloCommand, url: str, *arguments: str) -> str:
    """What is told where nothing could be read: one line, nothing on standard output, and exit code 3."""
    code, out, err = slo("budget", "--prometheus", url, *arguments)
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert err.startswith("slo: error: ")
    return err


def doubt(slo: SloCommand, url: str, *arguments: str) -> str:
    """What is told where the only SLO was read and cannot be judged: exit code 3, `no_data`, and why."""
    code, out, err = slo("budget", "--prometheus", url, "--output", "csv", *arguments)
    assert code == 3
    assert [row["verdict"] for row in csv.DictReader(StringIO(out))] == ["no_data"]
    return err


def error_body(kind: str, text: str) -> bytes:
    return json.dumps({"status": "error", "errorType": kind, "error": text}).encode()


def test_nobody_listens(slo: SloCommand) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        told = failure(slo, url)
    assert told == (
        f"slo: error: {url}/api/v1/query: connection refused; "
        "is the server running, and are host and port right?\n"
    )


def test_the_name_does_not_resolve(slo: SloCommand) -> None:
    told = failure(slo, "http://prometheus.invalid:9090")
    assert "the name of the host cannot be resolved; check its spelling and the name server" in told


def test_the_certificate_is_nobodys_who_is_trusted(slo: SloCommand, serve: Serve) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with running(of(recorded()), context) as stub:
        told = failure(slo, stub.url)
    assert "the certificate is not trusted" in told
    assert "SLO_PROMETHEUS_CA_FILE" in told


def test_the_server_speaks_no_tls(slo: SloCommand, serve: Serve) -> None:
    told = failure(slo, serve(of(recorded())).url.replace("http:", "https:"))
    assert "what answers there does not speak TLS; write http:// in the address" in told


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Says(b"", 401), "401 Unauthorized; no credentials were sent: set SLO_PROMETHEUS_BEARER_TOKEN_FILE"),
        (Says(b"", 403), "403 Forbidden; no credentials were sent: set SLO_PROMETHEUS_BEARER_TOKEN_FILE"),
        (
            Says(b"404 page not found\n", 404),
            "404 Not Found (404 page not found); check the path of the address",
        ),
        (Says(b"", 414), "something before the server turned the POST into a GET"),
        (
            Says(error_body("execution", "query processing would load too many samples"), 422),
            "(execution: query processing would load too many samples); the server understands the query",
        ),
        (Says(b"too many", 429), "429 Too Many Requests (too many); the server limits how much is asked"),
        (
            Says(error_body("internal", "corrupted block"), 500),
            "500 Internal Server Error (internal: corrupted block); look into the server's log",
        ),
        (
            Says(error_body("timeout", "query timed out in expression evaluation"), 503),
            "503 Service Unavailable (timeout: query timed out in expression evaluation); ",
        ),
        (
            Says(b"<html><title>Sign in</title>", headers=HTML),
            "an HTML page (Sign in); is this the address of a Prometheus, and is no login page before it?",
        ),
        (Says(error_body("execution", "no luck")), "200 OK (execution: no luck)"),
        (
            Says(b'{"status": "success", "data": {"resul'),
            "JSON that is damaged or ends too early, after 37 b",
        ),
        (success("matrix", []), "a matrix where a vector is due"),
        (Raw([b""]), "the connection was closed without an answer"),
    ],
    ids=[
        *("401", "403", "404", "414", "422", "429", "500", "503"),
        *("html", "status-error", "truncated", "matrix", "hung-up"),
    ],
)
def test_a_refusal_and_a_wrong_answer(
    slo: SloCommand, serve: Serve, spec: str, answer: Says | Raw, told: str
) -> None:
    stub = serve(always(answer))
    for arguments in ([], ["--spec", spec], ["--output", "html"]):
        assert told in failure(slo, stub.url, *arguments)
    assert told in _report_failure(slo, stub.url)


def _report_failure(slo: SloCommand, url: str) -> str:
    code, out, err = slo("report", "--prometheus", url)
    assert (code, out) == (3, "")
    return err


def test_a_body_of_100_mb(slo: SloCommand, serve: Serve) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n"
    stub = serve(lambda _: Raw([head, *[b" " * MIB] * 100]))
    assert "an answer of more than 64 MiB; ask for fewer series" in failure(slo, stub.url)


def test_an_answer_that_drips_ends_with_the_deadline(slo: SloCommand, serve: Serve) -> None:
    def dripping() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
        yield from stub.drip()

    stub: Stub = serve(lambda _: Raw(dripping()))
    started = time.monotonic()
    assert "the answer was not complete after 0.3 s" in failure(slo, stub.url, "--timeout", "0.3")
    assert time.monotonic() - started < 2


def test_a_redirect_loop(slo: SloCommand, serve: Serve) -> None:
    stub = serve(lambda asked: Says(b"", 302, {"Location": asked.path}))
    assert "more than 5 redirects; check the path of the address" in failure(slo, stub.url)


@pytest.mark.parametrize("nth", range(1, 6))
def test_a_later_request_fails(slo: SloCommand, serve: Serve, nth: int) -> None:
    """The page asks five times in all, three of them for the table and the others for its plots."""

    def sick(asked: Asked) -> Says | Raw:
        return Says(b"busy", 503) if len(stub.asked) == nth else of(recorded())(asked)

    stub: Stub = serve(sick)
    assert "503 Service Unavailable (busy)" in failure(slo, stub.url, "--output", "html")
    assert len(stub.asked) == nth


def test_an_empty_answer(slo: SloCommand, serve: Serve, spec: str) -> None:
    stub = serve(always(success("vector", [])))
    assert "no rules record an SLO here; load the rules" in failure(slo, stub.url)
    assert "shop/requests: not measurable: its queries return nothing" in doubt(slo, stub.url, "--spec", spec)


def test_a_vector_that_was_not_asked_for(slo: SloCommand, serve: Serve) -> None:
    assert "the server's answer has series that were not asked for" in failure(
        slo, serve(always(vector("1"))).url
    )


def test_a_partial_response(slo: SloCommand, serve: Serve, spec: str) -> None:
    def partial(series: list[tuple[dict[str, str], float]]) -> Script:
        return lambda asked: _with_warning(of(series)(asked))

    assert "the server warns: store away" in doubt(slo, serve(partial(recorded())).url)
    assert "store away" in doubt(slo, serve(partial([])).url, "--spec", spec)
    assert "store away" in doubt(slo, serve(partial(recorded(ratio_rate30d=0.5))).url)


def _with_warning(answer: Says) -> Says:
    return Says(json.dumps({**json.loads(answer.body), "warnings": ["store away"]}).encode())


@pytest.mark.parametrize(
    ("value", "why"), [("NaN", "no events were measured in the period"), ("Inf", "ratio_rate30d is infinite")]
)
def test_a_figure_that_is_no_number(slo: SloCommand, serve: Serve, spec: str, value: str, why: str) -> None:
    told = doubt(slo, serve(of(recorded(ratio_rate30d=float(value)))).url)
    assert "shop/requests: not measurable: " in told
    assert why in told
    told = doubt(slo, serve(raw(value, value)).url, "--spec", spec)
    assert "shop/requests: not measurable" in told


def test_the_same_failure_of_many_slos_is_one_line(slo: SloCommand, serve: Serve) -> None:
    series = [item for number in range(100) for item in recorded(slo=f"slo-{number:03}")]
    code, out, err = slo("budget", "--prometheus", serve(of(series, evaluated_at=time.time() - HOUR)).url)
    assert code == 3
    assert err.count("\n") == 1
    assert err.startswith(
        "slo: 100 SLOs (shop/slo-000, shop/slo-001, shop/slo-002 and 97 more): not measurable: "
    )
    assert out.count("its rules were last evaluated at") == 1, "below the table, and in it by its number"
    assert out.count("           [1]\n") == 100


def test_a_warning_about_many_slos_is_one_line(slo: SloCommand, serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    head, _, one = SPEC.partition("slos:\n")
    one = one.replace("99.9", "99.5")
    path.write_text(head + "slos:\n" + "".join(one.replace("requests\n", f"slo-{n}\n", 1) for n in range(4)))
    series = [item for number in range(4) for item in recorded(slo=f"slo-{number}")]
    code, _, err = slo("budget", "--prometheus", serve(of(series)).url, "--spec", str(path))
    assert code == 0
    assert err == (
        "slo: warning: 4 SLOs (shop/slo-0, shop/slo-1, shop/slo-2 and 1 more): "
        "the loaded rules have the objective 99.9 %, the spec 99.5 %; judged by the spec\n"
    )


def test_two_series_where_one_is_due(slo: SloCommand, serve: Serve, spec: str) -> None:
    twice = [*recorded(), *recorded(ratio_rate30d=0.5)[2:]]
    assert "two series where one is due" in doubt(slo, serve(of(twice)).url)
    assert "two series where one is due" in doubt(slo, serve(raw("0", "5", copies=2)).url, "--spec", spec)


@pytest.mark.parametrize(("seconds", "word"), [(-HOUR, "behind"), (HOUR, "ahead of")])
def test_the_servers_clock_is_an_hour_off(
    slo: SloCommand, serve: Serve, spec: str, seconds: float, word: str
) -> None:
    for script, arguments in ((of(recorded()), []), (raw("0", "5"), ["--spec", spec])):
        told = doubt(slo, serve(_by_another_clock(script, seconds)).url, *arguments)
        assert f"shop/requests: not measurable: the server's clock is 60 minutes {word} this one" in told


def _by_another_clock(script: Answers, seconds: float) -> Script:
    def late(asked: Asked) -> Says:
        answer = script(asked)
        headers = {**answer.headers, "Date": formatdate(time.time() + seconds, usegmt=True)}
        return Says(answer.body, headers=headers, date=False)

    return late


def test_rules_that_stopped_an_hour_ago(slo: SloCommand, serve: Serve) -> None:
    """Prometheus still gives the last value of each rule for five minutes; some servers give it for longer."""
    told = doubt(slo, serve(of(recorded(), evaluated_at=time.time() - HOUR)).url)
    assert "shop/requests: not measurable: its rules were last evaluated at" in told
    told = doubt(slo, serve(of(recorded(), evaluated_at=None)).url)
    assert "shop/requests: not measurable: its rules are not evaluated" in told


def test_samples_that_stopped_an_hour_ago(slo: SloCommand, serve: Serve, spec: str) -> None:
    """The rules run on, but what they read has no samples any more; a raw query sees the same."""
    mute = recorded(without=["slo:valid_events:rate5m", "slo:sli_error:ratio_rate5m"])
    assert "the SLI returned nothing in the last five minutes" in doubt(slo, serve(of(mute)).url)
    told = doubt(slo, serve(raw("0", "5", without="5m")).url, "--spec", spec)
    assert "the SLI returned nothing in the last five minutes" in told


def test_samples_with_time_stamps_of_an_hour_ago(slo: SloCommand, serve: Serve, spec: str) -> None:
    told = doubt(slo, serve(raw("0", "5", age=HOUR)).url, "--spec", spec)
    assert "shop/requests: not measurable" in told


MEASURED = ("errors", "valid", "coverage")
"""What is told of a healthy SLI. Other figures are those of a fault, which is nowhere."""


def raw(errors: str, valid: str, *, copies: int = 1, without: str = "", age: float = 0) -> Answers:
    """A server that records no SLO and answers every query of a spec with these two rates.

    Nothing is wrong with its counters.
    """

    def script(asked: Asked) -> Says:
        names = re.findall(r'"slo_figure", "(\d+/[^"]+)"', asked.form["query"])
        rows = [
            {"metric": {"slo_figure": name}, "value": [time.time() - age, _figure(name, errors, valid)]}
            for name in names
            if name.split("/")[1] in MEASURED and not (without and name.endswith(f"/{without}"))
        ]
        return success("vector", rows * copies)

    return script


def _figure(name: str, errors: str, valid: str) -> str:
    kind = name.split("/")[1]
    just_now = repr(time.time())  # errors, and the label that tells them, were there
    told = {"errors": errors, "valid": valid, "coverage": "1440"}
    return told.get(kind, just_now)


def test_what_is_measured_raw_is_met_without_a_fault(slo: SloCommand, serve: Serve, spec: str) -> None:
    """So that the tests above see the fault and nothing else."""
    code, out, err = slo("budget", "--prometheus", serve(raw("0", "5")).url, "--spec", spec)
    assert (code, err) == (0, "")
    assert out.splitlines()[1].startswith("met")


def test_one_fault_is_told_beside_what_was_measured(slo: SloCommand, serve: Serve) -> None:
    series = [*recorded(), *recorded(slo="silent", ratio_rate30d=float("nan"))]
    code, out, err = slo("budget", "--prometheus", serve(of(series)).url, "--output", "json")
    assert code == 3
    assert {entry["slo"]: entry["verdict"] for entry in json.loads(out)["slos"]} == {
        "silent": "no_data",
        "requests": "met",
    }
    assert "shop/silent: not measurable" in err


def test_what_was_measured_for_minutes_alone_says_so(slo: SloCommand, serve: Serve, spec: str) -> None:
    """No step of the coverage falls into them, so the server has no word on it."""
    url = serve(raw("0", "5", without="coverage")).url
    code, out, _ = slo("budget", "--prometheus", url, "--spec", spec)
    assert code == 0
    assert "measured 0 of 30 days" in out
