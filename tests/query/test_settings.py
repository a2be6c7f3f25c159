"""Where a connection's settings come from, which of them win, and to whom secrets are shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slo_toolkit.errors import InputError
from slo_toolkit.query import Connection, resolve_connection

PROD = "https://prometheus.example.com"
LOCAL = "http://localhost:9090"
SIX = "http://[fd00::1:2]:9090"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def config(home: Path) -> Path:
    folder = home / ".config" / "slo-toolkit"
    folder.mkdir(parents=True)
    file = folder / "config.yaml"
    file.write_text(
        f"""\
current-context: prod
contexts:
  prod:
    url: {PROD}/prometheus/
    username: alice
    password_file: secrets/prod
    headers:
      X-Scope-OrgID: team-a
    timeout: 1m30s
  local:
    url: {LOCAL}
"""
    )
    file.chmod(0o600)
    return file


def test_without_any_url_all_ways_to_give_one_are_told() -> None:
    with pytest.raises(InputError) as caught:
        resolve_connection({}, {})
    for way in ("--prometheus URL", "SLO_PROMETHEUS_URL", ".config/slo-toolkit/config.yaml", "SLO_CONTEXT"):
        assert way in str(caught.value)


def test_a_url_is_enough() -> None:
    connection = resolve_connection({"url": f"{LOCAL}/"}, {})
    assert connection == Connection(LOCAL)
    assert connection.timeout == 30


def test_options_win_over_the_environment_which_wins_over_the_config_file(config: Path) -> None:
    environ = {"SLO_PROMETHEUS_TIMEOUT": "20", "SLO_PROMETHEUS_PROXY": "proxy:3128"}
    connection = resolve_connection({"timeout": "10s", "proxy": None, "username": ""}, environ)
    assert (connection.timeout, connection.proxy, connection.username) == (10, "http://proxy:3128", "alice")
    assert resolve_connection({}, environ).timeout == 20
    assert resolve_connection({}, {}).timeout == 90


def test_every_setting_has_a_variable() -> None:
    environ = {
        "SLO_PROMETHEUS_URL": PROD,
        "SLO_PROMETHEUS_USERNAME": "alice",
        "SLO_PROMETHEUS_PASSWORD": "hunter2",
        "SLO_PROMETHEUS_CA_FILE": "~/ca.pem",
        "SLO_PROMETHEUS_CLIENT_CERT": "client.pem",
        "SLO_PROMETHEUS_CLIENT_KEY": "client.key",
        "SLO_PROMETHEUS_HEADERS": "X-Scope-OrgID: team-a, X-Trace: a:b",
        "SLO_PROMETHEUS_PROXY": "http://proxy:3128",
        "SLO_PROMETHEUS_TIMEOUT": "2.5",
    }
    assert resolve_connection({}, environ) == Connection(
        PROD,
        username="alice",
        password="hunter2",
        ca_file=str(Path.home() / "ca.pem"),
        client_cert="client.pem",
        client_key="client.key",
        headers={"X-Scope-OrgID": "team-a", "X-Trace": "a:b"},
        proxy="http://proxy:3128",
        timeout=2.5,
    )


def test_headers_with_commas_go_one_a_line() -> None:
    environ = {"SLO_PROMETHEUS_URL": PROD, "SLO_PROMETHEUS_HEADERS": "X-A: one, two\nX-B: three\n"}
    assert resolve_connection({}, environ).headers == {"X-A": "one, two", "X-B": "three"}


def test_headers_of_all_sources_go_together_and_the_earlier_source_wins(config: Path) -> None:
    environ = {"SLO_PROMETHEUS_HEADERS": "x-scope-orgid: team-b, X-Trace: env"}
    assert resolve_connection({"headers": ("X-Trace: option, all of it",)}, environ).headers == {
        "X-Trace": "option, all of it",
        "x-scope-orgid": "team-b",
    }


def test_the_current_context_holds_until_another_is_chosen(config: Path) -> None:
    current = resolve_connection({}, {})
    assert (current.url, current.context) == (f"{PROD}/prometheus", "prod")
    assert current.password_file == str(config.parent / "secrets/prod"), "relative to the config file"
    assert resolve_connection({}, {"SLO_CONTEXT": "local"}).url == LOCAL
    assert resolve_connection({"context": "prod"}, {"SLO_CONTEXT": "local"}).url == f"{PROD}/prometheus"


def test_a_context_that_does_not_exist_is_told_with_those_that_do(config: Path) -> None:
    with pytest.raises(InputError, match="no context 'stage'; it has: prod, local"):
        resolve_connection({"context": "stage"}, {})


def test_a_context_without_any_config_file_is_an_error() -> None:
    with pytest.raises(InputError, match=r"config.yaml has no context 'prod'; it has: none"):
        resolve_connection({"url": LOCAL, "context": "prod"}, {})


def test_another_config_file(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(f"current-context: a\ncontexts: {{a: {{url: '{LOCAL}'}}}}\n")
    assert resolve_connection({}, {"SLO_CONFIG": str(other)}).url == LOCAL
    assert resolve_connection({}, {"SLO_CONFIG": "/nowhere"}, other).url == LOCAL
    with pytest.raises(InputError, match=r"/nowhere cannot be read: No such file"):
        resolve_connection({}, {"SLO_CONFIG": "/nowhere"})


def test_a_home_of_another_user_is_told_and_needs_not_be_read(config: Path) -> None:
    with as_another_user(config.parent.parent):
        connection = resolve_connection({"url": LOCAL}, {})
        with pytest.raises(InputError) as nowhere:
            resolve_connection({}, {})
        with pytest.raises(InputError) as named:
            resolve_connection({"url": LOCAL, "context": "prod"}, {})
    (warning,) = connection.warnings
    assert connection.url == LOCAL
    assert f"the config file {config} cannot be read (Permission denied): set HOME" in warning
    assert "give --prometheus URL" in str(nowhere.value)
    assert warning in str(nowhere.value)
    assert str(named.value).startswith("there is no context 'prod': the config file")


@contextmanager
def as_another_user(folder: Path) -> Iterator[None]:
    """Somebody who may not look into the folder: root may look everywhere, so root becomes nobody."""
    folder.chmod(0)
    if os.geteuid() == 0:
        os.seteuid(65_534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield
    folder.chmod(0o700)


def test_a_user_who_does_not_exist_has_no_config() -> None:
    with pytest.raises(InputError, match=r"~nobody-of-that-name/config\.yaml cannot be read: No such file"):
        resolve_connection({"url": LOCAL}, {"SLO_CONFIG": "~nobody-of-that-name/config.yaml"})


def test_credentials_go_only_to_the_server_they_came_with(config: Path) -> None:
    elsewhere = resolve_connection({"url": LOCAL}, {})
    assert (elsewhere.username, elsewhere.password_file, dict(elsewhere.headers)) == ("", "", {})
    assert (elsewhere.context, elsewhere.withheld) == ("", "context 'prod'")
    assert elsewhere.timeout == 90, "what opens nothing still holds"


def test_another_path_on_the_same_server_keeps_the_credentials(config: Path) -> None:
    connection = resolve_connection({"url": f"{PROD}:443/other"}, {})
    assert (connection.username, connection.context, connection.withheld) == ("alice", "prod", "")


def test_credentials_of_the_environment_are_for_the_url_of_the_environment() -> None:
    environ = {"SLO_PROMETHEUS_URL": PROD, "SLO_PROMETHEUS_BEARER_TOKEN": "t"}
    assert resolve_connection({}, environ).bearer_token == "t"
    elsewhere = resolve_connection({"url": LOCAL}, environ)
    assert (elsewhere.bearer_token, elsewhere.withheld) == ("", "the environment")
    del environ["SLO_PROMETHEUS_URL"]
    assert resolve_connection({"url": LOCAL}, environ).bearer_token == "t"


def test_a_token_of_an_earlier_source_replaces_the_user_of_a_later_one(config: Path) -> None:
    connection = resolve_connection({}, {"SLO_PROMETHEUS_BEARER_TOKEN_FILE": "/run/token"})
    assert (connection.bearer_token_file, connection.username) == ("/run/token", "")


def test_the_password_may_come_from_the_environment_and_the_user_from_the_config_file(config: Path) -> None:
    connection = resolve_connection({}, {"SLO_PROMETHEUS_PASSWORD": "hunter2"})
    assert (connection.username, connection.password, connection.password_file) == ("alice", "hunter2", "")


def test_credentials_in_the_url_are_taken_out_of_it() -> None:
    connection = resolve_connection({"url": "https://al%40ice:p%3Ass@prometheus.example.com:9090/x"}, {})
    assert (connection.url, connection.username, connection.password) == (f"{PROD}:9090/x", "al@ice", "p:ss")


def test_no_representation_shows_a_secret() -> None:
    environ = {
        "SLO_PROMETHEUS_URL": f"https://alice:{'hunter2'}@prometheus.example.com",
        "SLO_PROMETHEUS_HEADERS": "Cookie: sesame",
        "SLO_PROMETHEUS_PROXY": "http://bob:builder@proxy:3128",
    }
    secret = resolve_connection({}, environ)
    bearer = resolve_connection({}, {"SLO_PROMETHEUS_URL": PROD, "SLO_PROMETHEUS_BEARER_TOKEN": "t0ken"})
    shown = f"{secret} {secret!r} {bearer} {bearer!r}"
    assert PROD in shown
    assert not [word for word in ("hunter2", "sesame", "builder", "t0ken") if word in shown]


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"BEARER_TOKEN": "a", "USERNAME": "b"}, "a bearer token and a user name exclude each other"),
        (
            {"BEARER_TOKEN": "a", "BEARER_TOKEN_FILE": "b"},
            "SLO_PROMETHEUS_BEARER_TOKEN and SLO_PROMETHEUS_BEARER_TOKEN_FILE exclude each other",
        ),
        ({"USERNAME": "a", "PASSWORD": "b", "PASSWORD_FILE": "c"}, "exclude each other"),
        ({"USERNAME": "a"}, "no password: set SLO_PROMETHEUS_PASSWORD_FILE"),
        ({"PASSWORD": "a"}, "no user name: set SLO_PROMETHEUS_USERNAME"),
        ({"CLIENT_KEY": "a"}, "no client certificate: set SLO_PROMETHEUS_CLIENT_CERT"),
        ({"BEARER_TOKEN": "a", "HEADERS": "authorization: b"}, "the header Authorization"),
        ({"TIMEOUT": "soon"}, "SLO_PROMETHEUS_TIMEOUT: this is no length of time"),
        ({"TIMEOUT": "0"}, "SLO_PROMETHEUS_TIMEOUT: this is no length of time from 0.1 to 3600 seconds"),
        ({"TIMEOUT": "1e12"}, "SLO_PROMETHEUS_TIMEOUT: this is no length of time from 0.1 to 3600 seconds"),
        ({"HEADERS": "no colon"}, "SLO_PROMETHEUS_HEADERS: this is no header"),
        ({"HEADERS": "X-A: ä"}, "the header X-A holds"),
        ({"PROXY": "socks5://proxy"}, "SLO_PROMETHEUS_PROXY: this is no address"),
    ],
)
def test_settings_that_are_wrong_or_contradict_each_other(environ: dict[str, str], told: str) -> None:
    variables = {f"SLO_PROMETHEUS_{name}": value for name, value in environ.items()}
    with pytest.raises(InputError, match=told):
        resolve_connection({"url": PROD}, variables)


@pytest.mark.parametrize(
    "url",
    [
        "localhost:9090",
        "prometheus",
        "ftp://host",
        "http://",
        "http://host:port",
        "http://host:99999",
        "http://[::1",
    ],
)
def test_what_is_no_address_is_told_with_one_that_is(url: str) -> None:
    with pytest.raises(
        InputError, match="--prometheus: this is no address of a server: write for example http"
    ):
        resolve_connection({"url": url}, {})


@pytest.mark.parametrize("url", ["http://a b/", "http://host/\x1b[2J"])
def test_an_address_with_invisible_characters(url: str) -> None:
    with pytest.raises(InputError, match="a space or a control character"):
        resolve_connection({"url": url}, {})


@pytest.mark.parametrize("url", [f"{PROD}/graph?token=sesame", f"{PROD}/#sesame", "ftp://alice:sesame@host"])
def test_a_wrong_address_is_told_without_its_secrets(url: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve_connection({"url": url}, {})
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("setting", ["url", "proxy"])
@pytest.mark.parametrize("address", ["http://alice:12/sesame@host", "https://host/sesame@team/prometheus"])
def test_an_at_sign_in_a_path_is_told_without_what_may_be_a_password(setting: str, address: str) -> None:
    with pytest.raises(InputError, match="@ behind its first slash: write %40 in a path, and %2F") as caught:
        resolve_connection({"url": LOCAL, setting: address}, {})
    assert "sesame" not in str(caught.value)
    assert "12" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        (LOCAL, {"HTTP_PROXY": "http://a:1"}, "http://a:1"),
        (LOCAL, {"HTTP_PROXY": "http://a:1", "http_proxy": "b:2"}, "http://b:2"),
        (PROD, {"HTTP_PROXY": "http://a:1"}, ""),
        (PROD, {"https_proxy": "http://a:1"}, "http://a:1"),
        (PROD, {"ALL_PROXY": "http://a:1"}, "http://a:1"),
        (PROD, {"HTTPS_PROXY": "http://a:1", "NO_PROXY": "example.org, .example.com"}, ""),
        (PROD, {"HTTPS_PROXY": "http://a:1", "NO_PROXY": "ample.com"}, "http://a:1"),
        (PROD, {"HTTPS_PROXY": "http://a:1", "NO_PROXY": "*"}, ""),
        (PROD, {"HTTPS_PROXY": "http://a:1", "NO_PROXY": "*.example.com"}, ""),
        ("http://10.1.2.3:9090", {"HTTP_PROXY": "http://a:1", "NO_PROXY": "10.0.0.0/8"}, ""),
        ("http://10.1.2.3:9090", {"HTTP_PROXY": "http://a:1", "NO_PROXY": "10.1.2.3:80"}, "http://a:1"),
        (LOCAL, {"HTTP_PROXY": "http://a:1", "NO_PROXY": "localhost:9090"}, ""),
        (PROD, {"HTTPS_PROXY": "http://a:1", "NO_PROXY": "prometheus.example.com:443"}, ""),
        *(
            (SIX, {"HTTP_PROXY": "http://a:1", "NO_PROXY": entry}, expected)
            for entry, expected in (
                ("fd00::1:2", ""),
                ("[fd00::1:2]", ""),
                ("[FD00:0::1:2]:9090", ""),
                ("fd00::/8", ""),
                ("[fd00::]/8", ""),
                ("10.0.0.1, fd00::1:2", ""),
                ("[fd00::1:2]:80", "http://a:1"),
                ("fd00::1", "http://a:1"),
                ("fe80::/10", "http://a:1"),
                ("10.0.0.0/8", "http://a:1"),
            )
        ),
        (LOCAL, {"HTTP_PROXY": "http://a:1", "SLO_PROMETHEUS_PROXY": "http://b:2"}, "http://b:2"),
    ],
)
def test_the_usual_proxy_variables_hold(url: str, environ: dict[str, str], expected: str) -> None:
    assert resolve_connection({"url": url}, environ).proxy == expected


def test_a_wrong_usual_proxy_variable_is_named() -> None:
    with pytest.raises(InputError, match="HTTP_PROXY, HTTPS_PROXY or ALL_PROXY: this is no address"):
        resolve_connection({"url": LOCAL}, {"ALL_PROXY": "socks5://a:1"})
