"""No server holds a question for longer, feeds it more or sends it further than is good."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from slo_toolkit.query import Unreachable, WrongAnswer

from .conftest import Connect, StartStub
from .stub import Asked, Raw, Says, Stub, always, vector

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"


def within(seconds: float, started: float) -> bool:
    """Whether no more than a second was lost on top."""
    return seconds - 0.05 <= time.monotonic() - started < seconds + 1


def test_an_answer_that_drips_ends_with_the_deadline(stub: StartStub, connect: Connect) -> None:
    def drip(_: Asked) -> Raw:
        return Raw(_then(HEAD, server.drip()))

    server: Stub = stub(drip)
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"not complete after 0.3 s \([\d,]+ bytes came\); ask for less"):
        connect(server.url, timeout=0.3).instant("up")
    assert within(0.3, started)


def test_headers_that_drip_end_with_the_deadline(stub: StartStub, connect: Connect) -> None:
    server: Stub = stub(lambda _: Raw(_then(b"HTTP/1.1 200 OK\r\nX-Slow: ", server.drip(b"x"))))
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"no answer within 0.3 s"):
        connect(server.url, timeout=0.3).instant("up")
    assert within(0.3, started)


def test_a_server_that_says_nothing_ends_with_the_deadline(stub: StartStub, connect: Connect) -> None:
    server: Stub = stub(lambda _: Raw(b"" for _ in server.drip()))
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"no answer within 0.3 s"):
        connect(server.url, timeout=0.3).instant("up")
    assert within(0.3, started)


def test_a_deadline_is_for_all_pieces_of_a_range_together(stub: StartStub, connect: Connect) -> None:
    def slowly(_: Asked) -> Raw:
        body = b'{"status":"success","data":{"resultType":"matrix","result":[]}}'
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        pauses = server.drip(b"")
        return Raw([*[next(pauses) for _ in range(10)], head, body])

    server: Stub = stub(slowly)
    with pytest.raises(Unreachable, match=r"no answer within 0.4 s"):
        connect(server.url, timeout=0.4).range("up", 0, 11_000 * 100, 1)
    assert 1 < len(server.asked) < 50


def test_an_earlier_question_takes_no_time_from_the_next(stub: StartStub, connect: Connect) -> None:
    answers = iter([None, vector("1")])

    def first_never(_: Asked) -> Raw | Says:
        return next(answers) or Raw(b"" for _ in server.drip())

    server: Stub = stub(first_never)
    prometheus = connect(server.url, timeout=0.3)
    with pytest.raises(Unreachable):
        prometheus.instant("up")
    assert len(prometheus.instant("up")) == 1


def test_a_full_backlog_is_no_connection_in_time(connect: Connect) -> None:
    with socket.socket() as deaf, socket.socket() as waiting:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting.connect(deaf.getsockname())
        started = time.monotonic()
        with pytest.raises(Unreachable, match=r"no connection came about in time|no answer within"):
            connect(f"http://127.0.0.1:{deaf.getsockname()[1]}", timeout=0.3).instant("up")
        assert within(0.3, started)


def test_a_body_of_100_mb_is_not_taken_in(stub: StartStub, connect: Connect) -> None:
    sent = 0

    def much() -> Iterator[bytes]:
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n"
        for _ in range(100):
            sent += 1
            yield b" " * 1024 * 1024

    server = stub(lambda _: Raw(much()))
    with pytest.raises(WrongAnswer, match="more than 64 MiB; ask for fewer series"):
        connect(server.url, timeout=30).instant("up")
    assert sent < 100


def test_a_redirect_keeps_the_question_whole(stub: StartStub, connect: Connect) -> None:
    def moved(asked: Asked) -> Says:
        if asked.path == "/old/api/v1/query":
            return Says(b"", 302, {"Location": "/new/api/v1/query"})
        return vector("1")

    server = stub(moved)
    assert len(connect(server.url + "/old", bearer_token="t").instant("up")) == 1
    first, second = server.asked
    assert (second.method, second.path, second.form) == ("POST", "/new/api/v1/query", first.form)
    assert second.headers["Authorization"] == "Bearer t"


def test_a_redirect_loop_ends(stub: StartStub, connect: Connect) -> None:
    server = stub(lambda asked: Says(b"", 301, {"Location": asked.path}))
    prometheus = connect(server.url)
    with pytest.raises(WrongAnswer, match="more than 5 redirects"):
        prometheus.instant("up")
    assert prometheus.requests == 6


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nothing_is_carried_to_another_server(stub: StartStub, connect: Connect, status: int) -> None:
    other = stub(always(vector("1")))
    server = stub(always(Says(b"", status, {"Location": f"{other.url}/api/v1/query?token=t"})))
    prometheus = connect(server.url, bearer_token="t", headers={"X-Scope-OrgID": "blue"})
    with pytest.raises(WrongAnswer) as caught:
        prometheus.instant("up")
    assert f"a redirect to another server, {other.url}/api/v1/query; give that address" in str(caught.value)
    assert other.asked == []


@pytest.mark.parametrize(
    "target", ["http://[", "ftp://127.0.0.1/", "//127.0.0.1:1/", "http://user:pass@127.0.0.1:1/"]
)
def test_a_redirect_to_nowhere_is_told_without_credentials(
    stub: StartStub, connect: Connect, target: str
) -> None:
    server = stub(always(Says(b"", 302, {"Location": target})))
    with pytest.raises(WrongAnswer, match="a redirect to another server") as caught:
        connect(server.url).instant("up")
    assert "pass" not in str(caught.value)


def _then(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest
