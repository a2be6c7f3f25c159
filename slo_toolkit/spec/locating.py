"""From a flaw's path through a document to its line and column, and to the line itself.

The tree of nodes with their marks is composed only for a source that has flaws.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from slo_toolkit.errors import Position, Problem
from slo_toolkit.spec.decoding import LINE_BREAK
from slo_toolkit.spec.flaws import Flaw, Mark, Path
from slo_toolkit.spec.reading import yaml_text

_LONGEST_SNIPPET = 500
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class _NodeParser(CParser):
    """Composes nodes without resolving tags, which nothing here needs and which takes most of the time."""

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> str:
        return ""

    def descend_resolver(self, parent: Any, index: Any) -> None: ...

    def ascend_resolver(self) -> None: ...


class Locator:
    """Finds the places of one source's flaws."""

    def __init__(self, source: str, text: str) -> None:
        self.source = source
        self.text = text
        self._lines: list[str] | None = None
        self._roots: list[Node] | None = None

    def problem(self, flaw: Flaw) -> Problem:
        mark = flaw.mark or self._mark(flaw)
        return Problem(
            position=self._position(mark),
            message=_printable(flaw.message),
            hint=_printable(flaw.hint),
            level=flaw.level,
            rule=flaw.rule,
            snippet=_printable(self._line(mark.line)[:_LONGEST_SNIPPET])
            if mark.column < _LONGEST_SNIPPET
            else "",
            width=mark.width,
        )

    def position(self, path: Path, document: int) -> Position:
        return self._position(self._mark(Flaw("", path, document=document)))

    def _position(self, mark: Mark) -> Position:
        return Position(self.source, mark.line + 1, mark.column + 1)

    def _line(self, number: int) -> str:
        if self._lines is None:
            self._lines = LINE_BREAK.split(self.text)
        return self._lines[number] if number < len(self._lines) else ""

    def _mark(self, flaw: Flaw) -> Mark:
        if self._roots is None:
            self._roots = self._compose()
        if flaw.document >= len(self._roots):
            return Mark(0, 0)
        key, node = _walk(self._roots[flaw.document], flaw.path)
        if flaw.on_key and key is not None:
            return _mark_of(key)
        if flaw.offset >= 0 and isinstance(node, ScalarNode):
            return self._inside(node, flaw.offset)
        return _mark_of(node)

    def _compose(self) -> list[Node]:
        parser = _NodeParser(yaml_text(self.text))
        roots = []
        try:
            while (root := parser.get_node() if parser.check_node() else None) is not None:
                roots.append(root)
        except yaml.YAMLError:
            pass  # reading reported it; the documents before it have their nodes
        finally:
            parser.dispose()
        return roots

    def _inside(self, node: ScalarNode, offset: int) -> Mark:
        """The place of a character of a scalar; its start where escapes or folding move characters about."""
        start, text = node.start_mark, node.value
        if node.style == "|":
            before = text[:offset]
            number = start.line + 1 + before.count("\n")
            within = offset - (before.rfind("\n") + 1)
            line = self._line(number)
            column = line.find(text.split("\n")[before.count("\n")]) + within
            return Mark(number, column) if column >= within else _mark_of(node)
        quotes = 1 if node.style in ("'", '"') else 0
        column = start.column + quotes + offset
        same = self._line(start.line)[start.column + quotes :].startswith(text[: offset + 1])
        return Mark(start.line, column) if same else _mark_of(node)


def _printable(text: str) -> str:
    """Text without the control characters that a terminal would obey; each becomes one other character."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _walk(node: Node, path: Path) -> tuple[Node | None, Node]:
    """The key and the value at the end of a path, or of as much of it as there is."""
    key: Node | None = None
    for step in path:
        if isinstance(node, MappingNode) and (pair := _pair(node, str(step))):
            key, node = pair
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            key, node = None, node.value[step]
        else:
            break
    return key, node


def _pair(node: MappingNode, step: str) -> tuple[Node, Node] | None:
    """The last pair with this key, as reading takes it; else one that `<<` merges in."""
    for key, value in reversed(node.value):
        if key.value == step:
            return key, value
    for key, value in node.value:
        if key.value == "<<":
            for merged in value.value if isinstance(value, SequenceNode) else [value]:
                if isinstance(merged, MappingNode) and (pair := _pair(merged, step)):
                    return pair
    return None


def _mark_of(node: Node) -> Mark:
    start, end = node.start_mark, node.end_mark
    if isinstance(node, ScalarNode) and start.line == end.line:
        return Mark(start.line, start.column, max(1, end.column - start.column))
    return Mark(start.line, start.column)
