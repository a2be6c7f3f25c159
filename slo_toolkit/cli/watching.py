"""`--watch`: the answer again and again, in place on a terminal and one after the other elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import NoReturn

import click

from slo_toolkit.errors import InputError, NotMeasurable, SloError
from slo_toolkit.foreign_text import on_one_line

_HOME = "\x1b[H"
_CLEAR_SCREEN = "\x1b[2J"
_CLEAR_REST_OF_LINE = "\x1b[K"
_CLEAR_BELOW = "\x1b[J"


def watch(answer: Callable[[], str], seconds: float) -> NoReturn:
    """Show what `answer` gives every so many seconds, until Ctrl-C. A server that does not answer ends nothing.

    Nor does a file that is gone for a moment, such as a token that is being rotated, once there was an answer with it:
    only before that is it a mistake of the call, and the InputError is raised.

    The cursor is not hidden and the screen no other one, so there is nothing to restore, whatever ends it.
    """
    on_terminal = sys.stdout.isatty()
    if on_terminal:
        click.echo(_CLEAR_SCREEN, nl=False)
    try:
        text = _told(answer)
        while True:
            click.echo(_in_place(text) if on_terminal else text, nl=not on_terminal)
            time.sleep(seconds)
            try:
                text = _told(answer)
            except InputError as error:
                text = _not_measurable(error)
    finally:
        if on_terminal:
            click.echo()  # the prompt belongs below the ^C


def _told(answer: Callable[[], str]) -> str:
    try:
        return answer()
    except NotMeasurable as failure:
        return _not_measurable(failure)


def _not_measurable(error: SloError) -> str:
    return f"not measurable: {on_one_line(str(error))}\n"


def _in_place(text: str) -> str:
    """What turns the screen into `text`, with no moment in which it is empty.

    The worst come first, so what does not fit is left out before the last line, which counts them all.
    """
    *lines, last = text.splitlines()
    room = (
        shutil.get_terminal_size().lines - 3
    )  # for a word on what is left out, the last line, and the cursor
    if len(lines) > room:
        lines = [*lines[:room], f"… {len(lines) - room} more lines"]
    return _HOME + "".join(f"{line}{_CLEAR_REST_OF_LINE}\n" for line in (*lines, last)) + _CLEAR_BELOW
