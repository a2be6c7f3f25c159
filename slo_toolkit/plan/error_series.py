"""The series by which the errors of an SLI are told from its other events, and the labels that tell them.

Only where no series can mean no errors: an availability SLI, and an error query that is a sum. Where good events are
subtracted, or a missing label matches, a renamed label makes errors of everything, which is told by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from slo_toolkit.meaning.query import read, series_of
from slo_toolkit.promql import braces, written
from slo_toolkit.rates import is_read_directly
from slo_toolkit.slo import AvailabilitySli, EventSli, Sli

_Matcher: TypeAlias = tuple[str, str, str]
_Selector: TypeAlias = tuple[str, tuple[_Matcher, ...]]


@dataclass(frozen=True, slots=True)
class TellingLabel:
    """A label of `metric` that the error matcher asks for, and the total's does not.

    `series` selects those of the total that have it, `errors` those of them that are errors, `total` all of them.
    """

    metric: str
    label: str
    series: str
    errors: str
    total: str


@dataclass(frozen=True, slots=True)
class ErrorSeries:
    """Selectors of what is an error, and what tells it; no labels where errors have a metric of their own."""

    selectors: tuple[str, ...]
    labels: tuple[TellingLabel, ...]


@lru_cache(maxsize=4096)
def error_series(sli: Sli) -> ErrorSeries | None:
    """None where the errors of `sli` are no series that may be missing."""
    match sli:
        case AvailabilitySli(metric, asked, matchers):
            total, errors = metric + braces(matchers), metric + braces(matchers, asked)
        case EventSli(total, str() as errors) if not is_read_directly(sli):
            told = read(errors)
            if told.subtracts or told.linear is None or any(term.factor < 0 for term in told.linear.terms):
                return None
        case _:
            return None
    found, whole = series_of(errors), series_of(total)
    if not found or not whole:
        return None
    labels = (told for one in found for other in whole for told in _telling(one, other))
    return ErrorSeries(tuple(written(*one) for one in found), tuple(dict.fromkeys(labels)))


def _telling(errors: _Selector, total: _Selector) -> list[TellingLabel]:
    (metric, asked), (of, known) = errors, total
    if metric != of or not set(known) <= set(asked):
        return []
    names = {
        name for name, sign, text in asked if (name, sign, text) not in known and not _may_miss(sign, text)
    }
    return [
        TellingLabel(
            metric, name, written(metric, (*known, (name, "!=", ""))), written(*errors), written(*total)
        )
        for name in sorted(names - {"__name__", "le"})
    ]


def _may_miss(sign: str, text: str) -> bool:
    """Whether a series without the label matches."""
    if sign in ("=", "!="):
        return (text == "") == (sign == "=")
    try:
        return (re.fullmatch(text, "") is not None) == (sign == "=~")
    except re.error:  # what only Go's syntax has
        return True
