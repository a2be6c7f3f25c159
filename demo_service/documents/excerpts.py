"""The piece of a document that a search result shows, safe to put into a page."""

import html
import re
from collections.abc import Collection

_CONTEXT_CHARACTERS = 80
_ELLIPSIS = "…"


def excerpt(text: str, words: Collection[str]) -> str:
    """About 240 characters around the first of the words, HTML-escaped, every one of them in ``<mark>``.

    ``words`` come from ``split_words``. Where none is found (it was folded from another spelling, or is
    beyond the text that is kept) the excerpt is the beginning of the text.
    """
    pattern = _whole_words(words)
    first = pattern.search(text)
    middle_start, middle_end = first.span() if first else (0, 0)
    start = _next_word(text, max(0, middle_start - _CONTEXT_CHARACTERS), middle_start)
    end = min(len(text), middle_end + 2 * _CONTEXT_CHARACTERS)
    shown = " ".join(_marked(text[start:end], pattern).split())
    return f"{_ELLIPSIS if start > 0 else ''}{shown}{_ELLIPSIS if end < len(text) else ''}"


def _whole_words(words: Collection[str]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![^\W_])(?:{alternatives or '(?!)'})(?![^\W_])", re.IGNORECASE)


def _marked(piece: str, pattern: re.Pattern[str]) -> str:
    parts, done = [], 0
    for match in pattern.finditer(piece):
        parts += [html.escape(piece[done : match.start()]), f"<mark>{html.escape(match[0])}</mark>"]
        done = match.end()
    return "".join(parts) + html.escape(piece[done:])


def _next_word(text: str, start: int, limit: int) -> int:
    """Where the first whole word at or after ``start`` begins, if that is before ``limit``."""
    space = -1 if start == 0 else text.find(" ", start, limit)
    return start if space < 0 else space + 1
