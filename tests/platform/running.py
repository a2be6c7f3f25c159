"""A real program for a test: its own ports and folder, its output at hand, always ended."""

import os
import queue
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

import httpx2
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOY = REPOSITORY / "deploy"

T = TypeVar("T")

_PATIENCE_SECONDS = 30
_POLL_SECONDS = 0.02


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


class Program:
    """A running process and its output, line by line, standard error included."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> None:
        self.lines: list[str] = []
        self._arrived: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @classmethod
    @contextmanager
    def start(
        cls, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
    ) -> Iterator[Self]:
        """A process that ends with the block."""
        running = cls(command, environment or {}, folder)
        try:
            yield running
        finally:
            running.stop()

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.wait()

    def wait(self) -> int:
        """Its exit code, once it has ended of its own accord."""
        code = self.process.wait(timeout=_PATIENCE_SECONDS)
        self._reader.join(timeout=_PATIENCE_SECONDS)
        assert self.process.stdout is not None, "asked for with PIPE"
        self.process.stdout.close()
        return code

    def wait_for_line(self, wanted: Callable[[str], bool]) -> str:
        """The next line that is wanted. Fails when the process ends or is silent for too long."""
        while True:
            try:
                line = self._arrived.get(timeout=_PATIENCE_SECONDS)
            except queue.Empty:
                pytest.fail("the line never came:\n" + self.output())
            assert line is not None, "the process ended:\n" + self.output()
            if wanted(line):
                return line

    def wait_until_ready(self, address: str) -> None:
        """Wait until a request of ``address`` succeeds."""
        for _ in range(int(_PATIENCE_SECONDS / _POLL_SECONDS)):
            assert self.process.poll() is None, "the process ended:\n" + self.output()
            try:
                if httpx2.get(address, timeout=5).is_success:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(_POLL_SECONDS)
        pytest.fail(f"{address} is never ready:\n" + self.output())

    def output(self) -> str:
        """Everything it wrote so far."""
        return "".join(self.lines)

    def _read(self) -> None:
        assert self.process.stdout is not None, "asked for with PIPE"
        for line in self.process.stdout:
            self.lines.append(line)
            self._arrived.put(line)
        self._arrived.put(None)


def eventually(ask: Callable[[], T | None], *, within: float = _PATIENCE_SECONDS) -> T:
    """The first answer of ``ask`` that is not None or empty."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(_POLL_SECONDS)
    return answer
