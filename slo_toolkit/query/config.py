"""The config file: named contexts, each a connection. Its problems are told together, with their places."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from slo_toolkit.errors import InputError, InvalidSpec, Position, Problem
from slo_toolkit.query.address import user_of
from slo_toolkit.query.credentials import is_secret_header
from slo_toolkit.query.files import read_file
from slo_toolkit.query.values import READERS, Layer, read_header, read_path

if TYPE_CHECKING:
    from yaml.nodes import Node, ScalarNode

_SIZE_LIMIT = 1024 * 1024
_FILES = tuple(name for name, read in READERS.items() if read is read_path)


@dataclass(frozen=True, slots=True)
class Config:
    """What a config file says: contexts by name, and which of them holds when none is chosen."""

    path: str
    contexts: Mapping[str, Layer] = field(default_factory=dict)
    current: str = ""
    readable_by_others: bool = False
    unreadable: str = ""
    """Why the file at the usual place cannot be read, though nobody asked for it."""

    def context(self, name: str) -> Layer | None:
        """The context of that name, the current one for "". Raises InputError where there is none such."""
        wanted = name or self.current
        if not wanted:
            return None
        if wanted not in self.contexts:
            if self.unreadable:
                raise InputError(f"there is no context {wanted!r}: {self._not_read}")
            known = ", ".join(self.contexts) or "none"
            raise InputError(f"{self.path} has no context {wanted!r}; it has: {known}")
        return self.contexts[wanted]

    def warnings(self, context: Layer | None) -> tuple[str, ...]:
        """What is dangerous about having the context in this file, and that nothing of it holds."""
        if self.unreadable:
            return (self._not_read,)
        if context is None or not self.readable_by_others or not _holds_secret(context):
            return ()
        return (f"{self.path} holds secrets and others can read it: chmod 600 {self.path}",)

    @property
    def _not_read(self) -> str:
        return (
            f"the config file {self.path} cannot be read ({self.unreadable}): "
            "set HOME to a folder of your own, or name another file with --config or SLO_CONFIG"
        )


def read_config(path: Path) -> Config:
    """The config in a file. Raises InputError where it cannot be read, InvalidSpec for its problems."""
    try:
        return _read(path)
    except OSError as error:
        raise InputError(f"the config file {path} cannot be read: {error.strerror}") from None


def usual_config(path: Path) -> Config:
    """The config at the usual place, empty where there is none, or where this user may not look; raises as above.

    Under `sudo -u` or in a container HOME may be another user's, and a call that needs no config file must work there.
    """
    try:
        return _read(path) if path.exists() else Config(str(path))
    except PermissionError as error:
        return Config(str(path), unreadable=error.strerror or "no permission")
    except OSError as error:
        raise InputError(f"the config file {path} cannot be read: {error.strerror}") from None


def _read(path: Path) -> Config:
    data, mode = read_file(path, _SIZE_LIMIT + 1)
    if len(data) > _SIZE_LIMIT:
        raise InputError(f"the config file {path} is larger than {_SIZE_LIMIT // 1024**2} MB")
    return _Reading(path, data).config(readable_by_others=bool(mode & (stat.S_IRGRP | stat.S_IROTH)))


def _holds_secret(context: Layer) -> bool:
    from urllib.parse import urlsplit

    settings = context.settings
    users = [user_of(urlsplit(settings.get(name, ""))) for name in ("url", "proxy")]
    plain = [settings.get("password"), settings.get("bearer_token"), *(password for _, password in users)]
    return any(plain) or any(map(is_secret_header, context.headers))


class _Reading:
    """Collects the problems of one file while it is read."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.data = data
        self.problems: list[Problem] = []

    def config(self, readable_by_others: bool) -> Config:
        root = self._root()
        contexts: dict[str, Layer] = {}
        current = ""
        for key, node in self._entries(root, "the config file", ("contexts", "current-context")):
            if key.value == "contexts":
                contexts = {
                    name.value: self._context(name, entry)
                    for name, entry in self._entries(node, "`contexts`")
                }
            else:
                current = self._text(key, node)
                chosen = node
        if current and current not in contexts:
            self._wrong(
                chosen, f"no context is called {current!r}", f"known here: {', '.join(contexts) or 'none'}"
            )
        if self.problems:
            raise InvalidSpec(self.problems)
        return Config(str(self.path), contexts, current, readable_by_others)

    def _root(self) -> Node | None:
        import yaml

        try:
            return yaml.compose(self.data, Loader=yaml.CSafeLoader)
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            line, column = (mark.line, mark.column) if mark else (0, 0)
            problem = getattr(error, "problem", None) or "it cannot be read"
            raise InvalidSpec([self._problem(line, column, f"no YAML: {problem}")]) from None

    def _context(self, name: ScalarNode, node: Node) -> Layer:
        settings: dict[str, str] = {}
        headers: dict[str, str] = {}
        for key, value in self._entries(node, "a context", (*READERS, "headers")):
            if key.value == "headers":
                headers = dict(self._headers(value))
            elif text := self._text(key, value):
                self._setting(settings, key.value, value, text)
        return Layer(f"context {name.value!r}", settings, headers, context=name.value)

    def _setting(self, settings: dict[str, str], name: str, node: Node, text: str) -> None:
        try:
            read = READERS[name](text)
        except InputError as error:
            self._wrong(node, f"`{name}`: {error}")
        else:
            settings[name] = str(self.path.parent / read) if name in _FILES else read

    def _headers(self, node: Node) -> Iterator[tuple[str, str]]:
        for key, value in self._entries(node, "`headers`"):
            if text := self._text(key, value):
                try:
                    yield read_header(key.value, text)
                except InputError as error:
                    self._wrong(key, str(error))

    def _entries(
        self, node: Node | None, what: str, known: tuple[str, ...] = ()
    ) -> Iterator[tuple[ScalarNode, Node]]:
        """The entries of a mapping; any key goes where none is `known`."""
        from yaml.nodes import MappingNode, ScalarNode

        if not isinstance(node, MappingNode):
            if node is not None and not _is_null(node):
                self._wrong(node, f"{what} is a mapping")
            return
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._wrong(key, "a key must be text")
            elif key.value in seen:
                self._wrong(key, f"the key `{key.value}` stands here twice")
            elif known and key.value not in known:
                close = get_close_matches(key.value, known, n=1)
                hint = f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(known)}"
                self._wrong(key, f"{what} has no key `{key.value}`", hint)
            else:
                yield key, value
            seen.add(key.value if isinstance(key, ScalarNode) else "")

    def _text(self, key: ScalarNode, node: Node) -> str:
        """The text of a value as it is written, so that a password may be `010` or `yes`."""
        from yaml.nodes import ScalarNode

        if not isinstance(node, ScalarNode):
            self._wrong(node, f"`{key.value}` is text")
            return ""
        return "" if _is_null(node) else str(node.value)

    def _wrong(self, node: Node, message: str, hint: str = "") -> None:
        mark = node.start_mark
        self.problems.append(self._problem(mark.line, mark.column, message, hint))

    def _problem(self, line: int, column: int, message: str, hint: str = "") -> Problem:
        position = Position(str(self.path), line + 1, column + 1)
        return Problem(position, message, hint, rule="config")


def _is_null(node: Node) -> bool:
    return str(node.tag).endswith(":null")
