"""Being let in: credentials, tenants, certificates and proxies."""

from __future__ import annotations

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
import trustme

from slo_toolkit.errors import InputError
from slo_toolkit.query import QueryFailed, ServerError, Unauthorized, Unreachable

from .conftest import Connect, StartStub
from .stub import Asked, Raw, Says, Stub, always, running, vector

StartTls = Callable[..., Stub]


def basic(username: str, password: str) -> str:
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def test_nothing_is_sent_that_was_not_set(
    stub: StartStub, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login alice password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server = stub(always(vector()))
    connect(server.url).instant("up")
    assert "Authorization" not in server.asked[0].headers


def test_user_name_and_password(stub: StartStub, connect: Connect) -> None:
    server = stub(always(vector()))
    connect(server.url, username="élise", password="p:ä ss").instant("up")
    assert server.asked[0].headers["Authorization"] == basic("élise", "p:ä ss")


def test_a_password_from_a_file(stub: StartStub, connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2\n")
    server = stub(always(vector()))
    connect(server.url, username="alice", password_file=str(tmp_path / "password")).instant("up")
    assert server.asked[0].headers["Authorization"] == basic("alice", "hunter2")


def test_a_bearer_token(stub: StartStub, connect: Connect) -> None:
    server = stub(always(vector()))
    connect(server.url, bearer_token="abc.def").instant("up")
    assert server.asked[0].headers["Authorization"] == "Bearer abc.def"


def test_a_token_file_is_read_for_each_question_since_it_is_rotated(
    stub: StartStub, connect: Connect, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    server = stub(always(vector()))
    prometheus = connect(server.url, bearer_token_file=str(token))
    for text in ("first\n", "second\r\n"):
        token.write_text(text)
        prometheus.instant("up")
    assert [asked.headers["Authorization"] for asked in server.asked] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b"\xff\xfe", "no UTF-8"),
        (b"two lines\nof secrets", "holds a space, a line break"),
    ],
)
def test_a_token_file_that_cannot_be_used_is_an_error_of_the_call(
    connect: Connect, tmp_path: Path, content: bytes | None, told: str
) -> None:
    token = tmp_path / "token"
    if content is not None:
        token.write_bytes(content)
    with pytest.raises(InputError, match=told) as caught:
        connect("http://127.0.0.1:1", bearer_token_file=str(token)).instant("up")
    assert caught.value.exit_code == 2
    assert "secrets" not in str(caught.value)


def test_headers_name_the_tenant(stub: StartStub, connect: Connect) -> None:
    """Mimir refuses who names none."""
    server = stub(lambda a: vector("1") if "X-Scope-OrgID" in a.headers else Says(b"no org id\n", 401))
    assert len(connect(server.url, headers={"X-Scope-OrgID": "team-a|team-b"}).instant("up")) == 1
    assert server.asked[0].headers["X-Scope-OrgID"] == "team-a|team-b"
    with pytest.raises(Unauthorized, match="name the tenant"):
        connect(server.url).instant("up")


