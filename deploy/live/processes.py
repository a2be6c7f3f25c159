"""Child processes: each with a log of its own, watched until it answers, and always ended."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 30
_LOG_LINES_SHOWN = 15
_PR_SET_PDEATHSIG = 1


class NotStartedError(Exception):
    """A part of the stack did not come up; the message names it and ends with the last lines of its log."""


def program(*names: str, package: str) -> str:
    """The path of the first of these programs that PATH has.

    Raises:
        NotStartedError: None is there; the message names the Debian package that brings it.
    """
    for name in names:
        if found := shutil.which(name):
            return found
    raise NotStartedError(
        f"{names[0]} is not on PATH; `make setup` brings it, as does Debian's package {package}"
    )


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Child:
    """A running process whose output goes to a file."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output:
            # A session of its own: Ctrl-C reaches this program alone, which then ends its children in order.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def await_answer(self, url: str) -> None:
        """Wait until `url` answers 200.

        Raises:
            NotStartedError: The process ended, or did not answer in time.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            self.check()
            if _answers(url):
                return
            time.sleep(_POLL_SECONDS)
        raise NotStartedError(self._complaint("does not answer"))

    def check(self) -> None:
        """Raise `NotStartedError` when the process has ended."""
        code = self._process.poll()
        if code is not None:
            raise NotStartedError(self._complaint(f"ended with code {code}"))

    def end(self) -> None:
        """Ask the process to end, and insist after a while."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()

    def _complaint(self, what: str) -> str:
        last = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
        return "\n".join([f"{self.name} {what}; the end of {self.log}:", *last])


@contextmanager
def running(
    name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """A child that lives as long as the block."""
    child = Child(name, command, log, environment)
    try:
        yield child
    finally:
        child.end()


def _die_with_parent() -> None:
    """Have Linux end this child when the demo is killed without a chance to do so; elsewhere there is no such thing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
