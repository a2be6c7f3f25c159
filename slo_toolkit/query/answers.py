"""From the body of an HTTP answer to typed samples, or to the word on what it is instead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar

from slo_toolkit.foreign_text import excerpt
from slo_toolkit.query.failures import WrongAnswer
from slo_toolkit.query.own_words import heading, is_damaged_json, is_page
from slo_toolkit.query.samples import Sample, Series

T = TypeVar("T")

_IS_IT_PROMETHEUS = "is this the address of a Prometheus, and is no login page before it?"
_PARTIAL = "the server says that its answer is partial"
_UNREADABLE = "a warning that is no text"
# As Go writes a float64, and no more than that: Python would also take 1_000, other digits and blanks.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|[iI]nf|[nN]a[nN])")
_PARTIAL_FLAGS = ("ispartial", "partial", "partialresponse")


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer of Prometheus, its result not yet typed."""

    asked: str
    kind: str
    result: Any
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()


def document_of(body: bytes) -> Any:
    """The JSON of a body, None where it is no JSON. An object that has a key twice is none: which one holds?"""
    try:
        return json.loads(body, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def read_answer(asked: str, document: Any, body: bytes) -> Answer:
    """The answer in the JSON of a 2xx response. Raises WrongAnswer where it is none."""
    match document:
        case None:
            raise WrongAnswer(asked, describe(body), _IS_IT_PROMETHEUS)
        case {"status": "success", "data": {"resultType": str(kind), "result": result} as data}:
            # Thanos once put its warnings beside the result; VictoriaMetrics has a flag instead.
            warnings = (*_texts(document.get("warnings")), *_texts(data.get("warnings")))
            if _is_partial(document) or _is_partial(data):
                warnings = (*warnings, _PARTIAL)
            # A success that speaks of an error is none to rely on.
            errors = tuple(
                text for name in ("errorType", "error") for text in _texts(document.get(name) or None)
            )
            return Answer(asked, kind, result, (*warnings, *errors), _texts(document.get("infos")))
        case _:
            raise WrongAnswer(asked, "JSON that is no answer of Prometheus", _IS_IT_PROMETHEUS)


def describe(body: bytes) -> str:
    """What a body is that is no JSON."""
    if not body.strip(b"\xef\xbb\xbf \t\r\n"):
        return "an empty answer"
    if is_page(body):
        title = excerpt(heading(body))
        return f"an HTML page ({title})" if title else "an HTML page"
    if is_damaged_json(body):
        return f"JSON that is damaged or ends too early, after {len(body):,} bytes"
    return "text that is no JSON"


def samples_of(answer: Answer) -> tuple[Sample, ...]:
    """The samples of an instant query. Raises WrongAnswer where the result is neither vector nor scalar."""
    match answer.kind:
        case "vector":
            return _typed(answer, _sample)
        case "scalar":
            return _typed(Answer(answer.asked, "vector", [{"metric": {}, "value": answer.result}]), _sample)
        case kind:
            advice = "each series must have one value: a range such as x[5m] needs a function around it"
            raise WrongAnswer(answer.asked, f"a {excerpt(kind)} where a vector is due", advice)


def series_of(answer: Answer) -> tuple[Series, ...]:
    """The series of a range query. Raises WrongAnswer where the result is no matrix."""
    if answer.kind != "matrix":
        raise WrongAnswer(answer.asked, f"a {excerpt(answer.kind)} where a matrix is due", _IS_IT_PROMETHEUS)
    return _typed(answer, _series)


def _typed(answer: Answer, read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    try:
        return tuple([read(row) for row in answer.result])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        if _holds_histograms(answer.result):
            advice = "ask for histogram_count(), histogram_sum() or histogram_quantile() of them"
            raise WrongAnswer(answer.asked, "native histograms where numbers are due", advice) from None
        raise WrongAnswer(
            answer.asked, f"a {answer.kind} whose samples cannot be read", _IS_IT_PROMETHEUS
        ) from None


def _sample(row: Mapping[str, Any]) -> Sample:
    time, value = row["value"]
    return Sample(_labels(row), _number(value), _time(time))


def _series(row: Mapping[str, Any]) -> Series:
    return Series(_labels(row), tuple([(_time(time), _number(value)) for time, value in row["values"]]))


def _labels(row: Mapping[str, Any]) -> dict[str, str]:
    labels: dict[str, str] = row["metric"]
    if not all(isinstance(value, str) for value in labels.values()):
        raise TypeError("label values are text")
    for text in (*labels, *labels.values()):
        text.encode()  # raises for half of a surrogate pair, which is no character and could not be asked for
    return labels


def _time(number: Any) -> float:
    """Unix seconds; JSON as Python reads it has NaN and infinities."""
    if not isinstance(number, int | float) or isinstance(number, bool) or not isfinite(number):
        raise TypeError("times are finite numbers")
    return float(number)


def _number(text: Any) -> float:
    if not isinstance(text, str):
        raise TypeError("Prometheus writes values as text, since JSON has neither NaN nor infinity")
    if not _NUMBER.fullmatch(text):
        raise ValueError("no number")
    return float(text)


def _is_partial(fields: Mapping[str, Any]) -> bool:
    """Whether a flag says that something is missing; one that is not clearly false says so, too."""
    return any(
        name.replace("_", "").lower() in _PARTIAL_FLAGS and value not in (None, False, "false", "False")
        for name, value in fields.items()
    )


def _holds_histograms(result: Any) -> bool:
    return isinstance(result, Sequence) and any(
        isinstance(row, Mapping) and ("histogram" in row or "histograms" in row) for row in result
    )


def _texts(values: Any) -> tuple[str, ...]:
    """Warnings as text. One that cannot be read is one still, since an answer with a warning is not sound."""
    match values:
        case None | []:
            return ()
        case [*texts]:
            return tuple([excerpt(text) if isinstance(text, str) else _UNREADABLE for text in texts])
        case _:
            return (_UNREADABLE,)
