"""A real Prometheus for a test: own port, own folder, always ended."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.programs import program

# One head block holds every history: timestamps of long ago are accepted in order for each series,
# whatever was written for other series before, and nothing is compacted while a test reads.
HEAD_SPAN = "160d"
START_ATTEMPTS = 3
READY_POLL_SECONDS = 0.02
READY_POLLS = 1500

CONFIG = """\
global:
  scrape_interval: 30s
  evaluation_interval: 30s
"""


class StartFailedError(Exception):
    """The server ended before it was ready; the message holds its log."""


def prometheus_binary() -> str:
    return program("prometheus")


def promtool_binary() -> str:
    return program("promtool")


@contextmanager
def running_prometheus(query_timeout: str = "10m") -> Iterator[str]:
    """The base address of a Prometheus that lives exactly as long as the block."""
    binary = prometheus_binary()
    with tempfile.TemporaryDirectory(prefix="slo-live-") as folder:
        process, address = _start(binary, Path(folder), query_timeout)
        try:
            yield address
        finally:
            end(process)


def _start(binary: str, folder: Path, query_timeout: str) -> tuple[subprocess.Popen[bytes], str]:
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            return _start_once(binary, folder, query_timeout)
        except StartFailedError as failure:
            # Between choosing a free port and listening on it another process may take it.
            if "address already in use" not in str(failure) or attempt == START_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _start_once(binary: str, folder: Path, query_timeout: str) -> tuple[subprocess.Popen[bytes], str]:
    config, log = folder / "prometheus.yml", folder / "log"
    config.write_text(CONFIG)
    host = f"127.0.0.1:{free_port()}"
    command = [
        binary,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=10y",
        f"--storage.tsdb.min-block-duration={HEAD_SPAN}",
        f"--storage.tsdb.max-block-duration={HEAD_SPAN}",
        f"--web.listen-address={host}",
        "--web.enable-remote-write-receiver",
        "--query.max-samples=500000000",
        f"--query.timeout={query_timeout}",
        "--log.level=warn",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    address = f"http://{host}"
    try:
        await_ready(process, address, log)
    except BaseException:
        end(process)
        raise
    return process, address


def await_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Wait for a server that tells at /-/ready whether it is; raises StartFailedError."""
    for _ in range(READY_POLLS):
        try:
            # Waiting for the end of the process is the pause: a dead one is noticed at once,
            # and nobody else who answers on the port is taken for it.
            code = process.wait(timeout=READY_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if _is_ready(address):
                return
        else:
            raise StartFailedError(f"the server ended with code {code}:\n{log.read_text(errors='replace')}")
    raise StartFailedError(f"the server is not ready at {address}:\n{log.read_text(errors='replace')}")


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process of the test's own at once."""
    if process.poll() is None:
        # Nothing in the folder is needed afterwards, so it need not write its head down.
        process.kill()
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
