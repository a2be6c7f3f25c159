"""The parts that PromQL is put together from: selectors, numbers, strings, look-backs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from slo_toolkit import naming
from slo_toolkit.bounds import spellings
from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.meaning.text import WINDOW, without_comments
from slo_toolkit.slo import Labels, Slo


def fill_window(query: str, window: Duration) -> str:
    """The query with its look-back filled in, and without comments, which could swallow what follows it."""
    return WINDOW.sub(str(window), without_comments(query).strip())


@lru_cache(maxsize=1024)
def number(value: Decimal) -> str:
    """The float64 nearest to `value`, in the shortest notation that Prometheus reads back as it."""
    return plain(Decimal(repr(float(value))))


def quote(text: str) -> str:
    """A PromQL string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def selector(metric: str, labels: Labels) -> str:
    """`metric{name="value", ...}`, in the order of `labels`."""
    matchers = ", ".join(f"{name}={quote(value)}" for name, value in labels.items())
    return f"{metric}{{{matchers}}}"


def written(metric: str, matchers: Iterable[tuple[str, str, str]]) -> str:
    """The selector of label, operator and value of each matcher, with the values quoted anew."""
    return metric + braces(*(f"{label}{operator}{quote(value)}" for label, operator, value in matchers))


def by(labels: tuple[str, ...]) -> str:
    """What stands between an aggregation and its parenthesis."""
    return f" by ({', '.join(labels)}) " if labels else ""


def evaluated_at(expression: str) -> str:
    """The moments at which an expression has a value, be it NaN, for a subquery over it.

    timestamp() of a selector tells the sample's own moment; Prometheus 2 takes some hundred times as long over that
    in a subquery.
    """
    return f"time() * ({expression}) ^ 0"


def le_matcher(threshold: Decimal) -> str:
    """Matches the bucket of `threshold` however its client spells it: `1`, `1.0`, `1e+06`, `1.0E7`."""
    known = spellings(threshold)
    if len(known) == 1:
        return f"le={quote(known[0])}"
    return f"le=~{quote('|'.join(re.escape(spelling) for spelling in known))}"


def braces(*matchers: str) -> str:
    """All matchers together in braces, nothing where there are none."""
    inner = ",".join(text for text in (matcher.strip().strip(",") for matcher in matchers) if text)
    return f"{{{inner}}}" if inner else ""


def identity_selector(metric: str, slo: Slo) -> str:
    """The series of one SLO of a generated metric."""
    return metric + identity_matchers(slo)


def identity_matchers(slo: Slo) -> str:
    """Matchers that the series of one SLO fulfil, and of one compilation of it."""
    return selector("", naming.key(slo))
