"""The counters in a query, so that something else may be asked of each of them than its rate."""

from __future__ import annotations

from collections.abc import Callable

from slo_toolkit.meaning.linear import UNITS, Unit
from slo_toolkit.meaning.text import WINDOW, outermost, unwrapped, without_comments


def with_counters(query: str, asked: Callable[[str], str]) -> str | None:
    """The query with `asked(selector)` in place of each rate or increase of a selector over {{.window}}.

    What is asked has to return the labels that a rate has. None where another function reads the look-back, or where
    the text is none that can be cut.
    """
    replaced = _replaced(without_comments(query), asked)
    return None if WINDOW.search(replaced) else replaced


def _replaced(text: str, asked: Callable[[str], str]) -> str:
    made, done = [], 0
    tokens = outermost(text)
    for place, token in enumerate(tokens):
        if not token.text.startswith("("):
            continue
        called = tokens[place - 1] if place else None
        selector = _selector(token.text) if called is not None and _counts(called.text) else None
        if called is not None and selector is not None:
            made += [text[done : called.start], f"({asked(selector)})"]
        else:
            made += [text[done : token.start], f"({_replaced(token.text[1:-1], asked)})"]
        done = token.end
    return "".join((*made, text[done:]))


def _counts(function: str) -> bool:
    return UNITS.get(function, Unit.SAMPLES) is not Unit.SAMPLES


def _selector(argument: str) -> str | None:
    """What is read over the look-back, as its owner wrote it."""
    text = unwrapped(argument)
    tokens = outermost(text)
    if len(tokens) < 2 or not WINDOW.fullmatch(tokens[-1].text[1:-1].strip()):
        return None
    return text[: tokens[-1].start].strip()
