"""Texts that a regular expression of a label matcher matches: `5..|429` gives `500` and `429`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_ANY = "0aA-_/. :"
_GROUP_START = re.compile(r"\?(?:P?<\w+>|[imsU-]*:)?")
_FLAGS = re.compile(r"\(\?[imsU-]+\)")
_REPEAT = re.compile(r"\{(\d+)(?:,\d*)?\}")


@lru_cache(maxsize=512)
def examples(pattern: str) -> tuple[str, ...]:
    """One text for each alternative of `pattern`, only texts that it really matches, as a whole."""
    try:
        found = list(_Reader(_FLAGS.sub("", pattern)).alternatives())
        compiled = re.compile(pattern)
    except (re.error, IndexError):
        return ()
    return tuple(text for text in dict.fromkeys(found) if compiled.fullmatch(text))


class _Reader:
    """Reads an expression from left to right; what it does not know gives a text that fails to match."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def alternatives(self) -> Iterator[str]:
        yield self._sequence()
        while self._peek() == "|":
            self._at += 1
            yield self._sequence()

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _next(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _sequence(self) -> str:
        text = ""
        while self._peek() not in ("", "|", ")"):
            text += self._repeated(self._atom())
        return text

    def _repeated(self, atom: str) -> str:
        count = 1
        if repeat := _REPEAT.match(self._pattern, self._at):
            self._at = repeat.end()
            count = int(repeat[1])
        elif self._peek() in ("*", "+", "?"):
            self._at += 1
        if self._peek() == "?":  # not greedy: the same texts match
            self._at += 1
        return atom * count

    def _atom(self) -> str:
        match self._next():
            case "(":
                return self._group()
            case "[":
                return self._class()
            case "\\":
                escaped = self._next()
                return _CLASSES.get(escaped, escaped)
            case ".":
                return "0"
            case "^" | "$":
                return ""
            case literal:
                return literal

    def _group(self) -> str:
        if start := _GROUP_START.match(self._pattern, self._at):
            self._at = start.end()
        first = next(texts := self.alternatives())
        for _ in texts:
            pass
        self._next()
        return first

    def _class(self) -> str:
        end = self._pattern.index("]", self._at + 1) if "]" in self._pattern[self._at + 1 :] else self._at
        source = f"[{self._pattern[self._at : end]}]"
        self._at = end + 1
        members = re.compile(source)
        return next((c for c in (*_ANY, *map(chr, range(33, 127))) if members.fullmatch(c)), "")
