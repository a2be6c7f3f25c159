#!/usr/bin/env python3
"""Breaks a part of the running platform for a while, to see that alerts, dashboards and people notice.

    drill.py kill service                      one crash, as by the kernel
    drill.py pause postgres --for 2m           a part that hangs: connections stay open and nothing answers
    drill.py fill-disk FOLDER --for 5m         a file system with nothing left but --leave
    drill.py slow-database --for 5m            every statement waits up to --delay

Without --yes it only says what it would do. What it broke it mends at the end, and also when it is interrupted. A
target is a service of compose.yaml or, as pid:123, a process. docs/operations.md says what to expect of each.

Exit codes: 0 done, or told; 1 it could not be done; 2 wrong call.
"""

import argparse
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

COMPOSE = ("docker", "compose", "--file", str(Path(__file__).resolve().parents[1] / "compose.yaml"))
PSQL = (*COMPOSE, "exec", "-T", "postgres", "psql", "--username=demo", "--dbname=demo")
BALLAST = ".drill-ballast"
MEBIBYTE = 1024 * 1024

_CHUNK = 16 * MEBIBYTE
_UNITS = {"s": 1, "m": 60, "h": 3600}
_SIZES = {"K": 1024, "M": MEBIBYTE, "G": 1024 * MEBIBYTE}

# Held for the delay, then let go for a moment, so that statements are slow instead of never done.
_LOCK = "BEGIN; LOCK TABLE contacts, documents IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({seconds}); COMMIT;"
_GAP_SECONDS = 0.2


class CannotDrill(Exception):
    """What stands in the way, in words."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one drill and return the exit code."""
    options = _parser().parse_args(arguments)
    if not options.yes:
        print(f"would {options.summary.format(**vars(options))}; add --yes to do it")
        return 0
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        options.drill(options)
    except (CannotDrill, OSError, subprocess.CalledProcessError) as error:
        print(f"drill: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _tell("interrupted; what was broken is mended")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    drills = parser.add_subparsers(required=True, metavar="DRILL")

    kill = drills.add_parser("kill", help="one crash")
    kill.add_argument("target")
    kill.set_defaults(drill=_kill, summary="kill {target}")

    pause = drills.add_parser("pause", help="a part that hangs")
    pause.add_argument("target")
    pause.set_defaults(drill=_pause, summary="pause {target} for {seconds:g} s")

    fill = drills.add_parser("fill-disk", help="a full file system")
    fill.add_argument("folder", type=Path)
    fill.add_argument(
        "--leave", type=_size, default=MEBIBYTE, metavar="SIZE", help="such as 500K or 1M (default)"
    )
    fill.add_argument("--at-most", type=_size, metavar="SIZE", help="never take more than this, such as 20G")
    fill.set_defaults(drill=_fill_disk, summary="fill the file system of {folder} for {seconds:g} s")

    slow = drills.add_parser("slow-database", help="statements that wait")
    slow.add_argument("--delay", type=_duration, default=2.0, metavar="TIME", help="such as 2s (default)")
    slow.add_argument("--psql", type=shlex.split, default=list(PSQL), help="default: psql in the container")
    slow.set_defaults(drill=_slow_database, summary="let statements wait up to {delay:g} s for {seconds:g} s")

    for drill in (kill, pause, fill, slow):
        drill.add_argument("--yes", action="store_true", help="do it; without, it is only told")
    for drill in (pause, fill, slow):
        drill.add_argument(
            "--for", dest="seconds", type=_duration, default=60.0, metavar="TIME", help="such as 90s or 5m"
        )
    return parser


def _kill(options: argparse.Namespace) -> None:
    pid = _process(options.target)
    # Not `docker kill`: the engine takes that for a wish, and does not start the container again.
    os.kill(pid, signal.SIGKILL)
    _tell(f"killed {options.target} (process {pid})")


def _pause(options: argparse.Namespace) -> None:
    with _paused(options.target):
        _tell(f"paused {options.target} for {options.seconds:g} s")
        time.sleep(options.seconds)
    _tell(f"{options.target} goes on")


@contextlib.contextmanager
def _paused(target: str) -> Iterator[None]:
    if target.startswith("pid:"):
        pid = _process(target)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    else:
        _run(*COMPOSE, "pause", target)
        try:
            yield
        finally:
            _run(*COMPOSE, "unpause", target)


def _fill_disk(options: argparse.Namespace) -> None:
    if not options.folder.is_dir():
        raise CannotDrill(f"{options.folder} is no folder")
    ballast = options.folder / BALLAST
    if ballast.exists():
        raise CannotDrill(f"{ballast} is there: another drill runs, or one was killed; remove it first")
    try:
        taken = _fill(ballast, options.leave, options.at_most)
        free = shutil.disk_usage(options.folder).free
        _tell(f"took {taken} bytes of {options.folder}, {free} are left, for {options.seconds:g} s")
        time.sleep(options.seconds)
    finally:
        ballast.unlink(missing_ok=True)
    _tell(f"{options.folder} has its space again")


def _fill(ballast: Path, leave: int, at_most: int | None) -> int:
    """Grow the file until no more than ``leave`` bytes are free, and return its size in bytes."""
    taken = 0
    with ballast.open("wb") as file:
        while True:
            room = shutil.disk_usage(ballast.parent).free - leave
            if at_most is not None:
                room = min(room, at_most - taken)
            if room <= 0:
                return taken
            step = min(room, _CHUNK)
            try:
                os.posix_fallocate(file.fileno(), taken, step)
            except OSError:
                return taken  # less is free than the file system says
            taken += step


def _slow_database(options: argparse.Namespace) -> None:
    statement = _LOCK.format(seconds=options.delay)
    end = time.monotonic() + options.seconds
    _tell(f"statements wait up to {options.delay:g} s, for {options.seconds:g} s")
    while time.monotonic() < end:
        _run(*options.psql, "--quiet", "--set=ON_ERROR_STOP=1", f"--command={statement}")
        time.sleep(_GAP_SECONDS)
    _tell("the database is as fast as before")


def _process(target: str) -> int:
    """The process of a target on this host."""
    if target.startswith("pid:"):
        return int(target.removeprefix("pid:"))
    container = _run(*COMPOSE, "ps", "--quiet", target).strip()
    if not container:
        raise CannotDrill(f"{target} does not run")
    return int(_run("docker", "inspect", "--format={{.State.Pid}}", container))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotDrill(done.stderr.strip() or f"{shlex.join(command)} ended with {done.returncode}")
    return done.stdout


def _tell(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%SZ} {what}", flush=True)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _duration(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if found is None:
        raise argparse.ArgumentTypeError("a time is like 90s, 5m or 1h")
    return float(found[1]) * _UNITS[found[2]]


def _size(text: str) -> int:
    found = re.fullmatch(r"(\d+)([KMG])", text)
    if found is None:
        raise argparse.ArgumentTypeError("a size is like 500K, 1M or 20G")
    return int(found[1]) * _SIZES[found[2]]


if __name__ == "__main__":
    sys.exit(main())
