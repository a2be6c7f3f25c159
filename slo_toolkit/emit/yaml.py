"""Text as YAML scalars, and plain data as a YAML document: fast, and exact for every string.

A scalar is a block (`|`) where that is easier to read and gives back the very same text, and a JSON string
otherwise: JSON strings are YAML, and no YAML reader takes one for a number, a date or a boolean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TypeAlias

Value: TypeAlias = "str | int | bool | Mapping[str, Value] | Sequence[Value]"

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[./][A-Za-z0-9_.]*[A-Za-z0-9_])?")
_NOT_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


@lru_cache(maxsize=8192)
def quoted(text: str) -> str:
    """`text` as a JSON string in which nothing is left that a YAML reader would refuse or fold."""
    json = encode_basestring(text)
    return json if text.isprintable() else "".join(map(_escaped, json))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    # YAML, unlike JSON, knows no surrogate pairs: what lies beyond 16 bits has an escape of its own.
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def scalar(text: str, indent: str) -> str:
    """`text` as the value of a mapping whose keys stand at `indent`, without a line break at the end."""
    if "\n" in text or '"' in text or "\\" in text:
        return block(text, indent) or quoted(text)
    return quoted(text)


def block(text: str, indent: str) -> str | None:
    """`text` as a block scalar, None where a reader could take it for another text."""
    body = text.removesuffix("\n")
    blank_edge = not body or body[0] in " \n" or body[-1] in " \n"
    if blank_edge or " \n" in body or not body.replace("\n", "").isprintable():
        return None
    style = "|-" if len(body) == len(text) else "|"
    start = f"\n{indent}  "
    indented = body.replace("\n", start)
    if "\n\n" in body:
        indented = indented.replace(f"{start}\n", "\n\n")  # an empty line stays empty
    return style + start + indented


@lru_cache(maxsize=2048)
def key(text: str) -> str:
    """`text` as a key: without quotes where every YAML reader takes it for text."""
    plain = _PLAIN_KEY.fullmatch(text) and text.lower() not in _NOT_TEXT
    return text if plain else quoted(text)


def document(value: Mapping[str, Value]) -> str:
    """`value` as a block-style document; keys keep their order."""
    return "".join(_mapping(value, "")) or "{}\n"


def _mapping(value: Mapping[str, Value], indent: str) -> list[str]:
    lines: list[str] = []
    for name, item in value.items():
        lines.append(f"{indent}{key(name)}:")
        lines += _value(item, indent)
    return lines


def _value(item: Value, indent: str) -> list[str]:
    """What follows the colon of a key that stands at `indent`."""
    if isinstance(item, str):
        return [f" {scalar(item, indent)}\n"]
    if isinstance(item, bool):
        return [" true\n" if item else " false\n"]
    if isinstance(item, int):
        return [f" {item}\n"]
    if isinstance(item, Mapping):
        return ["\n", *_mapping(item, indent + "  ")] if item else [" {}\n"]
    return ["\n", *(line for entry in item for line in _entry(entry, indent))] if item else [" []\n"]


def _entry(item: Value, indent: str) -> list[str]:
    """One entry of a list, with its dash at `indent`."""
    if isinstance(item, Mapping) and item:
        lines = _mapping(item, indent + "  ")
        lines[0] = f"{indent}- {lines[0].lstrip()}"
        return lines
    return [f"{indent}-", *_value(item, indent + "  ")]
