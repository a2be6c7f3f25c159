"""The config file: what is wrong in it is told all at once, each with its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slo_toolkit.errors import InputError, InvalidSpec
from slo_toolkit.query import resolve_connection


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def problems(file: Path, text: str) -> list[str]:
    file.write_text(text)
    with pytest.raises(InvalidSpec) as caught:
        resolve_connection({}, {}, file)
    return [f"{p.position.line}:{p.position.column} {p.message}|{p.hint}" for p in caught.value.problems]


def test_every_problem_has_a_place_and_a_way_out(file: Path) -> None:
    text = """\
current-context: stage
context: {}
contexts:
  prod:
    url: prometheus.example.com
    user: alice
    timeout: soon
    headers: {"X A": b, X-B: [1]}
    bearer_token: [a]
    url: http://twice
  local: http://localhost
"""
    assert problems(file, text) == [
        "1:18 no context is called 'stage'|known here: prod, local",
        "2:1 the config file has no key `context`|did you mean `contexts`?",
        "5:10 `url`: this is no address of a server: write for example http://localhost:9090|",
        "6:5 a context has no key `user`|did you mean `username`?",
        "7:14 `timeout`: this is no length of time from 0.1 to 3600 seconds: write for example 30s|",
        "8:15 this is no header: write for example X-Scope-OrgID: team-a|",
        "8:30 `X-B` is text|",
        "9:19 `bearer_token` is text|",
        "10:5 the key `url` stands here twice|",
        "11:10 a context is a mapping|",
    ]


def test_no_problem_shows_a_line_since_that_could_hold_a_secret(file: Path) -> None:
    file.write_text("contexts:\n  prod: {url: nowhere, password: hunter2, timeout: soon}\n")
    with pytest.raises(InvalidSpec) as caught:
        resolve_connection({}, {}, file)
    assert caught.value.problems
    assert not [p for p in caught.value.problems if "hunter2" in p.snippet + p.message + p.hint]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("contexts: [", "no YAML"),
        ("\tcontexts: {}", "no YAML"),
        ("- a", "1:1 the config file is a mapping"),
        ("{[a]: b}", "1:2 a key must be text"),
        ("contexts:\n  a: &a {headers: *a}", "`headers` is text"),
        ("[" * 10_000, "no YAML"),
    ],
)
def test_what_is_no_config_at_all(file: Path, text: str, told: str) -> None:
    (problem,) = problems(file, text)
    assert told in problem


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "contexts:\n", "contexts:\n  prod:\n", "current-context:\n"]
)
def test_an_empty_config_is_a_config(file: Path, text: str) -> None:
    file.write_text(text)
    assert resolve_connection({"url": "http://localhost"}, {}, file).url == "http://localhost"


def test_values_are_text_however_yaml_reads_them(file: Path) -> None:
    file.write_text(
        "current-context: 1.0\n"
        "contexts:\n"
        "  1.0: {url: http://localhost, username: yes, password: 010, headers: {X-Scope-OrgID: 1e3}}\n"
    )
    connection = resolve_connection({}, {}, file)
    assert (connection.username, connection.password) == ("yes", "010")
    assert connection.headers == {"X-Scope-OrgID": "1e3"}


def test_a_contradiction_in_a_context_names_it(file: Path) -> None:
    file.write_text(
        "current-context: prod\ncontexts: {prod: {url: http://a, bearer_token: b, bearer_token_file: c}}\n"
    )
    with pytest.raises(InputError, match="context 'prod': `bearer_token` and `bearer_token_file` exclude"):
        resolve_connection({}, {}, file)


def test_paths_are_relative_to_the_file_and_home_is_known(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/alice")
    file.write_text(
        "current-context: a\n"
        "contexts: {a: {url: https://a, ca_file: ca.pem, client_cert: ~/c.pem, client_key: /etc/k.pem}}\n"
    )
    connection = resolve_connection({}, {}, file)
    assert connection.ca_file == str(file.parent / "ca.pem")
    assert (connection.client_cert, connection.client_key) == ("/home/alice/c.pem", "/etc/k.pem")


@pytest.mark.parametrize(
    ("settings", "mode", "warned"),
    [
        ("username: u, password: p", 0o644, True),
        ("username: u, password: p", 0o640, True),
        ("username: u, password: p", 0o600, False),
        ("bearer_token: t", 0o644, True),
        ("headers: {X-Api-Key: k}", 0o644, True),
        ("proxy: 'http://u:p@proxy:1'", 0o644, True),
        ("bearer_token_file: t", 0o644, False),
        ("headers: {X-Scope-OrgID: k}", 0o644, False),
    ],
)
def test_secrets_that_others_can_read_are_warned_of(
    file: Path, settings: str, mode: int, warned: bool
) -> None:
    file.write_text(f"current-context: a\ncontexts: {{a: {{url: http://a, {settings}}}}}\n")
    file.chmod(mode)
    warnings = resolve_connection({}, {}, file).warnings
    expected = f"{file} holds secrets and others can read it: chmod 600 {file}"
    assert warnings == ((expected,) if warned else ())


def test_a_file_that_is_no_config_by_its_size(file: Path) -> None:
    file.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(InputError, match="larger than 1 MB"):
        resolve_connection({}, {}, file)


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        resolve_connection({}, {}, tmp_path)


def test_a_pipe_is_read_as_a_shell_gives_it(tmp_path: Path) -> None:
    """As in `--config <(decrypt config.yaml)`."""
    here, there = os.pipe()
    with os.fdopen(here), os.fdopen(there, "w") as writer:
        writer.write("current-context: a\ncontexts: {a: {url: 'http://a'}}\n")
        writer.close()
        assert resolve_connection({}, {}, f"/dev/fd/{here}").url == "http://a"


def test_a_pipe_that_nobody_writes_into_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slo_toolkit.query.files.PIPE_SECONDS", 0.05)
    os.mkfifo(tmp_path / "config.yaml")
    with pytest.raises(InputError, match="cannot be read: it is a pipe, and nothing came through it within"):
        resolve_connection({}, {}, tmp_path / "config.yaml")
