"""From bytes to documents: YAML (and JSON, which is a part of it) into dictionaries, lists and text.

Built on the events of the C parser, without a node tree and without positions: a quarter of the time
of PyYAML's own C loader. Duplicate keys, alias bombs and deep nesting are found here, while it costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from slo_toolkit.spec.decoding import LINE_BREAK
from slo_toolkit.spec.flaws import FLAW_LIMIT, BrokenError, Flaw, Mark, too_many
from slo_toolkit.spec.plain import Plain, interpret

DEPTH_LIMIT = 64
ALIAS_LIMIT = 1_000_000
"""The most values that a document may have once its aliases are written out."""

_MERGE = "<<"
_TEXT_TAGS = ("tag:yaml.org,2002:str", "!")
_LONGEST_NUMBER = 80
"""Longer text is no number or date, so its meaning need not be looked up."""


class Unreadable:
    """Stands for a value whose flaw is reported already, so that nothing else complains about it."""


UNREADABLE = Unreadable()


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document of a source; `value` holds dictionaries, lists, text, Plain and None."""

    index: int
    value: Any
    flaws: tuple[Flaw, ...]


def read_documents(text: str) -> Iterator[Document]:
    """The documents of a text, one after the other. Raises BrokenError where the text is no YAML."""
    parser = CParser(yaml_text(text))
    reader = _Reader(parser)
    try:
        yield from reader.documents()
    except yaml.YAMLError as error:
        raise BrokenError(_syntax_flaw(error, text), reader.flaws) from None
    except BrokenError as broken:
        raise BrokenError(broken.flaw, reader.flaws) from None
    finally:
        parser.dispose()


# JSON writes a character beyond U+FFFF as two escapes, which YAML does not take.
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def yaml_text(text: str) -> str:
    """The text as YAML: itself, unless it is JSON with characters beyond U+FFFF."""
    if "\\u" not in text or text.lstrip()[:1] not in ("{", "["):
        return text
    return _SURROGATES.sub(_one_escape, text)


def _one_escape(match: re.Match[str]) -> str:
    high, low = int(match[2], 16), int(match[3], 16)
    return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


