"""What YAML makes of scalars without quotes.

YAML 1.1 reads `yes` as true, `010` as 8 and `1:30` as 90, YAML 1.2 does not, and Go's reader takes a
bit of both. A spec must not depend on it: unquoted text stays text only where every reader agrees on
the text, and everything else is a `Plain`, which text fields reject with a word on what it would become.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Plain:
    """An unquoted scalar that is not text for every YAML reader.

    `number` tells that all of them agree on a decimal number, though not on how it is written.
    """

    text: str
    meaning: str
    number: bool = False


# `true`, `false` and numbers in their shortest notation come back from any reader as they were written.
_UNAMBIGUOUS = re.compile(r"true|false|-?(?:0|[1-9]\d{0,14})(?:\.\d{0,9}[1-9])?")
_WORDS = {
    **dict.fromkeys(
        ("yes", "Yes", "YES", "on", "On", "ON", "y", "Y", "True", "TRUE"), "the truth value true"
    ),
    **dict.fromkeys(
        ("no", "No", "NO", "off", "Off", "OFF", "n", "N", "False", "FALSE"), "the truth value false"
    ),
}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_OTHERS = (
    (re.compile(r"[-+]?0[0-7_]+"), "an octal number"),
    (re.compile(r"[-+]?0o[0-7_]+"), "an octal number"),
    (re.compile(r"[-+]?0x[0-9a-fA-F_]+"), "a hexadecimal number"),
    (re.compile(r"[-+]?0b[01_]+"), "a binary number"),
    (re.compile(r"[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?"), "a number in base 60"),
    (re.compile(r"\d{4}-\d\d?-\d\d?(?:[Tt ].*)?"), "a date"),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)"), "infinity"),
    (re.compile(r"\.(?:nan|NaN|NAN)"), "not a number"),
    (re.compile(r"[-+]?\d[\d_]*_[\d_]*(?:\.[\d_]*)?"), "a number without the underscores"),
)
_DECIMAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_FIRST = frozenset("0123456789+-.~")


@lru_cache(maxsize=4096)
def interpret(text: str) -> str | Plain | None:
    """The value of an unquoted scalar: text, something that is not text everywhere, or None for null."""
    if text in _NULLS:
        return None
    if text in _WORDS:
        return Plain(text, _WORDS[text])
    if text[0] not in _FIRST or _UNAMBIGUOUS.fullmatch(text):
        return text
    for pattern, meaning in _OTHERS:
        if pattern.fullmatch(text):
            return Plain(text, meaning)
    if _DECIMAL.fullmatch(text):
        return Plain(text, "a number", number=True)
    return text
