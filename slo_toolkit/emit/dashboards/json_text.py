"""JSON to read: two spaces, keys in the order in which they were set, and a text of shared parts made once.

Python's own encoder takes ten times as long as soon as it indents.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

_STEP = "  "


class Shared(dict[str, Any]):
    """A value that many panels hold and nobody changes. Its text at each indentation is kept."""

    __slots__ = ("texts",)

    def __hash__(self) -> int:  # type: ignore[override]
        """So that dataclasses take it for a default."""
        return id(self)

    def __init__(self, value: Mapping[str, Any]) -> None:
        super().__init__(value)
        self.texts: dict[str, str] = {}


def json_text(value: Mapping[str, Any]) -> str:
    return _text(value, "\n") + "\n"


def _text(value: Any, line: str) -> str:
    """`line` is the line break with the indentation of what stands around the value."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Shared):
        if line not in value.texts:
            value.texts[line] = _object(value, line)
        return value.texts[line]
    if isinstance(value, dict):
        return _object(value, line)
    if isinstance(value, list | tuple):
        return _array(value, line)
    return json.dumps(value, allow_nan=False)


def _object(value: Mapping[str, Any], line: str) -> str:
    if not value:
        return "{}"
    inner = line + _STEP
    members = [f"{encode_basestring(key)}: {_text(member, inner)}" for key, member in value.items()]
    return f"{{{inner}{f',{inner}'.join(members)}{line}}}"


def _array(value: list[Any] | tuple[Any, ...], line: str) -> str:
    if not value:
        return "[]"
    inner = line + _STEP
    return f"[{inner}{f',{inner}'.join([_text(member, inner) for member in value])}{line}]"
