"""Queries that are sound PromQL and hardly what their owner meant: warnings, each with the right form.

A warning costs the time of whoever reads it, so each of these has one fault in mind and says nothing of a
query that it does not understand. Looking into a query costs more than reading the rest of its SLO, which
is why a look at the text comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from slo_toolkit.meaning.query import read
from slo_toolkit.meaning.tree import inner, kind
from slo_toolkit.spec.bucket_units import warn_bound
from slo_toolkit.spec.flaws import Place
from slo_toolkit.spec.quantities import decimal_of
from slo_toolkit.spec.query_trees import (
    Term,
    is_nothing,
    is_scalar,
    literal,
    operator,
    scale,
    terms,
    text_of,
    tree_of,
)
from slo_toolkit.spec.scopes import warn_scopes

_LARGEST_BOUND = 10**15


@dataclass(frozen=True, slots=True)
class Ratio:
    """Counted events by all events, as parts of one query or as two queries, with what each is called."""

    counted: Any
    total: Any
    counts_good: bool
    at: Place
    counted_name: str
    total_name: str


def warn_events(section: Mapping[str, str], at: Place) -> None:
    """Warn of the two queries of an events SLI."""
    with suppress(RecursionError):  # of hundreds of operands there is nothing that a warning could say
        _warn_events(section, at)


def warn_raw(query: str, at: Place) -> None:
    """Warn of the query of a raw SLI."""
    tree = tree_of(query)
    if tree is not None:
        with suppress(RecursionError):
            _warn_raw(query, tree, at)


def _warn_events(section: Mapping[str, str], at: Place) -> None:
    total_query = section.get("total_query", "")
    for key in ("error_query", "good_query"):
        if (query := section.get(key)) and total_query:
            _warn_pair(query, total_query, key, at)
    for key, query in section.items():
        if "_bucket" in query:
            _warn_bounds(query, at / key)


def _warn_pair(query: str, total_query: str, key: str, at: Place) -> None:
    counted, total = tree_of(query), tree_of(total_query)
    if counted is None or total is None:
        return
    place = at / key
    names = (f"`{at.spell(name)}`" for name in (key, "total_query"))
    ratio = Ratio(counted, total, key == "good_query", place, *names)
    _warn_inverted(ratio)
    if scale(counted) == 100 * scale(total):
        message = f"{ratio.counted_name} is in percent, and {ratio.total_name} is not"
        place.warn(message, f"write {_without_percent(counted)}", rule="percent")
    _warn_hidden_outage(
        counted,
        place,
        "good events" if ratio.counts_good else "errors",
        # What is made from pieces is read as good events, and none of those is an outage.
        counted_as_errors=read(query).linear is not None,
    )
    warn_scopes(counted, total, place, ratio.counted_name, ratio.total_name)


def _warn_raw(query: str, tree: Any, at: Place) -> None:
    if scale(tree) == 100:
        message = "an error ratio is 0 to 1, and this query gives percent"
        at.warn(message, f"write {_without_percent(tree)}", rule="percent")
    _warn_hidden_outage(tree, at, "errors")
    ratio = _ratio_in(tree, at)
    if ratio is not None:
        _warn_inverted(ratio)
        warn_scopes(ratio.counted, ratio.total, at, ratio.counted_name, ratio.total_name)
    _warn_bounds(query, at)


def _ratio_in(node: Any, at: Place) -> Ratio | None:
    """The one division in `a / b` or `1 - a / b`, whatever literal numbers and fallbacks stand around it."""
    counts_good = False
    while True:
        node = inner(node)
        op = operator(node)
        if op == "-" and literal(node.lhs) is not None:
            counts_good, node = not counts_good, node.rhs
        elif op in ("or", "*") and (op == "or" or literal(node.rhs) is not None):
            node = node.lhs
        elif op == "*" and literal(node.lhs) is not None:
            node = node.rhs
        elif kind(node) == "Call" and node.func.name.startswith("clamp"):
            node = node.args[0]
        else:
            break
    if operator(node) != "/" or literal(node.rhs) is not None:
        return None
    return Ratio(node.lhs, node.rhs, counts_good, at, "the numerator", "the denominator")


def _warn_inverted(ratio: Ratio) -> None:
    """Fast events that are counted as errors, slow ones as good, or a total of the fast ones alone."""
    counted, total = list(terms(ratio.counted)), list(terms(ratio.total))
    fast = [term for term in counted if term.bound is not None]
    bases = {term.base for term in counted}
    if len(bases) != 1 or not bases & {term.base for term in total if term.sign > 0}:
        return
    if any(term.is_count for term in total) and fast:
        bound = fast[0].bound
        if fast == counted and all(term.sign > 0 for term in fast) and not ratio.counts_good:
            _inverted(ratio, f"counts the fast events, those in the bucket {bound}, as errors", _slow(ratio))
        elif _is_rest(ratio.counted) and ratio.counts_good:
            _inverted(ratio, f"counts the slow events, those beyond {bound}, as good", _fast(ratio))
    elif total and all(term.bound is not None for term in total) and any(map(_all_events, counted)):
        message = f"{ratio.total_name} counts the fast events alone, those in the bucket {total[0].bound}"
        right = text_of(ratio.total) if ratio.counts_good else _difference(ratio.total)
        hint = f"{ratio.counted_name} is {right}, and {ratio.total_name} {_all_of(ratio.total)}"
        ratio.at.warn(message, hint, rule="inverted")


def _all_events(term: Term) -> bool:
    return term.is_count and term.sign > 0


def _is_rest(node: Any) -> bool:
    """Whether a query is all events of a histogram without the fast ones."""
    signs = {(term.is_count, term.bound is not None): term.sign for term in terms(node)}
    return operator(inner(node)) == "-" and signs == {(True, False): 1, (False, True): -1}


def _inverted(ratio: Ratio, what: str, right: str) -> None:
    ratio.at.warn(f"{ratio.counted_name} {what}", f"write {right}", rule="inverted")


def _is_raw(ratio: Ratio) -> bool:
    return not ratio.counted_name.startswith("`")


def _slow(ratio: Ratio) -> str:
    """The slow events, or their share, in place of the fast ones."""
    if _is_raw(ratio):
        return f"1 - {_operand(ratio.counted)} / {_operand(ratio.total)}"
    return _difference(ratio.counted)


def _fast(ratio: Ratio) -> str:
    fast = text_of(inner(ratio.counted).rhs)
    return f"1 - {fast} / {_operand(ratio.total)}" if _is_raw(ratio) else fast


def _difference(fast: Any) -> str:
    """All events of the query's histogram, grouped and filtered as there, without the fast ones."""
    while operator(inner(fast)) == "or":
        fast = inner(fast).lhs
    return f"{_all_of(fast)} - {_operand(fast)}"


