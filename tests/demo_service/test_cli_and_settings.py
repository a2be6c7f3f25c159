"""The command line and the settings."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from demo_service import cli
from demo_service.security.api_keys import KeyRing, KeyScope
from demo_service.settings import Settings
from tests.demo_service.application import API_KEY, KEY_LINE


def test_a_new_key_is_shown_once_with_the_line_to_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["keys", "new", "--scopes", "contact:write,documents:read"]) == 0
    shown = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    presented, line = (value.strip() for value in shown.values())
    key = KeyRing.parse(line).authenticate(presented)
    assert key is not None
    assert key.scopes == {KeyScope.CONTACT_WRITE, KeyScope.DOCUMENTS_READ}


def test_an_unknown_scope_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["keys", "new", "--scopes", "everything"])
    assert ended.value.code == 2
    assert "documents:write" in capsys.readouterr().err


@pytest.mark.usefixtures("start_application")  # it puts logging back
def test_a_wrong_setting_is_named_and_its_value_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEMO_API_KEYS", API_KEY)
    password = "hunter2" * 2
    monkeypatch.setenv("DEMO_DATABASE_URL", f"mysql://user:{password}@host/db")
    monkeypatch.setenv("DEMO_PORT", "eighty")
    assert cli.main([]) == 2
    printed = capsys.readouterr().out
    assert len([json.loads(line) for line in printed.splitlines()]) == 3
    assert API_KEY.split(".")[1] not in printed
    assert "hunter2" not in printed
    assert "sqlite:// or postgresql://" in printed


def test_secrets_come_from_files_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo_api_keys").write_text(KEY_LINE + "\n")
    (tmp_path / "db_password").write_text("from a file\n")
    (tmp_path / "demo_s3_region").write_text("from a file")
    monkeypatch.setenv("DEMO_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("DEMO_S3_REGION", "from the environment")
    settings = Settings.load()
    assert len(settings.key_ring()) == 1
    assert settings.database_password is not None
    assert settings.database_password.get_secret_value() == "from a file"
    assert settings.s3_region == "from the environment"


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DEMO_S3_ENDPOINT_URL", "DEMO_S3_ACCESS_KEY_ID", "DEMO_OTLP_ENDPOINT", "DEMO_PORT"):
        monkeypatch.setenv(variable, "")
    settings = Settings.load()
    assert (settings.s3_endpoint_url, settings.s3_access_key_id, settings.otlp_endpoint) == (None, None, None)
    assert settings.port == 8000


@pytest.mark.parametrize("variable", ["DEMO_API_KEYS", "PUBLIC_API_KEY", "API_KEY"])
def test_keys_are_found_under_the_names_that_operators_use(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, KEY_LINE)
    assert len(Settings.load().key_ring()) == 1


@pytest.mark.parametrize("variable", ["DEMO_SEARCH_KEY", "MEILI_KEY"])
def test_the_search_key_is_found_under_the_name_that_operators_use(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "a key")
    found = Settings.load().search_key
    assert found is not None
    assert found.get_secret_value() == "a key"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("cors_origins", "*"),
        ("cors_origins", "https://app.example.com/"),
        ("cors_origins", "null"),
        ("key_rate", "many"),
        ("blob_url", "ftp://host/x"),
        ("s3_access_key_id", "alone"),
        ("search_url", "ftp://host:7700"),
        ("search_url", "http://"),
        ("search_url", "http://host:many"),
        ("search_url", "http://:key@host:7700"),
        ("search_url", "http://host:7700/indexes"),
        ("search_url", "http://host:7700?key=x"),
        ("port", 65536),
    ],
)
def test_wrong_values_are_refused(setting: str, value: object) -> None:
    settings: dict[str, Any] = {setting: value}
    with pytest.raises(ValidationError):
        Settings(**settings)


def test_secrets_are_known_for_redaction_and_not_shown() -> None:
    quoted = "pass%2Fword"
    secrets: dict[str, Any] = {
        "database_url": f"postgresql://user:{quoted}@host/db",
        "database_password": "another",
        "search_key": "a third",
    }
    settings = Settings(**secrets)
    assert {quoted, "pass/word", "another", "a third"} <= settings.secret_values()
    assert "pass" not in repr(settings).replace("database_password", "")
