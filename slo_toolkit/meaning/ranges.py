"""The ranges over the look-back of a template, each to be replaced in the owner's own text."""

from __future__ import annotations

from collections.abc import Callable

from slo_toolkit.meaning.text import WINDOW, Token, outermost, unwrapped, without_comments

Replaced = Callable[[str, str, str], str]
"""From function, selector with its offset, and the look-back as its owner wrote it, to the new argument."""


def with_ranges(query: str, functions: frozenset[str], replaced: Replaced) -> str:
    """The query with a new argument in each call of `functions` whose argument is a range over the look-back.

    Raises ValueError where such a range is one of a subquery, of more metrics than one, or no argument of theirs.
    """
    return _replaced(without_comments(query), functions, replaced)


def _replaced(text: str, functions: frozenset[str], replaced: Replaced) -> str:
    parts, done = [], 0
    before: Token | None = None
    for token in outermost(text):
        if token.text.startswith("("):
            inner = token.text[1:-1]
            function = before.text if before is not None else ""
            if function in functions and (parted := _range(inner)) is not None:
                new = replaced(function, *parted)
            else:
                new = _replaced(inner, functions, replaced)
            parts += [text[done : token.start], f"({new})"]
            done = token.end
        elif token.kind == "open" and WINDOW.search(token.text):
            raise ValueError(f"a range that is not replaced: {text!r}")
        before = token
    return "".join((*parts, text[done:]))


def _range(argument: str) -> tuple[str, str] | None:
    """The selector with its offset, and the look-back; None where the argument is no range over the template's."""
    argument = unwrapped(argument)
    tokens = outermost(argument)
    brackets = [token for token in tokens if token.text.startswith("[") and WINDOW.search(token.text)]
    if not brackets:
        return None
    (bracket,) = brackets
    window = bracket.text[1:-1].strip()
    if WINDOW.fullmatch(window) is None or tokens[0].kind != "operand":
        raise ValueError(f"no range of one metric: {argument!r}")
    selector, behind = argument[: bracket.start].strip(), argument[bracket.end :].strip()
    return (f"{selector} {behind}" if behind else selector), window
