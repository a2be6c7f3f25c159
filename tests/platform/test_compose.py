"""compose.yaml: sound, hardened, pinned, and without a secret."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.platform.composition import (
    COMPOSE,
    SINGLE_SIGN_ON,
    TLS,
    composition,
    example_variables,
    networks,
    services,
    used_variables,
)
from tests.platform.running import DEPLOY, REPOSITORY
from tests.programs import program

EVERY_SERVICE = pytest.mark.parametrize("name", services())
SECRET = re.compile(r"PASSWORD|SECRET|KEY|HASH|WEBHOOK|SWITCH_URL")
# May be absent: an instance's role stands in for the keys, and a drill for nobody.
OPTIONAL_SECRETS = {"S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "DRILL_WEBHOOK_URL"}


def compose(*arguments: str | Path, environment: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("docker-compose"), "--env-file", environment, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(environment.parent)},
    )


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """The example with something for everything that it leaves open."""
    file = tmp_path / "environment"
    file.write_text("".join(f"{name}={value or 'x'}\n" for name, value in example_variables().items()))
    return file


@pytest.mark.parametrize("more", [(), (SINGLE_SIGN_ON,), (TLS,), (SINGLE_SIGN_ON, TLS)], ids=str)
def test_compose_understands_it(filled: Path, more: tuple[Path, ...]) -> None:
    files = [part for file in (COMPOSE, *more) for part in ("--file", file)]
    done = compose(*files, "--profile", "*", "config", "--quiet", environment=filled)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", [COMPOSE, SINGLE_SIGN_ON], ids=lambda file: file.name)
def test_it_keeps_to_the_specification(file: Path) -> None:
    command = [program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_without_secrets_nothing_starts_and_all_that_lack_are_named(tmp_path: Path) -> None:
    (tmp_path / "environment").write_text("")
    done = compose("--file", COMPOSE, "config", "--quiet", environment=tmp_path / "environment")
    assert done.returncode != 0
    asked = {name for name, mark in used_variables(COMPOSE).items() if mark == ":?"}
    assert set(re.findall(r"required variable (\w+) is missing", done.stderr)) == asked


def test_every_secret_is_asked_for() -> None:
    secrets = {n: m for n, m in used_variables(COMPOSE, SINGLE_SIGN_ON).items() if SECRET.search(n)}
    assert {name for name, mark in secrets.items() if mark != ":?"} == OPTIONAL_SECRETS


def test_the_example_lists_every_variable_and_holds_no_secret() -> None:
    example = example_variables()
    assert set(example) == set(used_variables(COMPOSE, SINGLE_SIGN_ON, TLS))
    asked = {name for name, mark in used_variables(COMPOSE, SINGLE_SIGN_ON).items() if mark == ":?"}
    assert {name for name, value in example.items() if value == ""} >= asked


def test_what_may_be_left_out_has_the_value_of_the_example() -> None:
    for name, default in re.findall(r"\$\{([A-Z0-9_]+):-([^}]+)\}", COMPOSE.read_text()):
        assert default == example_variables()[name], name


@EVERY_SERVICE
def test_images_are_pinned(name: str) -> None:
    tag = services()[name]["image"].rpartition(":")[2]
    assert re.match(r"v?\d+\.\d+", tag), tag


@pytest.mark.parametrize("file", ["Dockerfile", "caddy/Dockerfile"])
def test_the_images_that_are_built_are_pinned_and_clean(file: str) -> None:
    text = (DEPLOY / file).read_text()
    for base in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
        assert re.search(r":\d+\.\d+", base), base
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE), "a number, so that nobody has to look it up"
    done = subprocess.run(
        [program("hadolint"), DEPLOY / file], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_services_image_has_the_versions_of_the_tests() -> None:
    def versions(file: Path) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9._-]+(?:\[[a-z,]+\])?)==(\S+)", file.read_text(), re.MULTILINE))

    image, all_packages = versions(DEPLOY / "requirements.lock"), versions(REPOSITORY / "requirements.lock")
    assert image.items() <= all_packages.items()
    assert {"fastapi", "psycopg", "boto3", "opentelemetry-sdk"} <= set(image)
    assert not {"pytest", "mypy", "promql-parser"} & set(image)


@EVERY_SERVICE
def test_containers_are_hardened(name: str) -> None:
    service = services()[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True or name == "pgadmin"
    assert not service.get("privileged")
    assert "docker.sock" not in str(service)
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["restart"] == "unless-stopped"


@EVERY_SERVICE
def test_health_is_asked_for_where_a_container_can_ask(name: str) -> None:
    built = {"edge", "service"}  # their Dockerfiles have it
    nothing_to_ask_with = {"collector", "tempo", "oauth2-proxy"}
    assert ("healthcheck" in services()[name]) != (name in built | nothing_to_ask_with)


@EVERY_SERVICE
def test_who_waits_for_a_part_waits_until_it_works(name: str) -> None:
    healthy = {part for part, service in services().items() if "healthcheck" in service} | {"service"}
    for part, condition in services()[name].get("depends_on", {}).items():
        expected = "service_healthy" if part in healthy else "service_started"
        assert condition["condition"] == expected


def test_only_the_edge_is_published() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert published.pop("edge") == ["${EDGE_PORT:-8080}:8080"]
    assert [port for ports in published.values() for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_database_is_out_of_the_edges_reach() -> None:
    parts = services()
    assert networks(parts["postgres"]) == {"storage"}
    assert not networks(parts["edge"]) & {"storage", "logs"}
    for name in ("edge", "storage", "metrics"):
        assert composition()["networks"][name]["internal"] is True


def test_no_way_to_the_internet_without_need() -> None:
    outside = {name for name, service in services().items() if "outside" in networks(service)}
    assert outside == {"edge", "alertmanager", "oauth2-proxy"}


def test_the_edges_address_is_the_one_that_the_service_believes() -> None:
    parts: dict[str, Any] = services()
    address = parts["edge"]["networks"]["edge"]["ipv4_address"]
    assert parts["service"]["environment"]["DEMO_TRUSTED_PROXIES"] == address
    assert parts["oauth2-proxy"]["environment"]["OAUTH2_PROXY_TRUSTED_PROXY_IPS"] == address


def test_alertmanagers_secrets_are_files_in_memory(tmp_path: Path) -> None:
    """The entrypoint, with its folder and its program replaced by the test's own."""
    script = (DEPLOY / "alertmanager" / "start.sh").read_text()
    (tmp_path / "alertmanager").write_text('#!/bin/sh\nenv >"$(dirname "$0")/environment"; echo "$@"\n')
    (tmp_path / "alertmanager").chmod(0o700)
    script = script.replace("/run/alertmanager", str(tmp_path)).replace(
        "/bin/alertmanager", f"{tmp_path}/alertmanager"
    )
    needed = ("PAGERDUTY_ROUTING_KEY", "SLACK_WEBHOOK_URL", "DEAD_MANS_SWITCH_URL", "DRILL_WEBHOOK_URL")
    given = {name: f"value of {name}" for name in needed}
    command = ["sh", "-c", script, "start.sh", "--an-option"]
    environment = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment | given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "--an-option"
    for name, value in given.items():
        file = tmp_path / name.lower()
        assert file.read_text() == value
        assert file.stat().st_mode & 0o777 == 0o600
        assert value not in (tmp_path / "environment").read_text()
    assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode != 0
