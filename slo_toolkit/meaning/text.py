"""The text of a query in tokens, so that it can be cut without being written anew.

The embedded parser tells no positions, and what it prints of a tree is not always what was parsed (escapes and the
colon of a subquery get lost). So the tree says what a query is, and its parts are slices of the owner's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

WINDOW = re.compile(r"\{\{-?\s*\.window\s*-?\}\}")
"""Sloth's template for the look-back; Go's template language allows spaces and trim marks."""

STRING = re.compile(r"""\"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""")

_TOKEN = re.compile(
    rf"""
      (?P<comment>\#[^\r\n]*)
    | (?P<string>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `[^`]*`)
    | (?P<window>{WINDOW.pattern})
    | (?P<open>[({{\[])
    | (?P<close>[)}}\]])
    | (?P<operand>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\w* | [A-Za-z_:][\w:.]*)
    | (?P<operator>==|!=|>=|<=|=~|!~|[-+*/%^<>=@,:])
    | (?P<space>\s+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_OPERATOR_WORDS = frozenset({"and", "or", "unless", "atan2"})
_MATCHING = frozenset({"on", "ignoring"})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text that matters; a bracket and all that it encloses is one piece of the kind `open`."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def is_operator(self) -> bool:
        return self.kind == "operator" or self.text.lower() in _OPERATOR_WORDS


@lru_cache(maxsize=4096)
def without_comments(query: str) -> str:
    """The query without its comments, which could swallow what comes to stand behind them."""
    if "#" not in query:
        return query
    return "".join(match[0] for match in _TOKEN.finditer(query) if match.lastgroup != "comment")


def blanked_comments(query: str) -> str:
    """The query with spaces in place of comments, so that all else stands where it stood."""
    if "#" not in query:
        return query
    return "".join(
        " " * len(match[0]) if match.lastgroup == "comment" else match[0] for match in _TOKEN.finditer(query)
    )


def raw_strings_quoted(query: str) -> str:
    """The query with double quotes in place of backticks, between which a backslash is a plain character."""
    if "`" not in query:
        return query
    return "".join(_requoted(match) for match in _TOKEN.finditer(query))


def _requoted(match: re.Match[str]) -> str:
    text = match[0]
    if match.lastgroup != "string" or not text.startswith("`"):
        return text
    escaped = text[1:-1].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def unbalanced(query: str) -> tuple[str, int] | None:
    """What opens and never closes, or closes and never opened, with its place; None where all is in pairs.

    Text for which this is None cannot change the meaning of what stands around it, whatever language it is in.
    """
    open_: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(query):
        text, kind = match[0], match.lastgroup
        if kind == "open":
            open_.append((text, match.start()))
        elif kind == "close":
            if not open_ or _PAIRS[open_[-1][0]] != text:
                return text, match.start()
            open_.pop()
        elif kind == "other" and text in "\"'`":
            return text, match.start()
    return open_[-1] if open_ else None


def outermost(query: str) -> list[Token]:
    """The tokens outside of every bracket; spaces and comments are left out. Brackets must be in pairs."""
    tokens: list[Token] = []
    depth = start = 0
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup or "other"
        if kind == "open":
            if depth == 0:
                start = match.start()
            depth += 1
        elif kind == "close":
            depth -= 1
            if depth == 0:
                tokens.append(Token("open", query[start : match.end()], start, match.end()))
        elif depth == 0 and kind not in ("space", "comment"):
            tokens.append(Token(kind, match[0], match.start(), match.end()))
    return tokens


def unwrapped(query: str) -> str:
    """The query without the parentheses around the whole of it."""
    while True:
        query = query.strip()
        tokens = outermost(query)
        if len(tokens) != 1 or not tokens[0].text.startswith("("):
            return query
        query = tokens[0].text[1:-1]


def cut(query: str, operator: str) -> tuple[str, str]:
    """Both operands of the outermost operator, which is `operator`; the second without its `on (...)`.

    Operators of one precedence group from the left (but `^`), so the last one is the outermost. Raises ValueError
    where there is none.
    """
    tokens = outermost(query)
    for index in range(len(tokens) - 1, 0, -1):
        token = tokens[index]
        if token.text.lower() == operator and token.is_operator and not tokens[index - 1].is_operator:
            right = list(_without_matching(tokens[index + 1 :]))
            if right:
                return query[: token.start].strip(), query[right[0].start :].strip()
    raise ValueError(f"no {operator} in {query!r}")


def arguments(call: str) -> list[str]:
    """The arguments of a call, such as `f(a, b)`. Raises ValueError where it is none."""
    tokens = outermost(call)
    if len(tokens) != 2 or not tokens[1].text.startswith("("):
        raise ValueError(f"no call: {call!r}")
    inner = tokens[1].text[1:-1]
    found, start = [], 0
    for token in outermost(inner):
        if token.text == ",":
            found.append(inner[start : token.start].strip())
            start = token.end
    return [*found, inner[start:].strip()]


def _without_matching(tokens: list[Token]) -> Iterator[Token]:
    """The tokens behind `bool` and `on (...)` or `ignoring (...)`, which belong to the operator before them."""
    start = 1 if tokens and tokens[0].text.lower() == "bool" else 0
    if len(tokens) > start + 1 and tokens[start].text.lower() in _MATCHING:
        start += 2
    yield from tokens[start:]
