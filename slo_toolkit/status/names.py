"""Which SLOs are meant: globs over `service/slo`, the SLO's name, or its id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

_NEAREST, _SIMILAR = 3, 0.7
"""So many names are offered, from such a likeness on."""


@dataclass(frozen=True, slots=True)
class NamePattern:
    """`checkout/*` by service and name; without a slash it is the SLO's name or its id, `checkout-availability`."""

    text: str

    def matches(self, service: str, slo: str) -> bool:
        wanted_service, slash, wanted_slo = self.text.partition("/")
        if slash:
            return fnmatchcase(service, wanted_service) and fnmatchcase(slo, wanted_slo)
        return fnmatchcase(slo, self.text) or fnmatchcase(f"{service}-{slo}", self.text)

    @property
    def id_regex(self) -> str | None:
        """A regular expression for at least every id that matches; None where it is not worth one."""
        if "[" in self.text:
            return None
        service, slash, slo = self.text.partition("/")
        if slash:
            return f"{_regex(service)}-{_regex(slo)}"
        return f"(?:.*-)?{_regex(service)}"


def did_you_mean(texts: Sequence[str], names: Iterable[tuple[str, str]]) -> str:
    """The (service, slo) whose names are nearest to what was asked for, as a question; empty where none is near."""
    from difflib import get_close_matches

    known: dict[str, list[str]] = {}
    for service, slo in names:
        for spelling in (f"{service}/{slo}", f"{service}-{slo}", slo, service):
            known.setdefault(spelling.lower(), []).append(f"{service}/{slo}")
    wanted = [text.lower().strip("*/") for text in texts]
    matches = [
        match
        for name in wanted
        for match in ([name] if name in known else get_close_matches(name, known, _NEAREST, _SIMILAR))
    ]
    near = list(dict.fromkeys(name for match in matches for name in known[match]))[:_NEAREST]
    return f"did you mean {' or '.join(near)}?" if near else ""


def _regex(glob: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in glob)


@dataclass(frozen=True, slots=True)
class Selection:
    """The SLOs that were asked for; without patterns all of them."""

    patterns: tuple[NamePattern, ...] = ()

    @classmethod
    def of(cls, texts: Iterable[str]) -> Selection:
        return cls(tuple(NamePattern(text) for text in texts))

    def matches(self, service: str, slo: str) -> bool:
        return not self.patterns or any(pattern.matches(service, slo) for pattern in self.patterns)

    def unmatched(self, names: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        """The patterns that no (service, slo) matches."""
        return tuple(
            pattern.text
            for pattern in self.patterns
            if not any(pattern.matches(service, slo) for service, slo in names)
        )

    @property
    def id_regex(self) -> str | None:
        """A regular expression for at least every id that matches; None for all ids."""
        regexes = [pattern.id_regex for pattern in self.patterns]
        if not regexes or None in regexes:
            return None
        return "|".join(regex for regex in regexes if regex is not None)
