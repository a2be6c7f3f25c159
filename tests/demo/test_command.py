"""`make demo`'s live part as a command: one at a time, and nothing is left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.interrupts import interruptible

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "deploy.live", "--folder", str(folder), *arguments]


def ran(
    folder: Path, *arguments: str, path: str = os.environ["PATH"], cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """A demo that ends by itself."""
    return subprocess.run(
        command(folder, *arguments),
        cwd=cwd,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        text=True,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A demo in a session of its own, as a terminal would run it."""
    process = subprocess.Popen(
        command(folder, *arguments),
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=interruptible,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    read = ""
    for line in process.stdout:
        read += line
        if text in line:
            return read
    pytest.fail(f"{text!r} never came:\n{read}")


def processes_of(folder: Path) -> list[str]:
    """The command lines of every process that names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                line += (entry / "environ").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(folder) in line:
                found.append(line)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "demo"
    with started(folder) as demo:
        read_until(demo, "answer")
        assert len(processes_of(folder)) >= 4, "the demo, the service, Prometheus and Alertmanager"
        demo.send_signal(number)
        out, _ = demo.communicate(timeout=PATIENCE_SECONDS)
    assert demo.returncode == 130
    assert "nothing runs any more" in out
    assert "Traceback" not in out
    assert processes_of(folder) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_even_a_killed_demo_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with started(folder) as demo:
        read_until(demo, "answer")
        demo.kill()
        demo.communicate(timeout=PATIENCE_SECONDS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(folder) == []


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        ("0.5", "time is up: the past alone takes longer"),
        ("15", "time is up: the rest of the story is left out"),
    ],
)
def test_a_bound_ends_it_wherever_it_is(tmp_path: Path, seconds: str, told: str) -> None:
    folder, elsewhere = tmp_path / "demo", tmp_path / "elsewhere"
    elsewhere.mkdir()
    specs = str(ROOT / "slos")
    done = ran(folder, "--seconds", seconds, "--days", "0.1", "--specs", specs, cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert told in done.stdout
    assert processes_of(folder) == []
    assert list(elsewhere.iterdir()) == []


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with started(folder) as first:
        read_until(first, "comes up")
        second = ran(folder)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=PATIENCE_SECONDS)
    assert second.returncode == 3
    assert f"another demo runs in {folder}" in second.stderr


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    done = ran(tmp_path / "demo", path=str(tmp_path))
    assert done.returncode == 3
    assert "is not on PATH; `make setup` brings it" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_spec_is_told_as_slo_compile_tells_it(tmp_path: Path) -> None:
    specs = tmp_path / "slos"
    specs.mkdir()
    (specs / "wrong.yaml").write_text("version: prometheus/v1\nservice: shop\nslos: 3\n")
    done = ran(tmp_path / "demo", "--specs", str(specs))
    assert done.returncode == 3
    assert "wrong.yaml:3:7" in done.stderr


@pytest.mark.parametrize("seconds", ["0", "-1", "many", "nan"])
def test_a_bound_that_is_none_is_refused(tmp_path: Path, seconds: str) -> None:
    done = ran(tmp_path / "demo", f"--seconds={seconds}")
    assert done.returncode == 2
    assert "seconds" in done.stderr