def _operand(node: Any) -> str:
    text = text_of(node)
    return f"({text})" if operator(node) else text


def _all_of(fast: Any) -> str:
    """A query of buckets with the histogram's `_count` in their place."""
    text = _operand(fast)
    for base in {term.base for term in terms(fast)}:
        text = re.sub(rf"\b{re.escape(base)}_bucket\b", f"{base}_count", text)
        text = re.sub(_LE_MATCHER, "", text)
        text = text.replace(f"{base}_count{{}}", f"{base}_count")
    return text


# In one line of text_of: with its comma, before or behind.
_LE_MATCHER = r',le=~?"(?:\\.|[^"\\])*"|(?<=\{)le=~?"(?:\\.|[^"\\])*",?'


def _without_percent(node: Any) -> str:
    """A query as a ratio: without the factor of 100 where it stands at either end, else divided by it."""
    node = inner(node)
    if operator(node) == "*":
        if literal(node.rhs) == 100:
            return text_of(inner(node.lhs))
        if literal(node.lhs) == 100:
            return text_of(inner(node.rhs))
    return f"({text_of(node)}) / 100"


def _warn_hidden_outage(node: Any, at: Place, what: str, *, counted_as_errors: bool = False) -> None:
    """A difference whose second part may be missing, with a 0 for the whole: `(all - good) or vector(0)`."""
    for fallback in _fallbacks(node):
        missing = list(_unguarded(fallback.lhs))
        if not missing:
            continue
        right = text_of(inner(fallback.lhs) if fallback is inner(node) else fallback.lhs)
        for gap in missing:
            if gap.zero:
                part = text_of(gap.part)
                right = right.replace(part, f"({part} or {gap.zero})")
        if fallback is not inner(node):
            right = text_of(node).replace(text_of(fallback), right)
        message = (
            f"while {text_of(missing[0].part)} has no series, the whole difference falls back on 0 {what}"
        )
        if what == "errors" and counted_as_errors:
            message += "; the rules count all events as errors then"
        at.warn(message, f"write {right}", rule="hidden-outage")
        return


