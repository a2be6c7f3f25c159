"""Text that others chose (label values, names, a server's words), made fit for a terminal, a table, a file of cells.

Whoever shows such text passes it through `on_one_line` first. Nothing is left then that moves a cursor, colours,
breaks a line, turns the direction of reading or cannot be seen: each such character stands there as an escape,
such as `\\x1b` or `\\u202e`. What has passed once is not changed by a second time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

EXCERPT_CHARACTERS = 300
"""How much of a server's words is told."""

ELLIPSIS = "…"

# Printable by their category, and yet nothing can be seen of them: Default_Ignorable_Code_Point of Unicode.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

# Marks stand upon the character before them. Where they are many they reach over the lines above.
_MOST_MARKS = 4


def on_one_line(text: str) -> str:
    """The text with an escape for every character that is not simply seen where it stands."""
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = _MOST_MARKS  # none may stand at the beginning, upon what is no part of the text
    for character in text:
        is_mark = unicodedata.combining(character) != 0 or unicodedata.category(character) in ("Mn", "Me")
        marks = marks + 1 if is_mark else 0
        is_seen = character.isprintable() and not _INVISIBLE.match(character) and marks <= _MOST_MARKS
        shown.append(character if is_seen else escape_of(character))
    return "".join(shown)


def excerpt(text: str) -> str:
    """A server's words on one line, cut where they get long; blanks and line breaks are single spaces."""
    # Cut before as well as after: of megabytes only the beginning is looked at.
    words = on_one_line(" ".join(text[: EXCERPT_CHARACTERS * 8].split()))
    return words if len(words) <= EXCERPT_CHARACTERS else words[: EXCERPT_CHARACTERS - 1] + ELLIPSIS


def as_json(document: Any, sort_keys: bool = False) -> str:
    """Indented JSON with every letter as it is; what is not simply seen is an escape within its string."""
    import json

    lines = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=sort_keys).split("\n")
    return "\n".join(line if line.isprintable() else _with_json_escapes(line) for line in lines) + "\n"


def _with_json_escapes(line: str) -> str:
    from json import dumps

    return "".join(c if c.isprintable() else dumps(c)[1:-1] for c in line)


def escape_of(character: str) -> str:
    """As Python writes it: `\\n`, `\\x1b`, `\\u202e`, `\\U000e0020`."""
    return character.encode("unicode_escape").decode("ascii")


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, width: int) -> str:
    """The text, followed by as many spaces as it is short of `width` columns."""
    return text + " " * (width - columns(text))


def shortened(text: str, width: int) -> str:
    """Beginning and end of a text that takes more than `width` columns, with an ellipsis between."""
    if columns(text) <= width:
        return text
    head = _beginning(text, (width - 1) // 2)
    tail = _beginning(text[::-1], width - 1 - columns(head))[::-1]
    return f"{head}{ELLIPSIS}{tail}"


def wrapped(text: str, width: int) -> Iterator[str]:
    """The text in lines of at most `width` columns, broken between words; a longer word is broken within."""
    line = ""
    for word in text.split():
        while word:
            room = width - columns(line) - (1 if line else 0)
            if columns(word) <= room:
                line, word = f"{line} {word}" if line else word, ""
            elif line:
                yield line
                line = ""
            else:
                part = _beginning(word, width) or word[0]
                yield part
                word = word[len(part) :]
    if line:
        yield line


def _beginning(text: str, width: int) -> str:
    """As much of the text from its beginning as takes no more than `width` columns."""
    taken = 0
    for index, character in enumerate(text):
        taken += _width(character)
        if taken > width:
            return text[:index]
    return text
