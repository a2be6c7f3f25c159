"""Changes of files as a unified diff, in the form that `git apply` and `patch -p1` take."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

import click

from slo_toolkit.emit.output import Change

_NOWHERE = "/dev/null"
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def unified(changes: Iterable[Change]) -> Iterator[str]:
    """The lines of the diff, with their line breaks."""
    for change in changes:
        path = change.path.as_posix().lstrip("/")
        lines = difflib.unified_diff(
            _lines(change.old),
            _lines(change.new),
            _NOWHERE if change.old is None else f"a/{path}",
            _NOWHERE if change.new is None else f"b/{path}",
        )
        yield from map(_coloured, lines)


def _lines(content: bytes | None) -> list[str]:
    lines = (content or b"").decode(errors="replace").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n\\ No newline at end of file\n"
    return lines


def _coloured(line: str) -> str:
    colour = _COLOURS.get(line[0])
    return click.style(line, fg=colour) if colour else line
