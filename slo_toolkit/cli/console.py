"""Words for people beside the result: on standard error, in one style."""

from __future__ import annotations

import os
import sys

import click

from slo_toolkit.foreign_text import on_one_line


def note(message: str) -> None:
    click.echo(f"slo: {on_one_line(message)}", err=True)


def is_colourful() -> bool:
    """Whether standard output is a terminal, and its user did not ask for no colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
