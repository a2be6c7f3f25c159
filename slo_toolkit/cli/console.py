"""Words for people beside the result: on standard error, in one style."""

from __future__ import annotations

import os
import sys

import click


def note(message: str) -> None:
    click.echo(f"slo: {printable(message)}", err=True)


def is_colourful() -> bool:
    """Whether standard output is a terminal, and its user did not ask for no colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: str) -> str:
    """`text` without what would move the cursor of a terminal or colour it."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
