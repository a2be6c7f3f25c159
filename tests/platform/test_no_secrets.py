"""No secret is in the repository, and the detector would find one."""

import base64
import secrets
import string
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from demo_service.security.api_keys import KeyScope, new_key
from deploy.secrets.find_secrets import committed_files, entropy, findings, main

ROOT = Path(__file__).parents[2]
_LETTERS_AND_DIGITS = string.ascii_letters + string.digits


def _random(length: int, alphabet: str = _LETTERS_AND_DIGITS) -> str:
    """Random text with a digit and letters of both cases, wherever chance would leave them out."""
    return "aB1" + "".join(secrets.choice(alphabet) for _ in range(length - 3))


def _base64(size: int) -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(size)).decode()


# Made when the test runs: the repository itself holds none.
PLANTED: dict[str, Callable[[], str]] = {
    "AWS access key": lambda: "AKIA" + "".join(secrets.choice("ABCDEFGH234567") for _ in range(16)),
    "private key": lambda: f"-----BEGIN {'EC '}PRIVATE KEY-----",
    "bcrypt hash": lambda: f"$2b$12${_random(53)}",
    "Slack webhook": lambda: f"https://hooks.slack.com/services/T{_random(9)}/B{_random(9)}/{_random(24)}",
    "GitHub token": lambda: f"ghp_{_random(36)}",
    "JSON web token": lambda: f"eyJ{_random(20)}.eyJ{_random(40)}.{_random(43)}",
    "API key of the service": lambda: new_key([KeyScope.DOCUMENTS_READ])[0],
    "password in a URL": lambda: f"postgresql://demo:{_random(20)}@db.example/demo",
}

ASSIGNMENTS = {
    "values.yaml": "  admin_password: {value}",
    "quoted.yaml": '  admin_password: "{value}"',
    ".env": "DB_PASSWORD={value}",
    "single-quoted.env": "DB_PASSWORD='{value}'",
    "main.tf": '  master_password = "{value}"',
    "guide.md": "Log in with `PGADMIN_PASSWORD={value}`.",
    "script.sh": "export MEILI_MASTER_KEY={value}",
    "settings.py": 'API_TOKEN = "{value}"',
    "test.py": 'monkeypatch.setenv("DEMO_S3_SECRET_ACCESS_KEY", "{value}")',
    "data.json": '{{"client_secret": "{value}"}}',
}


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_the_repository_holds_none(capsys: pytest.CaptureFixture[str]) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository: this is a copy of its files")
    assert len(committed_files()) > 100
    assert main([]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("kind", PLANTED)
@pytest.mark.parametrize("line", ["{}", "key: '{}'  # do not commit", "see <{}>."])
def test_a_planted_one_is_found_by_its_form(kind: str, line: str) -> None:
    assert kind in {finding.kind for finding in findings(line.format(PLANTED[kind]()), "notes.md")}


@pytest.mark.parametrize("file", ASSIGNMENTS)
@pytest.mark.parametrize(
    "make",
    [lambda: _random(12), lambda: _random(40), lambda: f"Winter{_random(6)}!", lambda: f"1a{_base64(32)}"],
)
def test_a_planted_one_is_found_by_its_name(file: str, make: Callable[[], str]) -> None:
    line = ASSIGNMENTS[file].format(value=make())
    assert [str(one) for one in findings(f"first\n{line}\nlast\n", file)] == [f"{file}:2: secret value"]


@pytest.mark.parametrize(
    "line",
    [
        "POSTGRES_PASSWORD: ${DB_PASSWORD:?}",
        "DB_PASSWORD=",
        "DB_PASSWORD='<the value of the store>'",
        "password = secrets.token_urlsafe(32)",
        'SECRETS = {"S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"}',
        "routing_key_file: /run/alertmanager/pagerduty_routing_key",
        "rotate db_password --path /slo-demo/production",
        "tests.platform.secrets.test_boot.test_what_was_made_is_told_stored_encrypted_and_found_again",
        "postgresql://user@host/name",
        "http://127.0.0.1:8080/@x",
        "    --hash=sha256:" + "0123456789abcdef" * 4,
    ],
)
def test_what_is_no_secret_is_left_alone(line: str) -> None:
    assert list(findings(line, "notes.md")) == []


def test_a_finding_never_shows_the_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, value = tmp_path / "values.yaml", _random(24)
    file.write_text(f"harmless: yes\npassword: {value}\n")
    assert main([str(file)]) == 1
    printed = capsys.readouterr()
    assert printed.out == f"{file}:2: secret value\n"
    assert value not in printed.err


def test_a_file_that_cannot_be_read_is_no_clean_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "gone")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_it_runs_as_a_command_of_a_git_hook() -> None:
    called = subprocess.run(
        [sys.executable, "-m", "deploy.secrets.find_secrets", "README.md"], capture_output=True, check=False
    )
    assert (called.returncode, called.stdout, called.stderr) == (0, b"", b"")


def test_entropy_is_in_bits_for_each_character() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2
    assert entropy("aabb") == 1
