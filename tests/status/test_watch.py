"""`slo budget --watch` on a real terminal, whose screen an emulator keeps, and without one."""

from __future__ import annotations

import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest

from tests.interrupts import interruptible

from .conftest import Serve
from .fake import of, recorded

PATIENCE_SECONDS = 30
LINES, COLUMNS = 24, 80


class Terminal:
    """A pseudo-terminal with a program on it; `screen` is what a person would see."""

    def __init__(self, arguments: list[str]) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.raw = b""
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (LINES, COLUMNS))
        # The first terminal that the leader of a session opens becomes its own, and then Ctrl-C is a signal to it.
        path = shlex.quote(os.ttyname(slave))
        command = f"exec {shlex.join(arguments)} <{path} >{path} 2>&1"
        environment = {name: text for name, text in os.environ.items() if name not in ("LINES", "COLUMNS")}
        self.process = subprocess.Popen(
            ["sh", "-c", command],
            start_new_session=True,
            preexec_fn=interruptible,
            env={**environment, "TERM": "xterm"},
        )
        os.set_blocking(self._master, False)
        self._slave = slave

    def wait_for(self, shows: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not shows():
            left = end - time.monotonic()
            assert left > 0, "\n".join(self.screen.display)
            self._read(left)

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def ended(self) -> int:
        """The exit code, once everything that was written is on the screen."""
        code = self.process.wait(PATIENCE_SECONDS)
        while self._read(0):
            pass
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._slave)
        os.close(self._master)

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        data = os.read(self._master, 65_536)
        self.raw += data
        self._stream.feed(data)
        return bool(data)


@contextmanager
def watching(url: str, *arguments: str) -> Iterator[Terminal]:
    terminal = Terminal([*_command(url), *arguments])
    try:
        yield terminal
    finally:
        terminal.close()


def _command(url: str) -> list[str]:
    watch = ["--watch", "--interval", "1"]
    return [sys.executable, "-m", "slo_toolkit", "budget", "--prometheus", url, *watch]


def test_the_screen_follows_the_data_and_ends_with_ctrl_c(serve: Serve) -> None:
    series = recorded()
    with watching(serve(of(series)).url) as terminal:
        terminal.wait_for(lambda: "1 met at" in terminal.text())
        series[:] = recorded(ratio_rate30d=0.01)
        terminal.wait_for(lambda: "1 exhausted at" in terminal.text())
        lines = terminal.text().splitlines()
        assert lines[0].startswith("VERDICT")
        assert lines[1].startswith("exhausted  shop/requests")
        assert "met" not in terminal.text().replace("exhausted", ""), "nothing of the first screen is left"
        terminal.type(b"\x03")
        assert terminal.ended() == 130
        assert "1 exhausted at" in terminal.text()
        assert "Traceback" not in terminal.text()
        assert not terminal.screen.cursor.hidden
        assert terminal.screen.cursor.x == 0
        assert b"?1049" not in terminal.raw, "the table stays where the prompt can be seen with it"


def test_a_server_that_goes_away_for_a_while_ends_nothing(serve: Serve) -> None:
    series = recorded()
    with watching(serve(of(series)).url) as terminal:
        terminal.wait_for(lambda: "1 met at" in terminal.text())
        del series[:]
        terminal.wait_for(lambda: terminal.text().startswith("not measurable: no rules record an SLO here"))
        series[:] = recorded()
        terminal.wait_for(lambda: "1 met at" in terminal.text())
        assert "not measurable" not in terminal.text()


def test_a_token_file_that_is_gone_for_a_moment_ends_nothing(serve: Serve, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("abc")
    with watching(serve(of(recorded())).url, "--bearer-token-file", str(token)) as terminal:
        terminal.wait_for(lambda: "1 met at" in terminal.text())
        token.unlink()
        terminal.wait_for(lambda: terminal.text().startswith("not measurable: the bearer token file"))
        token.write_text("def")
        terminal.wait_for(lambda: "1 met at" in terminal.text())


def test_a_token_file_that_was_never_there_is_a_wrong_call(serve: Serve, tmp_path: Path) -> None:
    with watching(serve(of(recorded())).url, "--bearer-token-file", str(tmp_path / "token")) as terminal:
        assert terminal.ended() == 2
        assert "No such file" in " ".join(terminal.text().split())


def test_more_slos_than_lines_are_cut_where_they_are_better(serve: Serve) -> None:
    series = [item for number in range(100) for item in recorded(slo=f"slo-{number:03}")]
    series += recorded(slo="spent", ratio_rate30d=0.5)
    with watching(serve(of(series)).url) as terminal:
        terminal.wait_for(lambda: "100 met at" in terminal.text())
        lines = terminal.text().splitlines()
        assert lines[0].startswith("VERDICT")
        assert lines[1].startswith("exhausted  shop/spent")
        assert lines[-2].startswith("… ")
        assert lines[-1].startswith("1 exhausted, 100 met at")
        assert len(lines) == LINES - 1


def test_without_a_terminal_one_answer_follows_the_other(serve: Serve) -> None:
    url = serve(of(recorded())).url
    process = subprocess.Popen(
        _command(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=interruptible,
    )
    try:
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(10)]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert (process.returncode, err) == (130, "")
    assert [line for line in seen if line.startswith("VERDICT")] == [seen[0], seen[5]]
    assert not any("\x1b" in line for line in seen)


@pytest.mark.parametrize("interval", ["0", "0.5", "soon", "nan", "1e9"])
def test_an_interval_that_is_none_is_a_wrong_call(interval: str) -> None:
    command = [*_command("http://127.0.0.1:1"), "--interval", interval]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 2
