"""`make demo`: the whole path from a spec to a page and back, on this machine alone."""

from __future__ import annotations

import argparse
import fcntl
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from deploy.live.load import sending
from deploy.live.past import DAYS
from deploy.live.processes import NotStartedError
from deploy.live.screen import Screen
from deploy.live.stack import Stack, live
from deploy.live.story import QUIET_PER_SECOND, STORY_SECONDS, Outcome, OutOfTimeError, Story

_INTERRUPTED = 130


class StoppedError(KeyboardInterrupt):
    """SIGTERM or SIGHUP; ends the demo as Ctrl-C does."""


def main() -> int:
    """Run the demo. Exit codes: 0 told, 1 page or resolution did not come, 3 a part failed, 130 interrupted."""
    options = _options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with _own_folder(options.folder) as folder:
            return _demo(folder, options)
    except (NotStartedError, OSError) as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("\ndemo: stopped; nothing runs any more", file=sys.stderr)
        return _INTERRUPTED


def _demo(folder: Path, options: argparse.Namespace) -> int:
    screen = Screen()
    deadline = time.monotonic() + options.seconds if options.seconds else None
    screen.heading(f"the stack comes up; everything it writes is in {folder}")
    with ExitStack() as parts:
        try:
            with _alarm(options.seconds):
                stack = parts.enter_context(live(folder, options.specs, screen.say, days=options.days))
        except OutOfTimeError:
            screen.say("time is up: the past alone takes longer")
            return 0
        load = parts.enter_context(sending(stack.service, QUIET_PER_SECOND))
        _show_addresses(screen, stack)
        outcome = Story(stack, load, screen, deadline or time.monotonic() + STORY_SECONDS).tell()
        _show_budgets(screen, stack, options.specs)
        if deadline is not None:
            _show_addresses(screen, stack)
            _stay(screen, deadline)
        screen.heading("everything is being stopped")
    screen.say("nothing runs any more")
    return 0 if options.seconds or _whole(outcome) else 1


@contextmanager
def _alarm(seconds: float | None) -> Iterator[None]:
    """Raise `OutOfTimeError` in the block once the seconds are over."""

    def ring(number: int, frame: FrameType | None) -> NoReturn:
        raise OutOfTimeError

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds or 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _whole(outcome: Outcome) -> bool:
    return outcome.paged is not None and outcome.resolved is not None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument(
        "--specs", type=Path, default=Path("slos"), help="folder of the specs (default: slos)"
    )
    parser.add_argument("--folder", type=Path, default=Path(".demo"), help="where everything is written")
    parser.add_argument(
        "--seconds",
        type=_seconds,
        help="stay for this long, and no longer (default: until the story is told)",
    )
    parser.add_argument("--days", type=_days, default=DAYS, help=f"length of the past (default: {DAYS})")
    return parser.parse_args()


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError("between 1 and 86400")
    return seconds


def _days(text: str) -> float:
    days = float(text)
    if not 0.1 <= days <= DAYS:
        raise argparse.ArgumentTypeError(f"between 0.1 and {DAYS}")
    return days


@contextmanager
def _own_folder(wanted: Path) -> Iterator[Path]:
    """The folder, emptied of what an earlier demo left in it; one demo at a time."""
    folder = wanted.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotStartedError(f"another demo runs in {folder}") from None
        for entry in folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != "lock":
                entry.unlink()
        yield folder


def _show_addresses(screen: Screen, stack: Stack) -> None:
    screen.heading("to look at, while it runs")
    screen.show(
        f"Prometheus    {stack.prometheus}/alerts\n"
        f"Alertmanager  {stack.alertmanager}/#/alerts\n"
        f"the service   {stack.service.base_url}/docs\n"
        f"its metrics   http://{stack.service.metrics}/metrics\n"
        f"budgets       slo budget --prometheus {stack.prometheus}"
    )


def _show_budgets(screen: Screen, stack: Stack, specs: Path) -> None:
    """With raw queries, since recorded budgets follow within ten minutes."""
    arguments = ["budget", "--spec", str(specs), "--raw", "--prometheus", stack.prometheus]
    screen.heading(f"what is left: slo {' '.join(arguments)}")
    command = [sys.executable, "-m", "slo_toolkit", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    screen.show(done.stdout + done.stderr)


def _stay(screen: Screen, until: float) -> None:
    left = until - time.monotonic()
    if left > 1:
        screen.say(f"it stays for another {left:.0f} s; Ctrl-C ends it")
        time.sleep(left)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise StoppedError


if __name__ == "__main__":
    sys.exit(main())
