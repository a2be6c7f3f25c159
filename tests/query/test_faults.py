"""Every way in which a server can fail to answer: what is told, with which exit code, and what to do."""

from __future__ import annotations

import json
import socket

import pytest

from slo_toolkit.query import QueryFailed, ServerError, Unauthorized, Unreachable, WrongAnswer

from .conftest import Connect, StartStub
from .stub import HTML, JSON, Asked, Raw, Says, Script, always, success, vector


def error_body(kind: str, text: str) -> bytes:
    return json.dumps({"status": "error", "errorType": kind, "error": text}).encode()


def failure(connect: Connect, url: str, **settings: object) -> QueryFailed:
    with pytest.raises(QueryFailed) as caught:
        connect(url, **settings).instant('up{secret_label="x"}')
    assert caught.value.exit_code == 3
    assert caught.value.advice
    assert "secret_label" not in str(caught.value), "the query stays out of messages"
    return caught.value


def test_nobody_listens(connect: Connect) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        told = failure(connect, url)
    assert isinstance(told, Unreachable)
    assert str(told) == (
        f"{url}/api/v1/query: connection refused; is the server running, and are host and port right?"
    )


def test_a_name_that_does_not_resolve(connect: Connect) -> None:
    told = failure(connect, "http://prometheus.invalid:9090")
    assert isinstance(told, Unreachable)
    assert "the name of the host cannot be resolved" in str(told)


def test_a_connection_that_is_closed_without_a_word(stub: StartStub, connect: Connect) -> None:
    told = failure(connect, stub(always(Raw([]))).url)
    assert isinstance(told, Unreachable)
    assert "closed without an answer" in str(told)


def test_another_program_at_the_port(stub: StartStub, connect: Connect) -> None:
    told = failure(connect, stub(always(Raw([b"SSH-2.0-OpenSSH_9.2\r\n"]))).url)
    assert isinstance(told, WrongAnswer)
    assert "no HTTP" in str(told)


@pytest.mark.parametrize(
    ("status", "kind", "error", "advice"),
    [
        (400, "bad_data", 'invalid parameter "query": 1:1: parse error', "the query is none for this server"),
        (
            422,
            "execution",
            "query processing would load too many samples into memory",
            "its own words say why",
        ),
        (429, "", "too many requests", "limits how much is asked"),
        (500, "internal", "expanding series: corrupted block", "log"),
        (503, "timeout", "query timed out in expression evaluation", "timeout is too short"),
        (503, "unavailable", "Service Unavailable", "try again"),
        (200, "execution", "an error behind a success", ""),
    ],
)
def test_the_servers_own_words_are_told(
    stub: StartStub, connect: Connect, status: int, kind: str, error: str, advice: str
) -> None:
    server = stub(always(Says(error_body(kind, error), status)))
    with pytest.raises(ServerError) as caught:
        connect(server.url).instant("up")
    told = caught.value
    assert (told.status, told.error_type, told.error, told.exit_code) == (status, kind, error, 3)
    assert f"{kind}: {error}" if kind else error in str(told)
    assert advice in told.advice


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            Says(b"<html><title>404 Not Found</title></html>", 404, HTML),
            "404 Not Found (an HTML page (404 Not Found))",
        ),
        (
            Says(b"404 page not found\n", 404, {"Content-Type": "text/plain"}),
            "404 Not Found (404 page not found)",
        ),
        (Says(b"", 414), "414 "),
        (Says(b"", 502), "502 Bad Gateway"),
        (Says(b"upstream request timeout", 504), "504 Gateway Timeout (upstream request timeout)"),
        (Says(b"what", 599), "599 (no known status) (what)"),
        (Says(b'{"message": "no such route"}', 404), "404 Not Found (no such route)"),
        (Says(b"Client sent an HTTP request to an HTTPS server.\n", 400), "write https:// in the address"),
    ],
)
def test_refusals_that_are_not_prometheus_s_are_told_too(
    stub: StartStub, connect: Connect, answer: Says, told: str
) -> None:
    with pytest.raises(ServerError) as caught:
        connect(stub(always(answer)).url).instant("up")
    assert told in str(caught.value)


