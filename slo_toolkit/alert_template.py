"""Which labels of its alert a Go template reads, as Prometheus fills in labels and annotations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_OPEN = re.compile(r"\{\{-?")
_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/)
      | (?P<text>"(?:\\.|[^"\\])*"|`[^`]*`)
      | (?P<character>'(?:\\.|[^'\\])*')
      | (?P<end>-?\}\})
      | (?P<operand>\$?\w*(?:\.\w+)+|\$\w*|\w+)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_FIELD = re.compile(r"(?:\$labels|\$?\.Labels)(?:\.(?P<name>\w+))?(?P<deeper>\..*)?")
_PLAIN_STRING = re.compile(r'"([^"\\]*)"|`([^`]*)`')

_BLOCKS = ("if", "range", "with", "define", "block")
_OTHER_DOT = ("range", "with", "define", "block")
"""Actions in whose body the dot is no more what the whole template was given."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One read of a label at an offset of the text; of all labels where `name` is empty, as in `range $labels`.

    `asks` tells that it is the condition of an `if` or `with`, whose author expects that the label may be absent.
    """

    name: str
    offset: int
    asks: bool = False


def label_references(text: str) -> tuple[Reference, ...]:
    """Every read of the alert's labels, in order: `$labels.x`, `.Labels.x`, `index $labels "x"` and the map itself.

    Within `range` and `with`, `.Labels` are those of what a query returned. A text that is no template gives what
    stands before its fault.
    """
    return _read_in(text) if "{{" in text else ()


@lru_cache(maxsize=1024)
def _read_in(text: str) -> tuple[Reference, ...]:
    return tuple(_references(text))


def _references(text: str) -> Iterator[Reference]:
    dots: list[bool] = []  # for each open block whether the dot in it is another one
    end = 0
    while opening := _OPEN.search(text, end):
        tokens = list(_tokens(text, opening.end()))
        if not tokens or tokens[-1].lastgroup != "end":
            return
        end = tokens[-1].end()
        words = [token[0] for token in tokens]
        if words[0] == "else":
            outer = any(dots[:-1])
            yield from _read(text, tokens, outer)
            dots[-1:] = ["with" in words[1:2]]
            continue
        yield from _read(text, tokens, any(dots))
        if words[0] in _BLOCKS:
            dots.append(words[0] in _OTHER_DOT)
        elif words[0] == "end" and dots:
            dots.pop()


def _tokens(text: str, start: int) -> Iterator[re.Match[str]]:
    """The tokens of one action, its end the last; spaces and comments are left out."""
    for token in _TOKEN.finditer(text, start):
        if token.lastgroup != "comment" and not token[0].isspace():
            yield token
        if token.lastgroup == "end":
            return


def _read(text: str, tokens: list[re.Match[str]], other_dot: bool) -> Iterator[Reference]:
    asks = any(token[0] in ("if", "with") for token in tokens[:2])
    for number, token in enumerate(tokens):
        found = _FIELD.fullmatch(token[0]) if token.lastgroup == "operand" else None
        if found is None or (token[0].startswith(".") and (other_dot or text[token.start() - 1] == ")")):
            continue
        name = found["name"] or ""
        if not name and number and tokens[number - 1][0] == "index":
            name = _string(tokens[number + 1])
        yield Reference(name, token.start(), asks)


def _string(token: re.Match[str]) -> str:
    plain = _PLAIN_STRING.fullmatch(token[0])
    return (plain[1] or plain[2] or "") if plain else ""
