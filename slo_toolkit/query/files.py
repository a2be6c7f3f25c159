"""Small files that a setting names: read whole or told why not, and never waited for without an end."""

from __future__ import annotations

import os
import select
import stat
import time
from pathlib import Path

PIPE_SECONDS = 5.0
"""How long a pipe may be silent. Who wrote `--config <(command)` has a writer behind it; a forgotten FIFO has none."""

_CHUNK = 64 * 1024


def read_file(path: Path | str, limit: int) -> tuple[bytes, int]:
    """The first `limit` bytes and its mode. Raises OSError, whose `strerror` says what is wrong."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        wait = None if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else time.monotonic() + PIPE_SECONDS
        data = b""
        while len(data) < limit:
            if wait is not None:
                _await(descriptor, wait - time.monotonic())
            try:
                chunk = os.read(descriptor, min(_CHUNK, limit - len(data)))
            except BlockingIOError:
                continue
            if not chunk:
                break
            data += chunk
    finally:
        os.close(descriptor)
    return data, mode


def is_regular(path: str) -> bool:
    """Whether it is a file that can be read more than once. Raises OSError."""
    return stat.S_ISREG(os.stat(path).st_mode)


def _await(descriptor: int, seconds: float) -> None:
    if not select.select([descriptor], [], [], max(seconds, 0))[0]:
        silent = f"it is a pipe, and nothing came through it within {PIPE_SECONDS:g} s"
        raise TimeoutError(0, silent)
