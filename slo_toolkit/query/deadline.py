"""One deadline over everything that a question needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

# A socket that times out by itself tells more than the clock does, so the clock waits for it a little longer.
GRACE_SECONDS = 0.25


class DeadlineError(Exception):
    """The work is not done, and its time is over."""


class Deadline:
    """A point in time, `seconds` after it was made."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds that are left, never below a millisecond, since a socket takes 0 for "do not wait"."""
        return max(self._end - time.monotonic(), 0.001)

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self._end

    def part(self, share: float) -> Deadline:
        """A deadline after a share of what is left, 1 for all of it."""
        return Deadline(self.remaining * share)

    def hold(self, work: Callable[[], T]) -> T:
        """What `work` answers or raises. Raises DeadlineError when it is not done in time.

        The work goes on in its own thread until its sockets give up. A socket's timeout alone is no deadline:
        a name server cannot be interrupted, and a server that sends a byte now and then never lets it pass.
        """
        worker = _Worker(work)
        thread = threading.Thread(target=worker.run, name="prometheus-query", daemon=True)
        thread.start()
        thread.join(self.remaining + GRACE_SECONDS)
        if thread.is_alive():
            raise DeadlineError
        return worker.outcome()


class _Worker(Generic[T]):
    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:
            self._error = error

    def outcome(self) -> T:
        if self._error is not None:
            raise self._error
        return self._results[0]