@dataclass(frozen=True, slots=True)
class _Gap:
    """A part of a difference that may have no series, and the 0 that then stands for it; empty where nothing can."""

    part: Any
    zero: str


def _fallbacks(node: Any) -> Iterator[Any]:
    """Every `x or vector(0)` that the value of a query goes through."""
    node = inner(node)
    match kind(node):
        case "AggregateExpr" | "SubqueryExpr" | "UnaryExpr":
            yield from _fallbacks(node.expr)
        case "Call":
            for argument in node.args:
                yield from _fallbacks(argument)
        case "BinaryExpr":
            if operator(node) == "or" and is_nothing(node.rhs):
                yield node
            yield from _fallbacks(node.lhs)
            if operator(node) not in ("and", "unless"):
                yield from _fallbacks(node.rhs)


def _unguarded(node: Any) -> Iterator[_Gap]:
    """What may be missing from each difference that is then empty as a whole."""
    node = inner(node)
    match kind(node):
        case "AggregateExpr" | "SubqueryExpr" | "UnaryExpr":
            yield from _unguarded(node.expr)
        case "Call" if node.func.name.startswith("clamp"):
            yield from _unguarded(node.args[0])
        case "BinaryExpr" if operator(node) in ("+", "-", "*", "/"):
            yield from _unguarded(node.lhs)
            yield from _unguarded(node.rhs)
            if operator(node) == "-":
                yield from _gaps(node.lhs, node.rhs)


def _gaps(minuend: Any, subtrahend: Any) -> Iterator[_Gap]:
    """Good events are missing in an outage; a bucket or a mean is missing only where nothing is known."""
    if literal(minuend) is None and is_scalar(minuend):
        return
    part = inner(subtrahend)
    while operator(part) == "/":
        part = inner(part.lhs)
    if operator(part) == "or" or is_scalar(part) or not any(terms(part)):
        return
    is_mean = literal(minuend) is not None and part is inner(subtrahend)
    is_bucket = any(term.bound for term in terms(part))
    yield _Gap(part, "" if is_mean or is_bucket else _zero(minuend, part))


def _zero(minuend: Any, part: Any) -> str:
    """0 with the labels of `part`."""
    modifier = part.modifier if kind(part) == "AggregateExpr" else None
    is_one = kind(part) == "AggregateExpr" and (modifier is None or str(modifier) == "by ()")
    return "vector(0)" if is_one or literal(minuend) is not None else f"0 * {_operand(inner(minuend))}"


def _warn_bounds(query: str, at: Place) -> None:
    """Bounds of buckets that make no sense in the unit of their histogram."""
    tree = tree_of(query)
    told = set()
    for term in terms(tree) if tree is not None else ():
        matcher = term.bound
        bound = decimal_of(matcher.value) if matcher is not None else None
        if bound is not None and 0 < bound < _LARGEST_BOUND and (term.base, bound) not in told:
            told.add((term.base, bound))
            warn_bound(term.base, Decimal(bound), [m.value for m in term.matchers if m.name != "le"], at)
