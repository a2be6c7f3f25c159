"""JSON to read: two spaces, what is short on one line, keys in the order in which they were set.

Python's own encoder takes ten times as long as soon as it indents, and writes every number on a line of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring
from typing import Any

_STEP = "  "
_SHORT = 110
"""Objects and lists stay on one line up to so many characters."""


class Shared(dict[str, Any]):
    """A value that many panels hold and nobody changes. Its text at each indentation is kept."""

    __slots__ = ("texts",)

    def __init__(self, value: Mapping[str, Any]) -> None:
        super().__init__(value)
        self.texts: dict[str, str] = {}

    def __hash__(self) -> int:  # type: ignore[override]
        """So that dataclasses take it for a default."""
        return id(self)


def json_text(value: Mapping[str, Any], last: str, members: Iterable[Mapping[str, Any]]) -> str:
    """An object whose `last` member is a list, not empty. Of its members only the text is kept, and copied once."""
    head = _object(value, "\n").removesuffix("\n}")
    inner = "\n" + 2 * _STEP
    texts = [_text(member, inner) for member in members]
    texts[0] = f'{head},\n{_STEP}"{last}": [{inner}{texts[0]}'
    texts[-1] += f"\n{_STEP}]\n}}\n"
    return f",{inner}".join(texts)


def _text(value: Any, line: str) -> str:
    """`line` is the line break with the indentation of what stands around the value."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is int:
        return str(value)
    if kind is dict:
        return _object(value, line)
    if kind is list or kind is tuple:
        inner = line + _STEP
        return _block("[", [_text(member, inner) for member in value], "]", line)
    if kind is Shared:
        if line not in value.texts:
            value.texts[line] = _object(value, line)
        return str(value.texts[line])
    return json.dumps(value, allow_nan=False)


def _object(value: Mapping[str, Any], line: str) -> str:
    inner = line + _STEP
    members = [f'"{key}": {_text(member, inner)}' for key, member in value.items()]
    return _block("{", members, "}", line)


def _block(opening: str, members: Sequence[str], closing: str, line: str) -> str:
    """All members on one line where they are short, else each on its own."""
    if sum(map(len, members)) + len(line) < _SHORT:
        text = ", ".join(members)
        if "\n" not in text:
            return f"{opening}{text}{closing}"
    inner = line + _STEP
    return f"{opening}{inner}{f',{inner}'.join(members)}{line}{closing}"
