"""The shape of a document: which keys it has, what they mean, and which go together.

A shape is data. Reading, the JSON Schema for editors and the check that the reference is complete come
from the same table. It is not a Pydantic model, because importing Pydantic alone takes as long as
compiling a spec may take in all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from slo_toolkit.spec.flaws import Path, Report
from slo_toolkit.spec.kinds import JsonSchema, Kind, ListOf, found, nearest
from slo_toolkit.spec.reading import Unreadable

_EXTENSION = "x-"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section. `doc` is a sentence for editors; `default` what holds without the key."""

    kind: Kind
    doc: str
    required: bool = False
    default: str = ""
    example: Any = None

    def schema(self) -> JsonSchema:
        about: JsonSchema = {"description": self.doc + (f" Default: {self.default}." if self.default else "")}
        if self.example is not None:
            about["examples"] = [self.example]
        return self.kind.schema() | about


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping with known keys. Of `exactly_one`, when given, one key must stand there and no other."""

    name: str
    keys: Mapping[str, Key]
    exactly_one: tuple[str, ...] = ()
    extensible: bool = False
    """Whether keys that begin with `x-` may stand here, for anchors and for other tools."""
    spelled: Mapping[str, str] = field(default_factory=dict)
    """The name that the code uses for a key, where the document spells it differently."""

    def read(self, value: Any, path: Path, report: Report) -> dict[str, Any] | None:
        """The values by the code's names for their keys; absent and wrong ones are left out."""
        if value.__class__ is not dict:
            if not isinstance(value, Unreadable):
                report(path, f"{self.name} is a mapping, not {found(value)}", rule="type")
            return None
        read: dict[str, Any] = {}
        meant: list[str] = []
        for key, item in value.items():
            known = self.keys.get(key)
            if known is None:
                if not (self.extensible and key.startswith(_EXTENSION)):
                    meant.append(self._unknown(key, value, (*path, key), report))
            elif item is not None:
                result = known.kind.read(item, (*path, key), report)
                if result is not None:
                    read[self.spelled.get(key, key)] = result
        self._complete(value, meant, path, report)
        return read

    def _complete(self, value: Mapping[str, Any], meant: list[str], path: Path, report: Report) -> None:
        """Report what is missing, unless an unknown key was probably meant to be it."""
        for key, known in self.keys.items():
            if known.required and value.get(key) is None and key not in meant:
                report(path, f"{self.name} has no `{key}`", f"add `{key}:`", rule="missing")
        if not self.exactly_one:
            return
        present = [key for key in self.exactly_one if value.get(key) is not None or key in meant]
        if len(present) == 1:
            return
        choices = ", ".join(f"`{key}`" for key in self.exactly_one)
        if not present:
            report(path, f"{self.name} has none of {choices}", "write exactly one of them", rule="missing")
        for key in present[1:]:
            message = f"{self.name} has both `{present[0]}` and `{key}`"
            report((*path, key), message, f"write exactly one of {choices}", rule="conflict", on_key=True)

    def _unknown(self, key: str, value: Mapping[str, Any], path: Path, report: Report) -> str:
        """Report an unknown key; the name of the absent key that was probably meant, or nothing."""
        misspelled = any(_letters(name) == _letters(key) for name in self.keys)
        if not misspelled and (elsewhere := report.elsewhere(path)):
            report(path, f"{self.name} has no key `{key}`", elsewhere, rule="unknown-key", on_key=True)
            return ""
        near = nearest(key, [name for name in self.keys if name not in value])
        hint = f"did you mean `{near}`?" if near else f"known here: {', '.join(self.keys) or 'no key'}"
        report(path, f"{self.name} has no key `{key}`", hint, rule="unknown-key", on_key=True)
        return near

    def schema(self) -> JsonSchema:
        schema: JsonSchema = {
            "type": "object",
            "properties": {name: key.schema() for name, key in self.keys.items()},
            "additionalProperties": False,
        }
        if required := [name for name, key in self.keys.items() if key.required]:
            schema["required"] = required
        if self.exactly_one:
            schema["oneOf"] = [{"required": [name]} for name in self.exactly_one]
        if self.extensible:
            schema["patternProperties"] = {f"^{_EXTENSION}": {}}
        return schema

    def with_keys(self, **keys: Key) -> Section:
        """The same section with more keys, or other kinds for some."""
        return replace(self, keys={**self.keys, **keys})


def _letters(key: str) -> str:
    return key.replace("_", "").lower()


def respelled(section: Section, spell: Callable[[str], str]) -> Section:
    """The same section, and all sections in it, for a dialect that spells every key in another way."""
    keys = {spell(name): _respelled_key(key, spell) for name, key in section.keys.items()}
    exactly_one = tuple(spell(name) for name in section.exactly_one)
    spelled = {spell(name): name for name in section.keys}
    return replace(section, keys=keys, exactly_one=exactly_one, spelled=spelled)


def _respelled_key(key: Key, spell: Callable[[str], str]) -> Key:
    match key.kind:
        case Section() as section:
            kind: Kind = respelled(section, spell)
        case ListOf(kind=Section() as section):
            kind = ListOf(respelled(section, spell))
        case _:
            return key
    return Key(kind, key.doc, key.required, key.default, key.example)


def camel(name: str) -> str:
    """`error_query` as Kubernetes spells it: `errorQuery`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
