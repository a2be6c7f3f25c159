"""A parameter store for each test, and the programs of ``deploy/`` run as an operator or a booting machine would."""

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from dotenv import dotenv_values

from demo_service.security.api_keys import KeyScope, new_key
from tests.platform.secrets.parameter_store import PATH, ParameterStore, running_parameter_store
from tests.programs import program

OLD_FILE = "DB_PASSWORD='of the last boot'\n"
ROOT = Path(__file__).parents[3]
NAMES = json.loads((ROOT / "deploy/secrets/names.json").read_text())["parameters"]
REQUIRED = [parameter for parameter in NAMES if not parameter.get("optional")]
MADE = {parameter["name"] for parameter in NAMES if parameter["made"] != "given"}
GIVEN = {
    "pagerduty_routing_key": "R" * 32,
    "slack_webhook_url": "https://hooks.slack.example/services/T/B/x",
    "dead_mans_switch_url": "https://switch.example/x",
}


OBSERVED = ("aws", "jq", "perl", "sha256sum", "grep", "tail", "mktemp", "mv", "sync", "head", "tr", "od")


def every_value() -> dict[str, str]:
    """Good values for everything that must exist, new ones each time."""
    made = {name: secrets.token_urlsafe(30) for name in MADE}
    return GIVEN | made | {"api_key": new_key([KeyScope.DOCUMENTS_READ])[0]}


@pytest.fixture(scope="session")
def _server() -> Iterator[ParameterStore]:
    for needed in ("aws", "jq", "perl"):
        program(needed)
    with running_parameter_store() as store:
        yield store


@pytest.fixture
def store(_server: ParameterStore) -> Iterator[ParameterStore]:
    """An empty parameter store."""
    yield _server
    _server.empty()


@dataclass
class Result:
    """How a program ended."""

    code: int
    output: str
    complaint: str


@dataclass
class Programs:
    """Runs the programs against a store, and sees to it that none of them shows a value."""

    store: ParameterStore
    file: Path
    environment: dict[str, str] = field(default_factory=dict)

    def fetch(self, *options: str) -> Result:
        """``fetch-secrets`` with the path and the output that are wanted."""
        return self._run("boot/fetch-secrets", "--path", PATH, "--output", str(self.file), *options)

    def rotate(self, name: str, *options: str, given: str = "") -> Result:
        """``rotate`` of one parameter."""
        return self._run("secrets/rotate", name, "--path", PATH, *options, given=given)

    def variables(self) -> dict[str, str | None]:
        """The environment file as another parser than ours reads it."""
        return dotenv_values(self.file, interpolate=False)

    def started(self, *options: str) -> "subprocess.Popen[str]":
        """``fetch-secrets`` that goes on while the test does something else."""
        return subprocess.Popen(
            [ROOT / "deploy/boot/fetch-secrets", "--path", PATH, "--output", self.file, *options],
            env=self.store.environment(**self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def observe_commands(self, folder: Path, *more: str) -> Path:
        """From now on, write the arguments of every program that the scripts start into a file."""
        log, search = folder / "arguments", os.environ["PATH"]
        folder.mkdir()
        for name in (
            *["aws", "jq", "perl", "sha256sum", "grep", "tail", "mktemp", "mv", "sync", "head", "tr", "od"],
            *more,
        ):
            real = shutil.which(name)
            assert real is not None, f"{name} is not installed"
            observer = folder / name
            observer.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>{log}\nexec {real} "$@"\n')
            observer.chmod(0o755)
        self.environment |= {"PATH": f"{folder}:{search}"}
        return log

    def _run(self, program: str, *arguments: str, given: str = "") -> Result:
        ended = subprocess.run(
            [ROOT / "deploy" / program, *arguments],
            env=self.store.environment(**self.environment),
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Result(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def filled(programs: "Programs") -> "Programs":
    """The programs, with everything in the store and a file of an earlier boot."""
    programs.store.put(every_value())
    programs.file.write_text(OLD_FILE)
    return programs


@pytest.fixture
def programs(store: ParameterStore, tmp_path: Path) -> Programs:
    """The programs, with a folder that will hold the environment file."""
    (tmp_path / "etc").mkdir()
    return Programs(store, tmp_path / "etc" / ".env")
