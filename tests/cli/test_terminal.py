"""What only a terminal sees: colours and progress."""

from __future__ import annotations

import io
import os
import pty
import subprocess
from collections.abc import Iterator

import pytest

from slo_toolkit.cli import progress
from slo_toolkit.cli.progress import Progress
from tests.cli.project import COMMAND, Project, clean_environment

ESCAPE = "\x1b["


def on_terminal(project: Project, *arguments: str, **environment: str) -> str:
    """Everything that the command shows on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=project.folder,
        env=clean_environment() | {"TERM": "xterm"} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b"".join(_read(ours))
    process.wait()
    os.close(ours)
    return shown.decode()


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux: every process at the other end is gone
            return
        if not chunk:
            return
        yield chunk


@pytest.fixture
def wrong(project: Project) -> Project:
    project.write("slos/shop.yaml", project.spec("shop", objective="100"))
    return project


def test_problems_have_colours_on_a_terminal(wrong: Project) -> None:
    assert ESCAPE in on_terminal(wrong, "validate")


def test_a_diff_has_colours_on_a_terminal(project: Project) -> None:
    assert ESCAPE in on_terminal(project, "compile", "--check")


@pytest.mark.parametrize("call", [["validate"], ["compile"], ["compile", "--check"]])
def test_no_color_turns_them_off(wrong: Project, call: list[str]) -> None:
    assert ESCAPE not in on_terminal(wrong, *call, NO_COLOR="1")


@pytest.mark.parametrize("call", [["validate"], ["compile"], ["compile", "--check"]])
def test_a_pipe_gets_none(wrong: Project, call: list[str]) -> None:
    result = wrong.slo(*call)

    assert ESCAPE not in result.stdout + result.stderr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that goes on by a step whenever somebody looks at it."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self.step = step

    def monotonic(self) -> float:
        self.now += self.step
        return self.now


def watched(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, step: float) -> str:
    """What stands on standard error after four items that took `step` seconds each."""
    with monkeypatch.context() as patched:
        patched.setattr("sys.stderr", stderr)
        patched.setattr(progress, "time", Clock(step))
        with Progress() as shown:
            assert list(shown.watch("abcd", "read {} files")) == ["a", "b", "c", "d"]
    return stderr.getvalue()


def test_a_run_of_a_second_shows_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched(monkeypatch, Terminal(), step=0.2) == ""


def test_a_longer_run_counts_in_one_line_and_removes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    erase = "\r\x1b[K"
    drawn = f"{erase}read 2 files{erase}read 3 files{erase}read 4 files{erase}"

    assert watched(monkeypatch, Terminal(), step=0.6) == drawn


def test_no_terminal_sees_no_progress_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched(monkeypatch, io.StringIO(), step=60) == ""