class Authority:
    """A certificate authority of the test's own, with what servers and clients need of it."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.ca_file = str(folder / "ca.pem")
        self.ca.cert_pem.write_to_path(self.ca_file)
        self.client_cert, self.client_key = str(folder / "client.pem"), str(folder / "client.key")
        issued = self.ca.issue_cert("reader@example.com")
        issued.cert_chain_pems[0].write_to_path(self.client_cert)
        issued.private_key_pem.write_to_path(self.client_key)
        self.both = str(folder / "both.pem")
        issued.private_key_and_cert_chain_pem.write_to_path(self.both)

    def server_context(self, name: str, *, asks_for_certificate: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(name).configure_cert(context)
        if asks_for_certificate:
            self.ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def tls_stub(authority: Authority) -> Iterator[StartTls]:
    with ExitStack() as servers:

        def start(name: str = "127.0.0.1", *, asks_for_certificate: bool = False) -> Stub:
            context = authority.server_context(name, asks_for_certificate=asks_for_certificate)
            return servers.enter_context(running(always(vector("1")), context))

        yield start


def test_a_certificate_of_ones_own_authority(
    tls_stub: StartTls, connect: Connect, authority: Authority
) -> None:
    assert len(connect(tls_stub().url, ca_file=authority.ca_file).instant("up")) == 1


def test_a_certificate_that_nobody_vouches_for(tls_stub: StartTls, connect: Connect) -> None:
    server = tls_stub()
    with pytest.raises(Unreachable, match=r"the certificate is not trusted: .*SLO_PROMETHEUS_CA_FILE"):
        connect(server.url).instant("up")
    assert server.asked == []


def test_a_certificate_for_another_name(tls_stub: StartTls, connect: Connect, authority: Authority) -> None:
    with pytest.raises(Unreachable, match="use the name for which the certificate was made"):
        connect(tls_stub("prometheus.example.com").url, ca_file=authority.ca_file).instant("up")


@pytest.mark.parametrize(
    ("first_day", "last_day", "told", "advice"),
    [
        (-30, -1, "certificate has expired", "the server needs a new certificate"),
        (1, 30, "certificate is not yet valid", "look at the clock of this machine"),
    ],
)
def test_a_certificate_out_of_its_time(
    connect: Connect, authority: Authority, first_day: int, last_day: int, told: str, advice: str
) -> None:
    """Another authority would not help."""
    now = datetime.now(UTC)
    first, last = (now + timedelta(days=days) for days in (first_day, last_day))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.ca.issue_cert("127.0.0.1", not_before=first, not_after=last).configure_cert(context)
    with running(always(vector("1")), context) as server, pytest.raises(Unreachable) as caught:
        connect(server.url, ca_file=authority.ca_file).instant("up")
    assert told in caught.value.came
    assert advice in caught.value.advice
    assert "CA_FILE" not in str(caught.value)


@pytest.mark.parametrize("in_one_file", [False, True])
def test_a_client_certificate(
    tls_stub: StartTls, connect: Connect, authority: Authority, in_one_file: bool
) -> None:
    files = {"client_cert": authority.client_cert, "client_key": authority.client_key}
    if in_one_file:
        files = {"client_cert": authority.both}
    server = tls_stub(asks_for_certificate=True)
    assert len(connect(server.url, ca_file=authority.ca_file, **files).instant("up")) == 1


def test_a_missing_client_certificate(tls_stub: StartTls, connect: Connect, authority: Authority) -> None:
    server = tls_stub(asks_for_certificate=True)
    with pytest.raises(Unreachable, match="SLO_PROMETHEUS_CLIENT_CERT"):
        connect(server.url, ca_file=authority.ca_file).instant("up")


def test_https_where_plain_http_is_spoken(stub: StartStub, connect: Connect) -> None:
    port = stub(always(vector())).port
    with pytest.raises(Unreachable, match="does not speak TLS; write http://"):
        connect(f"https://127.0.0.1:{port}").instant("up")


@pytest.mark.parametrize(
    ("field", "content", "told"),
    [
        ("ca_file", None, "cannot be read: No such file"),
        ("ca_file", "no certificate", "cannot be used"),
        ("client_cert", None, "cannot be read: No such file"),
        ("client_cert", "no certificate", "cannot be used"),
    ],
)
def test_tls_files_that_cannot_be_used_are_errors_of_the_call(
    connect: Connect, tmp_path: Path, field: str, content: str | None, told: str
) -> None:
    file = tmp_path / "file.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InputError, match=told):
        connect("https://127.0.0.1:1", **{field: str(file)}).instant("up")


def test_a_key_with_a_passphrase_asks_nobody_for_it(
    connect: Connect, authority: Authority, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization as written

    key = written.load_pem_private_key(Path(authority.client_key).read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            written.Encoding.PEM, written.PrivateFormat.PKCS8, written.BestAvailableEncryption(b"sesame")
        )
    )
    with pytest.raises(InputError, match="cannot be used"):
        connect("https://127.0.0.1:1", client_cert=authority.client_cert, client_key=str(locked)).instant(
            "up"
        )


def forward(asked: Asked) -> Says:
    """What a forward proxy does with plain HTTP."""
    request = Request(asked.target, data=b"query=up", method=asked.method)
    with urlopen(request, timeout=5) as answer:
        return Says(answer.read())


def test_a_forward_proxy(stub: StartStub, connect: Connect) -> None:
    server, proxy = stub(always(vector("1"))), stub(forward)
    at_proxy = proxy.url.replace("//", "//bob:builder@")
    assert len(connect(server.url, proxy=at_proxy).instant("up")) == 1
    (asked,) = proxy.asked
    assert urlsplit(asked.target).netloc == f"127.0.0.1:{server.port}"
    assert asked.headers["Proxy-Authorization"] == basic("bob", "builder")


@contextmanager
def tunnelling() -> Iterator[str]:
    """A proxy that opens one tunnel and passes bytes to and fro."""

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            request = client.recv(65536).decode()
            host, _, port = request.split()[1].partition(":")
            with socket.create_connection((host, int(port)), timeout=5) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                pump = threading.Thread(target=pass_on, args=(server, client), daemon=True)
                pump.start()
                pass_on(client, server)
                pump.join(5)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def test_a_proxy_that_does_not_know_us(stub: StartStub, connect: Connect) -> None:
    proxy = stub(always(Says(b"", 407)))
    with pytest.raises(ServerError, match="407 Proxy Authentication Required; give the proxy's user name"):
        connect("http://prometheus.invalid", proxy=proxy.url).instant("up")


def test_a_tunnel_through_a_proxy(tls_stub: StartTls, connect: Connect, authority: Authority) -> None:
    server = tls_stub()
    with tunnelling() as address:
        assert len(connect(server.url, proxy=address, ca_file=authority.ca_file).instant("up")) == 1
    assert "Proxy-Authorization" not in server.asked[0].headers


@pytest.mark.parametrize("url", ["http://prometheus.invalid", "https://prometheus.invalid"])
def test_a_proxy_that_is_not_there(connect: Connect, url: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        proxy = f"http://bob:builder@127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(QueryFailed) as caught:
            connect(url, proxy=proxy).instant("up")
    assert "the proxy gives no connection: connection refused" in str(caught.value)
    assert "builder" not in str(caught.value)


def test_a_proxy_that_opens_no_tunnel(stub: StartStub, connect: Connect) -> None:
    refusing = stub(always(Raw([b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"])))
    with pytest.raises(Unreachable, match=r"the proxy gives no connection: .*403"):
        connect("https://prometheus.invalid", proxy=refusing.url).instant("up")