def test_a_gateway_that_recovers_is_asked_again(stub: StartStub, connect: Connect) -> None:
    answers = iter([Says(b"", 502), vector("1")])
    assert len(connect(stub(lambda _: next(answers)).url).instant("up")) == 1


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_refusal_is_not_repeated(stub: StartStub, connect: Connect, status: int) -> None:
    server = stub(always(Says(b"", status, {"Retry-After": "3600"})))
    failure(connect, server.url)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("settings", "status", "body", "advice"),
    [
        ({}, 401, b"", "no credentials were sent: set SLO_PROMETHEUS_BEARER_TOKEN_FILE"),
        ({}, 403, b"", "no credentials were sent"),
        ({"withheld": "context 'prod'"}, 401, b"", "the credentials of context 'prod' were not sent"),
        ({"bearer_token": "t0ken"}, 401, b"", "the bearer token that was sent is not accepted"),
        ({"username": "u", "password": "p4ss"}, 401, b"", "the user name and password that was sent is not"),
        ({"bearer_token": "t0ken"}, 403, b"", "the bearer token that was sent may not do this"),
        ({}, 401, b"no org id\n", "X-Scope-OrgID"),
    ],
)
def test_who_is_not_let_in_is_told_which_setting_is_missing(
    stub: StartStub, connect: Connect, settings: dict[str, str], status: int, body: bytes, advice: str
) -> None:
    told = failure(connect, stub(always(Says(body, status))).url, **settings)
    assert isinstance(told, Unauthorized)
    assert advice in told.advice


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            Says(b"<!doctype html><title>Sign in to\n Grafana</title>", headers=HTML),
            "an HTML page (Sign in to Grafana)",
        ),
        (Says(b""), "an empty answer"),
        (Says(vector("1", "2").body[:-9]), "JSON that is damaged or ends too early"),
        (Says(b"hello"), "text that is no JSON"),
        (Says(b'{"ok": true}'), "JSON that is no answer of Prometheus"),
        (Says(b"[]"), "JSON that is no answer of Prometheus"),
        (Says(b'{"status":"success","data":["a"]}'), "JSON that is no answer of Prometheus"),
        (Says(b"[" * 100_000), "text that is no JSON"),
        (Says(b"\xff\xfe{"), "text that is no JSON"),
        (success("matrix", []), "a matrix where a vector is due"),
        (success("string", [1, "text"]), "a string where a vector is due"),
        (Says(b"{}", headers={**JSON, "Content-Length": "1000"}), "an answer that broke off in the middle"),
        (
            Raw([b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"sta']),
            "broke off in the middle",
        ),
        (Says(b"no gzip", headers={**JSON, "Content-Encoding": "gzip"}), "cannot be unpacked"),
    ],
)
def test_an_answer_that_is_none_is_told_for_what_it_is(
    stub: StartStub, connect: Connect, answer: Says | Raw, told: str
) -> None:
    failed = failure(connect, stub(_closing(answer)).url)
    assert isinstance(failed, WrongAnswer)
    assert told in str(failed)


def _closing(answer: Says | Raw) -> Script:
    """The answer, and the end of the connection where it promises more than it has."""
    if isinstance(answer, Says) and "Content-Length" in answer.headers:
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        return always(Raw([f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + answer.body]))
    return always(answer)


def test_a_vector_where_a_matrix_is_due(stub: StartStub, connect: Connect) -> None:
    with pytest.raises(WrongAnswer, match="a vector where a matrix is due"):
        connect(stub(always(vector("1"))).url).range("up", 0, 60, 60)


def test_a_servers_words_cannot_write_to_the_terminal_and_do_not_flood_it(
    stub: StartStub, connect: Connect
) -> None:
    server = stub(always(Says(error_body("internal", "\x1b[2Jred\n\nalert " + "x" * 10_000), 500)))
    told = str(failure(connect, server.url))
    assert "\x1b" not in told
    assert "\n" not in told
    assert len(told) < 600


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_secret_that_the_server_repeats_is_not_told(stub: StartStub, connect: Connect, status: int) -> None:
    def repeat(asked: Asked) -> Says:
        return Says(error_body("bad_data", f"bad headers {asked.headers}"), status)

    prometheus = connect(
        stub(repeat).url,
        username="alice",
        password="hunter2",
        headers={"X-Api-Key": "sesame", "X-Tenant": "blue"},
    )
    with pytest.raises(QueryFailed) as caught:
        prometheus.instant("up")
    told = str(caught.value)
    assert "bad headers" in told
    assert "blue" in told
    for secret in ("hunter2", "sesame", "YWxpY2U6aHVudGVyMg"):
        assert secret not in told
