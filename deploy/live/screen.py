"""What the demo prints: every line with the seconds since its start, and headings between the acts."""

from __future__ import annotations

import sys
import time


class Screen:
    """Lines on standard output, flushed at once, so that a pipe shows them as they happen, too."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def heading(self, text: str) -> None:
        """A new act."""
        self._print(f"\n== {text}")

    def say(self, text: str) -> None:
        """Something that happened now."""
        self._print(f"{time.monotonic() - self._started:5.0f} s  {text}")

    def show(self, text: str) -> None:
        """Text as it is, below the line before."""
        self._print("\n".join(f"         {line}".rstrip() for line in text.splitlines()))

    def _print(self, text: str) -> None:
        print(text, file=sys.stdout, flush=True)
