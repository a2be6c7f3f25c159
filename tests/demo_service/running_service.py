"""``python -m demo_service`` as a child process on ports of the system's choice."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx2

from tests.demo_service.application import KEY_LINE, WITH_KEY

_PATIENCE_SECONDS = 20


class RunningService:
    """The process, its addresses, and its log as it comes."""

    def __init__(self, data_dir: Path, environment: dict[str, str]) -> None:
        self.log_lines: list[str] = []
        self._arrived: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "demo_service"],
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("DEMO_")},
                "DEMO_PORT": "0",
                "DEMO_METRICS_PORT": "0",
                "DEMO_DATA_DIR": str(data_dir),
                "DEMO_API_KEYS": KEY_LINE,
                "DEMO_KEY_RATE": "1000000/minute",
                "DEMO_ADDRESS_RATE": "1000000/minute",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        listening = self.wait_for_log("listening")
        self.base_url = f"http://127.0.0.1:{listening['port']}"
        self.metrics_url = f"http://127.0.0.1:{listening['metrics_port']}/metrics"
        self.client = httpx2.Client(base_url=self.base_url, headers=WITH_KEY, timeout=_PATIENCE_SECONDS)

    @classmethod
    @contextmanager
    def start(cls, data_dir: Path, **environment: str) -> Iterator[Self]:
        """A service that ends with the block."""
        running = cls(data_dir, environment)
        try:
            yield running
        finally:
            running.client.close()
            running.stop()

    def wait_for_log(self, event: str) -> dict[str, Any]:
        """The next log record with this event. Fails when the process ends or is silent for too long."""
        while True:
            line = self._arrived.get(timeout=_PATIENCE_SECONDS)
            assert line is not None, "the service ended:\n" + "".join(self.log_lines)
            record: dict[str, Any] = json.loads(line)
            if record["event"] == event:
                return record

    def failing_parts(self) -> list[str]:
        """What readiness names as failing."""
        failing: list[str] = self.client.get("/readyz").json()["failing"]
        return failing

    def metrics(self) -> str:
        """The exposition as text."""
        return httpx2.get(self.metrics_url, timeout=_PATIENCE_SECONDS).text

    def kill(self) -> None:
        """End the process as a crash would."""
        self.process.kill()
        self._collect()

    def stop(self) -> int:
        """Ask the process to end, and return its exit code."""
        self.process.terminate()
        return self._collect()

    def _collect(self) -> int:
        code = self.process.wait(timeout=_PATIENCE_SECONDS)
        self._reader.join(timeout=_PATIENCE_SECONDS)
        assert self.process.stdout is not None, "asked for with PIPE"
        self.process.stdout.close()
        return code

    def _read_log(self) -> None:
        assert self.process.stdout is not None, "asked for with PIPE"
        for line in self.process.stdout:
            self.log_lines.append(line)
            self._arrived.put(line)
        self._arrived.put(None)


def eventually(condition: Callable[[], bool]) -> bool:
    """Ask until it holds, with a short pause between questions."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
