"""The kinds of values that the keys of a spec hold: how each is read, and how a JSON Schema tells it.

A kind reports what is wrong and returns None then, as if the key were absent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from slo_toolkit.spec.flaws import Path, Report
from slo_toolkit.spec.plain import Plain
from slo_toolkit.spec.reading import Unreadable

JsonSchema: TypeAlias = dict[str, Any]
_LONGEST_WORD = 100


class Kind(Protocol):
    """One kind of value."""

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """The value for the code behind it, or None where it is wrong and was reported."""

    def schema(self) -> JsonSchema:
        """What a JSON Schema says about it."""


def found(value: Any) -> str:
    """A value in words, for "expected ..., found ..."."""
    match value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case None:
            return "nothing"
        case Plain(text=text):
            return f"`{text}`"
    return f"`{value if len(value) <= 40 else value[:37] + '...'}`"


def nearest(word: str, known: Sequence[str]) -> str:
    """The known word that was probably meant; empty where none is near."""
    from difflib import get_close_matches  # only for specs with a flaw

    if len(word) > _LONGEST_WORD:
        return ""
    near = get_close_matches(word, known, n=1) or get_close_matches(
        word.lower().replace("-", "_"), known, n=1
    )
    return near[0] if near else ""


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """The nearest known word as a question; empty where none is near."""
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else ""


class Text:
    """Text, of which every YAML reader agrees that it is text; at most `longest` characters where that is given."""

    def __init__(
        self, pattern: str = "", why: str = "", *, rule: str = "text", longest: int | None = None
    ) -> None:
        self.pattern = re.compile(pattern) if pattern else None
        self.why = why
        self.rule = rule
        self.longest = longest

    def read(self, value: Any, path: Path, report: Report) -> str | None:
        if value.__class__ is not str:
            not_text(value, path, report)
            return None
        if self.longest is not None and len(value) > self.longest:
            message = f"{found(value)} has {len(value)} characters, and {self.longest} is the most"
            report(path, message, "names of files and objects are made of it", rule=self.rule)
            return None
        if self.pattern is not None and self.pattern.fullmatch(value) is None:
            report(path, f"{found(value)} {self.why}", rule=self.rule)
            return None
        if not value.strip():
            report(path, f"`{path[-1]}` is empty", rule="empty")
            return None
        return str(value)

    def schema(self) -> JsonSchema:
        limits: JsonSchema = {"pattern": f"^{self.pattern.pattern}$"} if self.pattern else {"minLength": 1}
        if self.longest is not None:
            limits["maxLength"] = self.longest
        return {"type": "string"} | limits


def not_text(value: Any, path: Path, report: Report) -> None:
    """Say what stands where text is meant, and what YAML would make of it."""
    match value:
        case Plain(text=text, meaning=meaning):
            report(
                path,
                f"YAML may read `{text}` as {meaning}",
                f'put it in quotes: "{text}"',
                rule="yaml-quoting",
            )
        case Unreadable():
            pass
        case _:
            report(
                path, f"expected text, found {found(value)}", "put text with braces in quotes", rule="type"
            )


class FreeText(Text):
    """Text that may be empty."""

    def read(self, value: Any, path: Path, report: Report) -> str | None:
        return "" if value == "" else super().read(value, path, report)

    def schema(self) -> JsonSchema:
        return {"type": "string"}


class Choice:
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def read(self, value: Any, path: Path, report: Report) -> str | None:
        if value.__class__ is not str:
            not_text(value, path, report)
        elif value in self.words:
            return str(value)
        else:
            known = " or ".join(f"`{word}`" for word in self.words)
            hint = did_you_mean(value, self.words) or f"write {known}"
            report(path, f"{found(value)} is not {known}", hint, rule="choice")
        return None

    def schema(self) -> JsonSchema:
        return {"const": self.words[0]} if len(self.words) == 1 else {"enum": list(self.words)}


class Flag:
    """True or false."""

    def read(self, value: Any, path: Path, report: Report) -> bool | None:
        if value in ("true", "false"):
            return bool(value == "true")
        if isinstance(value, Plain) and value.meaning.startswith("the truth value "):
            return value.meaning.endswith("true")
        if not isinstance(value, Unreadable):
            report(path, f"expected true or false, found {found(value)}", rule="type")
        return None

    def schema(self) -> JsonSchema:
        return {"type": "boolean"}


class Anything:
    """Whatever stands there; what it means is known only together with another key."""

    def read(self, value: Any, path: Path, report: Report) -> Any:
        return value

    def schema(self) -> JsonSchema:
        return {}


class ListOf:
    """A list with at least one entry."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def read(self, value: Any, path: Path, report: Report) -> list[Any] | None:
        if value.__class__ is not list:
            if not isinstance(value, Unreadable):
                report(path, f"expected a list, found {found(value)}", rule="type")
            return None
        if not value:
            report(path, f"`{path[-1]}` is empty", rule="empty")
            return None
        return [self.kind.read(item, (*path, index), report) for index, item in enumerate(value)]

    def schema(self) -> JsonSchema:
        return {"type": "array", "items": self.kind.schema(), "minItems": 1}