class _Reader:
    """Builds values from parser events."""

    __slots__ = ("anchors", "count", "flaws", "index", "next", "open_anchors")

    def __init__(self, parser: CParser) -> None:
        self.next = parser.get_event
        self.index = 0
        self._begin()

    def _begin(self) -> None:
        self.flaws: list[Flaw] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.open_anchors: set[str] = set()
        self.count = 0

    def documents(self) -> Iterator[Document]:
        self.next()  # the start of the stream
        while not isinstance(event := self.next(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                self._begin()
                value = self._value(self.next(), 0)
                yield Document(self.index, value, tuple(self.flaws))
                self.index += 1
            else:
                assert isinstance(event, DocumentEndEvent)

    def _value(self, event: Any, depth: int) -> Any:
        self.count += 1
        kind = event.__class__
        if kind is ScalarEvent:
            return self._scalar(event)
        if kind is AliasEvent:
            return self._alias(event)
        if depth > DEPTH_LIMIT:
            raise BrokenError(
                self._flaw(
                    event, f"nested deeper than {DEPTH_LIMIT} levels: no SLO spec is that deep", "yaml"
                )
            )
        if event.tag is not None and not event.tag.startswith("tag:yaml.org,2002:"):
            self._foreign_tag(event)
        if event.anchor is not None:
            return self._anchored(event, depth)
        return self._mapping(event, depth) if kind is MappingStartEvent else self._list(depth)

    def _anchored(self, event: Any, depth: int) -> Any:
        anchor, before = event.anchor, self.count
        self.open_anchors.add(anchor)
        value = self._mapping(event, depth) if event.__class__ is MappingStartEvent else self._list(depth)
        self.open_anchors.discard(anchor)
        self.anchors[anchor] = value, self.count - before + 1
        return value

    def _list(self, depth: int) -> list[Any]:
        items = []
        while (item := self.next()).__class__ is not SequenceEndEvent:
            items.append(self._value(item, depth + 1))
        return items

    def _mapping(self, start: Any, depth: int) -> Any:
        values: dict[str, Any] = {}
        merged: list[Any] = []
        readable = True
        while (event := self.next()).__class__ is not MappingEndEvent:
            if event.__class__ is not ScalarEvent:
                self._value(event, depth + 1)
                self._value(self.next(), depth + 1)
                self.flaws.append(self._key_flaw(event, start))
                readable = False
                continue
            key = event.value
            value = self._value(self.next(), depth + 1)
            if key == _MERGE and not event.style:
                merged.append((event, value))
                continue
            if key in values:
                self.flaws.append(
                    self._flaw(
                        event,
                        f"the key `{key}` stands here twice",
                        "duplicate-key",
                        len(key),
                        "remove one of them",
                    )
                )
            elif not event.style and isinstance(plain := interpret(key), Plain) and not plain.number:
                self.flaws.append(self._key_meaning(event, plain))
            values[key] = value
        for event, value in merged:
            self._merge(values, event, value)
        return values if readable else UNREADABLE

    def _merge(self, values: dict[str, Any], event: Any, value: Any) -> None:
        """Fill in what `<<` brings; the mapping's own keys win, and earlier mappings over later ones."""
        for mapping in value if isinstance(value, list) else [value]:
            if not isinstance(mapping, dict):
                self.flaws.append(self._flaw(event, "`<<` merges mappings only", "yaml", len(_MERGE)))
                return
            for key, item in mapping.items():
                values.setdefault(key, item)

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.tag is not None:
            value = text if event.tag in _TEXT_TAGS else self._foreign_tag(event)
        elif event.style or len(text) > _LONGEST_NUMBER:
            value = text
        else:
            value = interpret(text)
        if event.anchor is not None:
            self.anchors[event.anchor] = value, 1
        return value

    def _foreign_tag(self, event: Any) -> Unreadable:
        self.flaws.append(self._flaw(event, f"the tag {event.tag} means nothing here", "yaml"))
        return UNREADABLE

    def _alias(self, event: Any) -> Any:
        if event.anchor in self.open_anchors:
            raise BrokenError(self._flaw(event, f"the alias *{event.anchor} contains itself", "yaml"))
        if event.anchor not in self.anchors:
            raise BrokenError(
                self._flaw(event, f"no anchor &{event.anchor} stands before this alias", "yaml")
            )
        value, size = self.anchors[event.anchor]
        self.count += size
        if self.count > ALIAS_LIMIT:
            raise BrokenError(
                self._flaw(event, f"the aliases write out to more than {ALIAS_LIMIT:,} values", "yaml")
            )
        return value

    def _flaw(self, event: Any, message: str, rule: str, width: int = 1, hint: str = "") -> Flaw:
        if len(self.flaws) > FLAW_LIMIT:
            mark = Mark(event.start_mark.line, event.start_mark.column)
            raise BrokenError(too_many(mark=mark, document=self.index))
        mark = Mark(event.start_mark.line, event.start_mark.column, width)
        return Flaw(message, hint=hint, rule=rule, mark=mark, document=self.index)

    def _key_flaw(self, event: Any, start: Any) -> Flaw:
        mark = start.start_mark
        touching = (event.start_mark.line, event.start_mark.column) == (mark.line, mark.column + 1)
        if event.__class__ is MappingStartEvent and touching:
            message = "text that begins with {{ is read as a mapping"
            return self._flaw(start, message, "yaml-quoting", 2, "put the whole value in quotes")
        return self._flaw(event, "a key must be text", "yaml")

    def _key_meaning(self, event: Any, plain: Plain) -> Flaw:
        message = f"YAML may read the key `{plain.text}` as {plain.meaning}"
        return self._flaw(
            event, message, "yaml-quoting", len(plain.text), f'put it in quotes: "{plain.text}"'
        )


_HINTS = (
    ("mapping values are not allowed", "put text with a colon in it in quotes"),
    ("cannot start any token", "put text that begins with this character in quotes"),
)


def _syntax_flaw(error: yaml.YAMLError, text: str) -> Flaw:
    """What the parser said, with a word on the usual cause."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return Flaw(f"no YAML: {problem}", rule="yaml")
    # The end of the text may count as a line of its own.
    line = (*LINE_BREAK.split(text), "")[mark.line]
    hint = next((hint for sign, hint in _HINTS if sign in problem), "")
    if line[mark.column : mark.column + 1] == "\t":
        hint = "indent with spaces: YAML takes no tabs there"
    elif re.search(r"[:-]\s+[{]{2}", line):
        hint = "put text that begins with {{ in quotes"
    context = getattr(error, "context", None)
    return Flaw(
        f"no YAML: {problem}" + (f" ({context})" if context else ""),
        hint=hint,
        rule="yaml",
        mark=Mark(mark.line, mark.column),
    )
