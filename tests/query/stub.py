"""A server that says what a test tells it to, down to the bytes, and remembers what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    form: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


@dataclass(frozen=True)
class Says:
    """An ordinary answer. Its length and a Date go with it unless the headers say otherwise."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    date: bool = True


@dataclass(frozen=True)
class Raw:
    """Bytes, one piece after the other, and then the end of the connection."""

    pieces: Iterable[bytes]


Script: TypeAlias = Callable[[Asked], Says | Raw]


class Stub:
    """What a test sees of the running server."""

    def __init__(self, script: Script, server: ThreadingHTTPServer, scheme: str) -> None:
        self.script = script
        self.port = server.server_port
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.asked: list[Asked] = []
        self.connections = 0
        self.stopping = threading.Event()

    def drip(self, piece: bytes = b" ") -> Iterator[bytes]:
        """One piece after the other for as long as the server lives."""
        while not self.stopping.wait(0.01):
            yield piece


@contextmanager
def running(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Stub]:
    """A stub that lives exactly as long as the block."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    stub = server.stub = Stub(script, server, "https" if tls else "http")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def success(kind: str, result: Any, **more: Any) -> Says:
    """Prometheus's envelope around a result."""
    document = {"status": "success", "data": {"resultType": kind, "result": result}, **more}
    return Says(json.dumps(document).encode())


def vector(*values: str, **more: Any) -> Says:
    """A vector with the label `n` counting from 0, at the time 1000."""
    rows = [{"metric": {"n": str(n)}, "value": [1000, value]} for n, value in enumerate(values)]
    return success("vector", rows, **more)


def always(answer: Says | Raw) -> Script:
    return lambda _: answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    stub: Stub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.stub.connections += 1

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        form = parse_qs(body.decode(), keep_blank_values=True)
        single = {name: values[-1] for name, values in form.items()}
        asked = Asked(self.command, self.path, dict(self.headers), single, body)
        self.server.stub.asked.append(asked)
        match self.server.stub.script(asked):
            case Raw(pieces):
                self._write_raw(pieces)
            case Says() as says:
                self._write(says)

    do_GET = do_POST = do_CONNECT = _answer  # noqa: N815

    def _write(self, says: Says) -> None:
        self.send_response_only(says.status)
        if says.date:
            self.send_header("Date", self.date_time_string())
        for name, value in ({"Content-Length": str(len(says.body))} | dict(says.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(says.body)

    def _write_raw(self, pieces: Iterable[bytes]) -> None:
        self.close_connection = True
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Nothing is printed: the tests read `asked`."""
