"""Selectors of series, and series made to match them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from slo_toolkit.emit.example_text import examples
from slo_toolkit.promql import quote

_FILLERS = ("example", "200", "ok", "GET", "")
"""Values for labels of which a matcher says only what they are not."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """`name op "value"` of a selector; a label that is absent has the value ""."""

    name: str
    op: str
    value: str

    def accepts(self, text: str) -> bool:
        equal = text == self.value if self.op in ("=", "!=") else _matches(self.value, text)
        return equal is not self.op.startswith("!")


@dataclass(frozen=True, slots=True)
class Selector:
    metric: str
    matchers: tuple[Matcher, ...]

    def __str__(self) -> str:
        inner = ",".join(f"{m.name}{m.op}{quote(m.value)}" for m in self.matchers)
        return f"{self.metric}{{{inner}}}" if inner else self.metric

    def accepts(self, series: Series) -> bool:
        labels = dict(series.labels)
        return series.metric == self.metric and all(m.accepts(labels.get(m.name, "")) for m in self.matchers)


@dataclass(frozen=True, slots=True)
class Series:
    metric: str
    labels: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        inner = ",".join(f"{name}={quote(value)}" for name, value in self.labels)
        return f"{self.metric}{{{inner}}}" if inner else self.metric


def series_matching(
    metric: str, wanted: Sequence[Selector], unwanted: Sequence[Selector], fixed: Mapping[str, str]
) -> Series | None:
    """A series that all of `wanted` match and none of `unwanted`, None where no value that is tried does."""
    labels = dict(fixed)
    for name in _label_names(wanted):
        value = next(
            (v for v in _values(name, (*wanted, *unwanted), fixed) if _accepted(name, v, wanted)), None
        )
        if value is None:
            return None
        labels[name] = value
    for selector in unwanted:
        if selector.accepts(_built(metric, labels)) and not _spoil(labels, selector, wanted, fixed):
            return None
    series = _built(metric, labels)
    fits = all(s.accepts(series) for s in wanted) and not any(s.accepts(series) for s in unwanted)
    return series if fits else None


def _spoil(
    labels: dict[str, str], selector: Selector, wanted: Sequence[Selector], fixed: Mapping[str, str]
) -> bool:
    """Change one label so that `selector` matches no more and all of `wanted` still do."""
    for matcher in selector.matchers:
        for value in _values(matcher.name, (*wanted, selector), fixed):
            if not matcher.accepts(value) and _accepted(matcher.name, value, wanted):
                labels[matcher.name] = value
                return True
    return False


def _label_names(selectors: Iterable[Selector]) -> Iterable[str]:
    return dict.fromkeys(matcher.name for selector in selectors for matcher in selector.matchers)


def _values(name: str, selectors: Iterable[Selector], fixed: Mapping[str, str]) -> Iterator[str]:
    if name in fixed:
        yield fixed[name]
    for selector in selectors:
        for matcher in selector.matchers:
            if matcher.name == name:
                yield from (matcher.value,) if "~" not in matcher.op else examples(matcher.value)
    yield from _FILLERS


def _accepted(name: str, value: str, selectors: Iterable[Selector]) -> bool:
    return all(m.accepts(value) for selector in selectors for m in selector.matchers if m.name == name)


def _built(metric: str, labels: Mapping[str, str]) -> Series:
    return Series(metric, tuple((name, value) for name, value in labels.items() if value))


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _matches(pattern: str, text: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is not None and compiled.fullmatch(text) is not None
