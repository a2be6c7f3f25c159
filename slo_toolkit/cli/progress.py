"""One line on a terminal that shows how far a long run is; nothing anywhere else."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")

QUIET_SECONDS = 1.0
REDRAW_SECONDS = 0.1
_ERASE_LINE = "\r\x1b[K"


class Progress:
    """Counts what passes through `watch`, and shows the count from the second second on."""

    def __init__(self) -> None:
        on_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._next_draw = time.monotonic() + QUIET_SECONDS if on_terminal else math.inf
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            self._draw("")

    def watch(self, items: Iterable[T], doing: str) -> Iterator[T]:
        """Pass `items` on; `doing` says what happens to them, as in "compiled 312 SLOs"."""
        for count, item in enumerate(items, start=1):
            yield item
            now = time.monotonic()
            if now >= self._next_draw:
                self._draw(doing.format(count))
                self._next_draw = now + REDRAW_SECONDS

    def _draw(self, line: str) -> None:
        sys.stderr.write(_ERASE_LINE + line)
        sys.stderr.flush()
        self._drawn = bool(line)
